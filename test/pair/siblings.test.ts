// Pages of one template: a page that nobody has been to yet is sent as a delta against one that both sides hold.
import { test } from 'tap'
import { startOrigin } from '../../loadtest/origin/origin.ts'
import { ask } from './client.ts'
import { type Asked, makeText, Origin } from './odd-origin.ts'
import { startPair, startValve } from './running-pair.ts'

const listen = { host: '127.0.0.1', port: 0 }

test('a first visit to an item comes as a delta against another item', async t => {
  const origin = await startOrigin({ listen, seed: 3, waits: 'none' })
  t.teardown(() => origin.close())
  const { near } = await startPair(t)
  const first = await ask(near.address, `${origin.url}/item?id=1`)
  const second = await ask(near.address, `${origin.url}/item?id=2`)
  t.equal(first.way, 'whole')
  t.equal(second.way, 'delta')
  t.ok(second.body.equals(origin.current('/item?id=2') ?? Buffer.alloc(0)), "it has the origin's bytes")
  const [timing = ''] = second.all('server-timing')
  const [deltaBytes, wholeBytes] = ['delta', 'whole'].map(name => {
    return Number(new RegExp(`${name};desc="(\\d+) B"`).exec(timing)?.[1])
  }) as [number, number]
  t.ok(deltaBytes > 0 && deltaBytes < wholeBytes / 2, `${deltaBytes} bytes instead of ${wholeBytes}`)
})

test('a page of another template is no base', async t => {
  const origin = await startOrigin({ listen, seed: 3, waits: 'none' })
  t.teardown(() => origin.close())
  const { near } = await startPair(t)
  await ask(near.address, `${origin.url}/item?id=1`)
  const other = await ask(near.address, `${origin.url}/api/prices`)
  t.equal(other.way, 'whole')
  t.ok(other.body.equals(origin.current('/api/prices') ?? Buffer.alloc(0)), "it has the origin's bytes")
})

test("what far speculates for a page it has never seen is the page's sibling", async t => {
  const template = makeText(60_000)
  const origin = await Origin.start(t)
  const pair = await startPair(t)
  const valve = await startValve(t, pair)
  const newcomer = await pair.addNear({ through: valve })
  const respond = ({ response }: Asked, text: string) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end(text)
  }

  const first = ask(pair.near.address, `${origin.url}/item?id=1`)
  respond(await origin.next(), `${template}the first`)
  t.equal((await first).way, 'whole')
  const before = valve.passedBytes
  const second = ask(newcomer.address, `${origin.url}/item?id=2`)
  const held = await origin.next()
  // Hexadecimal digits at random: Brotli makes about half of their length of them.
  await valve.passes(before + template.length / 2)
  respond(held, `${template}the second`)
  const got = await second
  t.equal(got.way, 'corrected')
  t.equal(got.body.toString(), `${template}the second`)
})
