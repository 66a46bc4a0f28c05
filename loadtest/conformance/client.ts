// The suite's client as a process: runs all tests and prints the outcomes as JSON. Its modules keep their results for
// themselves, so that a second run needs a second process.
//   node loadtest/conformance/client.ts PACKAGE shared|private BASE [PROXY…]
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { makeFetch, type SuiteFetch } from './client-fetch.ts'

interface Runner {
  runTests(groups: readonly unknown[], fetch: SuiteFetch, isPrivate: boolean, base: string): Promise<void>
  getResults(): Record<string, unknown>
}

const [directory = '', role, base = '', ...proxies] = process.argv.slice(2)

async function load<Module>(path: string): Promise<Module> {
  return (await import(pathToFileURL(join(directory, path)).href)) as Module
}

const { default: groups } = await load<{ default: readonly unknown[] }>('tests/index.mjs')
const runner = await load<Runner>('client/runner.mjs')

await runner.runTests(groups, makeFetch(proxies), role === 'private', base)
process.stdout.write(JSON.stringify(runner.getResults()), () => process.exit())
