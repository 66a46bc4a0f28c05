// Claims about the traces that near and far write: what it tells of exchanges, and what it keeps to itself.
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { startOrigin } from '../../loadtest/origin/origin.ts'
import { decideSpeculation } from '../../shared/exchange/plan-speculation.ts'
import { readTrace } from '../../shared/exchange/trace-line.ts'
import { ask } from './client.ts'
import { startPair } from './running-pair.ts'

t.test('each exchange is a line with what far weighed, and no name or content is in it', async t => {
  const origin = await startOrigin({ listen: { host: '127.0.0.1', port: 0 }, seed: 3, waits: 400 })
  t.teardown(() => origin.close())
  const path = join(t.testdir(), 'trace.jsonl')
  const pair = await startPair(t, { near: ['--trace', path] })
  const { near } = pair
  const ways: (string | undefined)[] = []
  const visit = async (address: string) => {
    origin.age('/news')
    ways.push((await ask(address, `${origin.url}/news?who=alice`)).way)
  }
  await visit(near.address)
  await visit(near.address)
  const second = await pair.addNear({ arguments: ['--trace', `${path}-2`, '--trace-urls'] })
  await visit(second.address)
  t.strictSame(ways, ['whole', 'delta', 'corrected'])
  await near.close()
  await second.close()
  const text = await readFile(path, 'utf8')
  t.notMatch(text, /127\.0\.0\.1|news|alice/)
  t.equal((await stat(path)).mode & 0o777, 0o600)
  const [run] = readTrace(text, path)
  t.match(run?.exchanges, [
    { way: 'whole', status: 200, plan: { word: 'no-version' } },
    { way: 'delta', plan: { word: 'common' }, originWaitMs: Number, wholeCostBytes: Number, deltaBytes: Number },
  ])
  t.equal(run?.exchanges[0]?.url, run?.exchanges[1]?.url)
  const [other] = readTrace(await readFile(`${path}-2`, 'utf8'), path)
  const [corrected] = other?.exchanges ?? []
  t.match(corrected, { way: 'corrected', site: '127.0.0.1', url: `${origin.url}/news?who=alice` })
  t.equal(corrected?.plan?.word, 'speculate')
  const chance = { wish: 'latency', readsDeltas: true, common: false, candidate: corrected?.plan?.candidate } as const
  const thresholds = { ...other!.thresholds, speculation: 'latency', minExpectedGainMs: 0 } as const
  t.equal(decideSpeculation(chance, thresholds), 'speculate', 'the same policy can be asked again')
})

t.test('far tells nothing of what it weighed to a near that does not ask', async t => {
  const origin = await startOrigin({ listen: { host: '127.0.0.1', port: 0 }, seed: 3, waits: 'none' })
  t.teardown(() => origin.close())
  const { near } = await startPair(t)
  await ask(near.address, `${origin.url}/news`)
  const { body } = await ask(near.address, 'http://hunch.invalid/activity.json')
  const { exchanges } = JSON.parse(body.toString())
  t.equal(exchanges[0].plan, undefined)
})

t.test('far writes what it decided and weighed for each near, asked to tell it or not, and names nobody', async t => {
  const origin = await startOrigin({ listen: { host: '127.0.0.1', port: 0 }, seed: 3, waits: 400 })
  t.teardown(() => origin.close())
  const path = join(t.testdir(), 'trace.jsonl')
  const pair = await startPair(t, { far: ['--trace', path] })
  const second = await pair.addNear({ arguments: ['--max-delta-ratio', '0.7'] })
  for (const { address } of [pair.near, pair.near, second]) {
    origin.age('/news')
    await ask(address, `${origin.url}/news?who=alice`)
  }
  await pair.far.close()
  const text = await readFile(path, 'utf8')
  t.notMatch(text, /127\.0\.0\.1|news|alice/)
  const [begun, whole, delta, corrected, ...others] = text
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line))
  t.strictSame(others, [])
  t.match(begun, { trace: 1, side: 'far', isNamed: false, run: String, thresholds: { maxWastePercent: 100 } })
  t.match(whole, { run: begun.run, status: 200, verdict: 'whole', wish: 'balanced', plan: 'no-version' })
  t.ok(whole.wholeBytes > 0 && whole.contentBytes > whole.wholeBytes)
  t.match(delta, { near: whole.near, url: whole.url, verdict: 'delta', plan: /^common size=\d+ .*share=/ })
  t.match(corrected, { verdict: 'delta', plan: /^speculate /, set: { maxDeltaRatio: 0.7 } })
  t.ok(corrected.baseBytes > 0 && corrected.originWaitMs >= 40 && corrected.totalMs >= corrected.originWaitMs)
  t.not(corrected.near, delta.near, 'another near')
})

t.test('a trace that cannot be written keeps a proxy from starting', async t => {
  const words = ['--trace', '/does/not/exist/trace']
  await t.rejects(startPair(t, { near: words }), { code: 'CANNOT_READ' })
  await t.rejects(startPair(t, { far: words }), { code: 'CANNOT_READ' })
})
