// Claims about thresholds that change while the pair runs: whose word counts, and from when on.
import t from 'tap'
import { startOrigin } from '../../loadtest/origin/origin.ts'
import { readConfig } from '../../shared/config/read-config.ts'
import { ask } from './client.ts'
import { startPair } from './running-pair.ts'

t.test('what the user sets at near holds for the next request, at far too', async t => {
  const origin = await startOrigin({ listen: { host: '127.0.0.1', port: 0 }, seed: 3, waits: 'none' })
  t.teardown(() => origin.close())
  const { near } = await startPair(t)
  const visit = async () => {
    origin.age('/news')
    const got = await ask(near.address, `${origin.url}/news`)
    t.ok(origin.current('/news')?.equals(got.body))
    return got.way
  }
  t.equal(await visit(), 'whole')
  t.equal(await visit(), 'delta')
  t.equal((await change(near.address, { thresholds: { maxDeltaRatio: 0 } })).status, 200)
  t.equal(await visit(), 'whole', 'no delta is small enough')
  t.equal((await change(near.address, { thresholds: { maxDeltaRatio: null } })).status, 200)
  t.equal(await visit(), 'delta')
  const site = { '127.0.0.1': { maxDeltaRatio: 0 } }
  t.equal((await change(near.address, { sites: site })).status, 200)
  t.equal(await visit(), 'whole', 'for this site alone')
  const refused = await change(near.address, { thresholds: { maxDeltaRatio: 7 } })
  t.match(refused, { status: 400 })
  t.match(refused.body.toString(), /maxDeltaRatio 7 is not a number from 0 to 1/)
})

t.test('far takes up another configuration while it runs, and none that cannot be read', async t => {
  const origin = await startOrigin({ listen: { host: '127.0.0.1', port: 0 }, seed: 3, waits: 60 })
  t.teardown(() => origin.close())
  const pair = await startPair(t)
  const firstVisit = async () => {
    origin.age('/news')
    return (await ask((await pair.addNear()).address, `${origin.url}/news?who=alice`)).way
  }
  t.equal(await firstVisit(), 'whole')
  t.equal(await firstVisit(), 'corrected', 'far speculates')
  const words = ['--data', '/not/used', '--min-expected-gain-ms', '0']
  await pair.far.reload(async () => readConfig('far', { argv: [...words, '--speculation', 'off'], env: {} }))
  t.equal(await firstVisit(), 'whole')
  await pair.far.reload(async () => readConfig('far', { argv: ['--speculation', 'sometimes'], env: {} }))
  t.equal(await firstVisit(), 'whole', 'as it was')
  await pair.far.reload(async () => readConfig('far', { argv: words, env: {} }))
  t.equal(await firstVisit(), 'corrected')
})

function change(near: string, settings: object) {
  const body = JSON.stringify(settings)
  const fields = ['content-type', 'application/json', 'content-length', String(Buffer.byteLength(body))]
  return ask(near, 'http://hunch.invalid/settings.json', { method: 'PATCH', fields, body })
}
