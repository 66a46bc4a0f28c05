// Every document of a corpus, every step, through a running pair: byte-identical or not, and which way each came.
//   node loadtest/corpus-check.ts --corpus DIR
// Three visitors on one far: one who comes at every step, one who comes for the first time at the last step, and one
// who comes twice in a row. Exits 1 when one byte differs.
import { parseArgs } from 'node:util'
import { get } from './get.ts'
import { startOrigin } from './origin/origin.ts'
import { type RunningNear, startFar } from './pair.ts'

// Long enough for a speculation to begin before the origin answers, short enough for three hundred documents.
const ORIGIN_WAIT_MS = 40

// What is wrong is mostly wrong everywhere.
const MOST_SHOWN = 10

const { values } = parseArgs({ options: { corpus: { type: 'string' } } })
if (values.corpus === undefined) {
  process.stderr.write('corpus-check: --corpus DIR is missing\n')
  process.exit(2)
}

const listen = { host: '127.0.0.1', port: 0 }
const origin = await startOrigin({ listen, seed: 1, corpus: values.corpus, waits: ORIGIN_WAIT_MS })
// Loopback is too fast for speculation to pay; here it is to be seen that it gives the right bytes.
const farWords = ['--allow-private', '--log-level', 'warn', '--memory', '1GiB', '--min-expected-gain-ms', '0']
const far = await startFar(farWords)
const counts = new Map<string, number>()
let wrong = 0
let responses = 0
let contentBytes = 0

try {
  const quiet = { link: undefined, arguments: ['--log-level', 'warn', '--memory', '1GiB'] }
  const regular = await far.startNear(quiet)
  const late = await far.startNear(quiet)
  const documents = origin.pages.filter(page => page.path.startsWith('/corpus/'))
  for (const { path, versions: steps = 1 } of documents) {
    for (let step = 0; step < steps; step++) {
      if (step > 0) origin.age(path)
      const isLast = step === steps - 1
      if (isLast) await visit(late, 'first visit at the last step', path)
      await visit(regular, step === 0 ? 'first visit' : 'next step', path)
      if (isLast) await visit(regular, 'unchanged repeat', path)
    }
  }
  process.stdout.write(`${documents.length} documents, ${responses} responses, ${contentBytes} bytes of content\n`)
  const rows = [...counts].sort(([one], [other]) => one.localeCompare(other))
  for (const [what, times] of rows) process.stdout.write(`${String(times).padStart(6)}  ${what}\n`)
  process.stdout.write(`${wrong} responses differ from the origin's bytes\n`)
} finally {
  await far.close()
  await origin.close()
}
process.exitCode = wrong === 0 ? 0 : 1

async function visit(near: RunningNear, what: string, path: string): Promise<void> {
  const got = await get(`${origin.url}${path}`, near.proxy)
  const expected = origin.current(path)
  const label = `${what}: ${got.way ?? `status ${got.status}`}`
  counts.set(label, (counts.get(label) ?? 0) + 1)
  responses += 1
  contentBytes += got.body.length
  if (expected && got.status === 200 && got.body.equals(expected)) return
  wrong += 1
  if (wrong > MOST_SHOWN) return
  process.stdout.write(`${path}: ${what}: status ${got.status}, ${got.body.length} bytes, not the origin's\n`)
}
