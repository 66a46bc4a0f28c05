// The public suite of cache tests against the pair and against other caches, where they are installed.
//   node loadtest/conformance/run.ts [--only NAME …] [--csv FILE] [--why]
// Writes what each test gave (--csv, by default to results/conformance.csv of this folder when nothing is left out) and
// prints the sums; --why prints what failed of Hunch, with the suite's words.
//
// Hunch has three columns. `far`: three nears in turn, so that no request of a test comes from a near that has seen the
// one before: what is answered is answered by the shared cache, and crosses a link. `pair`: one near, and the same tests,
// as if the two were one shared cache; what is right only for a private cache counts as a failure here. `near`: the same
// by the tests that are for the cache of one user.
import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { type RunningFar, startFar } from '../pair.ts'
import { judge, type Outcome } from './judge.ts'
import { rivalNames, startRival } from './rivals.ts'
import { openSuite, type Role, type Suite } from './suite.ts'
import { type Column, toCsv, toTable } from './table.ts'

const hunchColumns: Readonly<Record<string, { readonly role: Role; readonly nears: number }>> = {
  far: { role: 'shared', nears: 3 },
  pair: { role: 'shared', nears: 1 },
  near: { role: 'private', nears: 1 },
}

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    csv: { type: 'string' },
    why: { type: 'boolean', default: false },
  },
})
const names = [...Object.keys(hunchColumns), ...rivalNames]
const unknown = values.only?.find(name => !names.includes(name))
if (unknown !== undefined) {
  process.stderr.write(`conformance: ${unknown} is none of ${names.join(', ')}\n`)
  process.exit(2)
}
const allResults = fileURLToPath(new URL('results/conformance.csv', import.meta.url))
const csv = values.csv ?? (values.only ? undefined : allResults)

const suite = await openSuite()
const columns: Column[] = []
try {
  for (const name of values.only ?? names) {
    const hunch = hunchColumns[name]
    const column = hunch ? await testHunch(suite, name, hunch.role, hunch.nears) : await testRival(suite, name)
    if (column) columns.push(column)
    else process.stdout.write(`${name} is not installed\n`)
  }
} finally {
  await suite.close()
}
if (csv !== undefined) await writeFile(csv, toCsv(suite.tests, columns))
process.stdout.write(toTable(suite.tests, columns))

async function testHunch(from: Suite, name: string, role: Role, nears: number): Promise<Column> {
  const quiet = ['--log-level', 'warn']
  // Loopback is too fast for speculation to pay; the suite is to see it, too.
  const far: RunningFar = await startFar(['--allow-private', '--min-expected-gain-ms', '0', ...quiet])
  try {
    const proxies: string[] = []
    for (let index = 0; index < nears; index++) {
      proxies.push((await far.startNear({ link: undefined, arguments: quiet })).proxy)
    }
    const outcomes = await from.runTests(role, `http://127.0.0.1:${from.originPort}`, proxies)
    if (values.why) printFailures(from, name, outcomes)
    return { name: `Hunch ${name}`, version: '', judgements: judge(from.tests, outcomes) }
  } finally {
    await far.close()
  }
}

async function testRival(from: Suite, name: string): Promise<Column | undefined> {
  const rival = await startRival(name, from.originPort)
  if (!rival) return undefined
  try {
    const outcomes = await from.runTests('shared', rival.base, [])
    return { name, version: rival.version, judgements: judge(from.tests, outcomes) }
  } finally {
    await rival.close()
  }
}

function printFailures(from: Suite, name: string, outcomes: ReadonlyMap<string, Outcome>): void {
  const judgements = judge(from.tests, outcomes)
  for (const test of from.tests) {
    const outcome = outcomes.get(test.id)
    if (outcome === undefined || outcome === true) continue
    const judgement = judgements.get(test.id)
    const line = [name, test.kind ?? 'required', judgement, test.id, outcome.join(': '), test.name]
    process.stdout.write(`${line.join('  ')}\n`)
  }
}
