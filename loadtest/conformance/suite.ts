// The public suite of cache tests (https://cache-tests.fyi, npm `http-cache-tests`, BSD-3-Clause): fetched from the npm
// registry into a folder of its own, its origin as a process, its client as another.
// Knows: the package's files. Does not know: which caches are tested.
//
// It is no dependency of the project, because it has npm 6 and its hundreds of packages as one: only the package itself
// is unpacked, and what its client takes from them is client-fetch.ts here.
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import type { Outcome, SuiteTest } from './judge.ts'

const PACKAGE = 'http-cache-tests@0.4.5'
const INTEGRITY = 'sha512-DjuwN9nUZXLTW+wav1LRESCZNVxl8SshwOy4z1pxuWbWt5/ay6sM9QQ1lebBaDO6P1IMBoK6mdf+PuVP/QNL8A=='

const run = promisify(execFile)

export interface Suite {
  /** What is tested, in the suite's order. */
  readonly tests: readonly SuiteTest[]
  /** The port of its origin on loopback. */
  readonly originPort: number
  /**
   * Runs all tests by one client. `role`: a shared cache, or the private cache of one user, which has other tests;
   * `base`: the URL of the origin or of what stands for it; `proxies`: see `makeFetch`.
   */
  runTests(role: Role, base: string, proxies: readonly string[]): Promise<ReadonlyMap<string, Outcome>>
  close(): Promise<void>
}

export type Role = 'shared' | 'private'

/** Fetches the suite and starts its origin. Raises what npm says when there is no registry. */
export async function openSuite(): Promise<Suite> {
  const folder = await mkdtemp(join(tmpdir(), 'conformance-'))
  const directory = await unpack(folder)
  const port = await findFreePort()
  const origin = spawn(process.execPath, ['server/server.mjs'], {
    cwd: directory,
    env: { ...process.env, npm_config_protocol: 'http', npm_config_port: String(port), npm_config_pidfile: 'pid' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await firstLineOf(origin)
  return {
    tests: await readTests(directory),
    originPort: port,
    runTests: async (role, base, proxies) => {
      const client = fileURLToPath(new URL('client.ts', import.meta.url))
      const words = ['--no-warnings', client, directory, role, base, ...proxies]
      const { stdout } = await run(process.execPath, words, { maxBuffer: MOST_BYTES })
      return new Map(Object.entries(JSON.parse(stdout) as Record<string, Outcome>))
    },
    close: async () => {
      origin.kill()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

// A run gives about 40 kB.
const MOST_BYTES = 16 * 1024 * 1024

async function unpack(folder: string): Promise<string> {
  await run('npm', ['pack', PACKAGE, '--silent', '--pack-destination', folder])
  const archive = join(folder, `${PACKAGE.replace('@', '-')}.tgz`)
  const integrity = `sha512-${createHash('sha512')
    .update(await readFile(archive))
    .digest('base64')}`
  if (integrity !== INTEGRITY) throw new Error(`${PACKAGE} is not the one that is known: ${integrity}`)
  await run('tar', ['-xzf', archive, '-C', folder])
  return join(folder, 'package')
}

/**
 * The tests of the package at `directory`. Those for surrogates (caches that stand for an origin and read its
 * Surrogate-Control) are not among them: neither Hunch is one, nor are the others set up as such.
 */
async function readTests(directory: string): Promise<SuiteTest[]> {
  const module = (await import(pathToFileURL(join(directory, 'tests/index.mjs')).href)) as { default: Group[] }
  return module.default.flatMap(({ id, tests }) => tests.map(test => ({ ...test, group: id })))
}

interface Group {
  readonly id: string
  readonly tests: readonly Omit<SuiteTest, 'group'>[]
}

/** A TCP port of loopback that was free a moment ago. */
export async function findFreePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise(resolve => server.close(resolve))
  return port
}

async function firstLineOf(child: ChildProcess): Promise<void> {
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })
  await new Promise<void>((resolve, reject) => {
    lines.once('line', () => resolve())
    child.once('close', code => reject(new Error(`the suite's origin ended with ${code}`)))
  })
}
