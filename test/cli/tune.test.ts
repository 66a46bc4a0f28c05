// Claims about `hunch tune` as a person meets it.
import { readFile, writeFile } from 'node:fs/promises'
import t from 'tap'
import { beginTrace, defaultThresholds, writeExchange } from '../../shared/exchange/trace-line.ts'
import { runHunch } from './run-hunch.ts'

const expected = { gainMs: 400, sentBytes: 4000, wastedBytes: 0 }
const candidate = { sizeBytes: 16_000, wireBytes: 4000, expected }

/** Far had all of it, and sent nothing ahead. */
function makeTrace(isNamed: boolean): string {
  const thresholds = { ...defaultThresholds(), minExpectedGainMs: 60_000 }
  const lines = Array.from({ length: 60 }, (_each, index) =>
    writeExchange({
      at: index * 5000,
      site: 'a.example',
      url: `u${index}`,
      method: 'GET',
      way: 'whole',
      totalMs: 1630,
      originWaitMs: 1000,
      contentBytes: 16_000,
      baseBytes: 0,
      deltaBytes: 0,
      wholeBytes: 4000,
      bandwidthBytesPerSecond: 10_000,
      roundTripMs: 200,
      plan: { word: 'no-gain', candidate },
    }),
  )
  return beginTrace({ startedAt: 0, mode: 'optimistic', isNamed, thresholds }) + lines.join('')
}

t.test('it says what is better, and writes it as near reads it', async t => {
  const folder = t.testdir({ 'trace.jsonl': makeTrace(true) })
  const { code, stdout, stderr } = runHunch([
    'tune',
    `${folder}/trace.jsonl`,
    '--config',
    `${folder}/near.json`,
    '--sites',
  ])
  t.equal(code, 0, stderr)
  t.match(stdout, /How well a replay meets 60 exchanges[^]*today[^]*with hindsight[^]*Better: minExpectedGainMs \d+\n/)
  const config = JSON.parse(await readFile(`${folder}/near.json`, 'utf8'))
  t.ok(config.minExpectedGainMs <= 400)
  const near = runHunch(['near', '--config', `${folder}/near.json`, '--data', `${folder}/data`, '--port', '0'])
  t.match(near.stderr, /--far/, 'the file is right; what is missing is a far')
  const json = JSON.parse(runHunch(['tune', `${folder}/trace.jsonl`, '--json']).stdout)
  t.match(json, { exchanges: 60, isSure: true, config: { minExpectedGainMs: config.minExpectedGainMs } })
})

t.test('what it cannot use is said in one line', async t => {
  const folder = t.testdir({ 'hashed.jsonl': makeTrace(false), 'short.jsonl': makeTrace(false).slice(0, 9000) })
  await writeFile(`${folder}/none.jsonl`, 'nothing\n')
  for (const [words, message, exit] of [
    [[], /needs the file of a trace/, 2],
    [[`${folder}/none.jsonl`], /none\.jsonl, line 1: not a trace/, 2],
    [[`${folder}/absent.jsonl`], /cannot read/, 1],
    [[`${folder}/short.jsonl`], /too few/, 2],
    [[`${folder}/hashed.jsonl`, '--sites'], /--trace-urls/, 2],
    [[`${folder}/hashed.jsonl`, '--max-waste', '200'], /--max-waste 200/, 2],
    [[`${folder}/hashed.jsonl`, '--best'], /--best/, 2],
  ] as const) {
    const { code, stderr } = runHunch(['tune', ...words])
    t.equal(code, exit, stderr)
    t.match(stderr, message)
    t.equal(stderr.split('\n').length, 2, stderr)
  }
})
