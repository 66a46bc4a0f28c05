// Claims about hearing what a client says first, with time turned by hand.
import { setImmediate } from 'node:timers/promises'
import t from 'tap'
import { hearFirstWords, PATIENCE_MS } from '../../proxy-near/first-words.ts'
import { FakeClock } from './fake-clock.ts'
import { socketPair } from './socket-pair.ts'

const NOTHING = new Uint8Array(0)
// A record of a handshake (RFC 8446 §5.1) whose ClientHello has no more than its fixed fields.
const hello = Buffer.concat([
  Buffer.from([22, 3, 1, 0, 42, 1, 0, 0, 38, 3, 3]),
  Buffer.alloc(32),
  Buffer.from([0, 0, 0, 0]),
])
const bare = { kind: 'client-hello', serverName: undefined, protocols: undefined }

t.test('what comes in pieces, and what came before, is heard and given back', async t => {
  const { client, served } = await socketPair(t)
  const clock = new FakeClock()
  const hearing = hearFirstWords(served, hello.subarray(0, 3), clock)
  client.write(hello.subarray(3, 20))
  client.write(hello.subarray(20))
  t.same(await hearing, { said: bare, bytes: hello })
  t.equal(clock.waking, 0)
  t.ok(served.isPaused())
})

t.test('a client that is slow is waited for, and one that says nothing is not waited for for ever', async t => {
  const slow = await socketPair(t)
  const clock = new FakeClock()
  const hearing = hearFirstWords(slow.served, NOTHING, clock)
  clock.pass(PATIENCE_MS - 1)
  slow.client.write(hello)
  t.match(await hearing, { said: bare })
  const silent = await socketPair(t)
  const waiting = hearFirstWords(silent.served, NOTHING, clock)
  clock.pass(PATIENCE_MS)
  t.same(await waiting, { said: { kind: 'other' }, bytes: Buffer.alloc(0) })
})

t.test('what came while near was busy beyond the wait is heard', async t => {
  const { client, served } = await socketPair(t)
  const clock = new FakeClock()
  const hearing = hearFirstWords(served, NOTHING, clock)
  // Where timers stand in the event loop: before what came is read.
  await setImmediate()
  client.write(hello)
  clock.pass(PATIENCE_MS)
  t.match(await hearing, { said: bare })
})

t.test('a client that leaves, or has no more to say, is gone', async t => {
  for (const leave of ['end', 'resetAndDestroy'] as const) {
    const { client, served } = await socketPair(t)
    const clock = new FakeClock()
    const hearing = hearFirstWords(served, hello.subarray(0, 20), clock)
    client[leave]()
    t.match(await hearing, { said: { kind: 'gone' } }, leave)
    t.equal(clock.waking, 0)
  }
})
