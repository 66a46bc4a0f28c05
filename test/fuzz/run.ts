// Fuzzes the parsers that read what others wrote, guided by coverage: `node test/fuzz/run.ts --seconds 60`, with --target
// NAME for one of them. An input that reaches a new block is kept and changed further. Whatever comes, a parser gives what
// its rules in targets.ts say, or raises a fault of the codes named there, within a second.
// What breaks a rule is printed with its input in base64. Exit code 1 when something did.
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { parseArgs } from 'node:util'
import { CoverageMeter } from '../../loadtest/delta/coverage.ts'
import { makeRandom } from '../../loadtest/delta/random.ts'
import { mutate } from './mutate.ts'
import { fuzzOnce, type Target, targets } from './targets.ts'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    target: { type: 'string' },
    csv: { type: 'string' },
  },
})
const MAX_MS = 1000
// Asking V8 for coverage takes as long as some hundred parses.
const BATCH = 100
const MAX_CORPUS = 3000

interface Result {
  readonly name: string
  readonly seconds: number
  executions: number
  accepted: number
  blocks: number
  kept: number
  readonly findings: Map<string, string>
}

const chosen = targets.filter(({ name }) => values.target === undefined || name === values.target)
if (chosen.length === 0)
  throw new Error(`there is no target ${values.target}: ${targets.map(({ name }) => name).join()}`)
const results = []
for (const target of chosen) {
  const result = await fuzz(target, Number(values.seconds))
  results.push(result)
  const { name, seconds, executions, accepted, blocks, kept, findings } = result
  console.log(
    `${name}: ${executions} executions in ${seconds} s, ${accepted} accepted, ${blocks} blocks, ${kept} kept, ${findings.size} findings`,
  )
  for (const [what, input] of findings) console.log(`  FOUND ${what}\n    ${input}`)
}
if (values.csv !== undefined) {
  mkdirSync(dirname(values.csv), { recursive: true })
  const rows = results.map(each =>
    [each.name, each.seconds, each.executions, each.accepted, each.blocks, each.kept, each.findings.size].join(','),
  )
  writeFileSync(values.csv, `target,seconds,executions,accepted,blocks,kept,findings\n${rows.join('\n')}\n`)
}
process.exit(results.some(({ findings }) => findings.size > 0) ? 1 : 0)

async function fuzz(target: Target, seconds: number): Promise<Result> {
  const random = makeRandom(Number(values.seed))
  const corpus = target.seeds()
  const meter = new CoverageMeter(target.covers)
  const findings = new Map<string, string>()
  const result: Result = { name: target.name, seconds, executions: 0, accepted: 0, blocks: 0, kept: 0, findings }
  for (const seed of corpus) await once(seed)
  meter.countNew()
  for (const endAt = Date.now() + seconds * 1000; Date.now() < endAt; ) {
    const batch = Array.from({ length: BATCH }, () => mutate(corpus, target.words, random))
    for (const input of batch) await once(input)
    // Which of them reached something new is not asked: two at random are kept, and the right one is found again.
    if (meter.countNew() > 0)
      for (let kept = 0; kept < 2; kept++) {
        const input = batch[Math.floor(random() * BATCH)] as Buffer
        corpus[corpus.length < MAX_CORPUS ? corpus.length : Math.floor(random() * MAX_CORPUS)] = input
      }
  }
  return { ...result, blocks: meter.blocks, kept: corpus.length }

  async function once(input: Buffer): Promise<void> {
    result.executions += 1
    // Of the processor, not of the clock: the machine may be busy.
    const before = process.cpuUsage()
    const end = await fuzzOnce(target, input)
    if (process.cpuUsage(before).user > MAX_MS * 1000) found('took more than a second', input)
    if (end.kind === 'accepted') result.accepted += 1
    if (end.kind === 'broken') found(end.what, input)
  }

  function found(what: string, input: Buffer): void {
    if (!findings.has(what)) findings.set(what, input.toString('base64'))
  }
}
