// Plays the simulation: `node test/simulation/run.ts --seed N` plays one script; with --exchanges or --minutes as many as
// that takes, from that seed on. What breaks an invariant is shrunk to the events that it takes, and printed.
// Knows: seeds, totals. Does not know: what happens in a run (world.ts).
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { parseArgs } from 'node:util'
import { writeScript } from './script.ts'
import { shrink } from './shrink.ts'
import { play } from './world.ts'

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    exchanges: { type: 'string', default: '1' },
    minutes: { type: 'string' },
    length: { type: 'string', default: '120' },
    csv: { type: 'string' },
    keep: { type: 'boolean', default: false },
    'no-shrink': { type: 'boolean', default: false },
  },
})
const first = Number(values.seed)
const length = Number(values.length)
const wanted = Number(values.exchanges)
const until = values.minutes === undefined ? undefined : Date.now() + Number(values.minutes) * 60_000
const startedAt = Date.now()
const counts = new Map<string, number>()
let exchanges = 0
let seed = first
let failed = 0
let notedAt = Date.now()

for (; until === undefined ? exchanges < wanted : Date.now() < until; seed++) {
  const script = writeScript(seed, { exchanges: length })
  const { findings, exchanges: played, counts: counted } = await play(script)
  exchanges += played
  for (const [what, count] of counted) counts.set(what, (counts.get(what) ?? 0) + count)
  if (findings.length > 0) {
    failed += 1
    console.log(`seed ${seed}: ${findings.length} findings\n  ${findings.slice(0, 5).join('\n  ')}`)
    if (!values['no-shrink']) {
      const small = await shrink(script)
      const again = await play(small)
      console.log(`  shrunk to ${small.events.length} of ${script.events.length} events:`)
      for (const event of small.events) console.log(`    ${JSON.stringify(event)}`)
      console.log(`  ${JSON.stringify({ ...small, events: undefined })}\n  ${again.findings.join('\n  ')}`)
    }
    if (!values.keep) break
  }
  if (Date.now() - notedAt > 30_000) {
    notedAt = Date.now()
    console.log(`${exchanges} exchanges, seeds ${first} to ${seed}, ${failed} failed, ${rate()} a second`)
  }
}

console.log(`${exchanges} exchanges, seeds ${first} to ${seed - 1}, ${failed} failed, ${rate()} a second`)
const rows = [...counts].toSorted(([one], [other]) => (one < other ? -1 : 1))
for (const [what, count] of rows) console.log(`${String(count).padStart(10)}  ${what}`)
if (values.csv !== undefined) {
  mkdirSync(dirname(values.csv), { recursive: true })
  const lines = [
    ['exchanges', exchanges],
    ['first seed', first],
    ['last seed', seed - 1],
    ['seeds with findings', failed],
    ['seconds', Math.round((Date.now() - startedAt) / 1000)],
    ...rows,
  ]
  writeFileSync(values.csv, `what,count\n${lines.map(([what, count]) => `${what},${count}`).join('\n')}\n`)
}
process.exit(failed > 0 ? 1 : 0)

function rate(): number {
  return Math.round((exchanges * 1000) / (Date.now() - startedAt))
}
