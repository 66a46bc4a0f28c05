// Claims about noticing that a stream pauses, and about what is gathered until it does.
import t from 'tap'
import { gather } from '../../proxy-far/gather.ts'
import { type Arrival, withPauses } from '../../proxy-far/paused.ts'

const limits = { bytes: 1_000_000, ms: 1_000 }

/** A source that gives what it is fed, when it is fed. */
function makeSource() {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
  const writer = writable.getWriter()
  const source = {
    async *[Symbol.asyncIterator]() {
      yield* readable
    },
  }
  return { source, feed: (text: string) => writer.write(Buffer.from(text)), end: () => writer.close() }
}

async function collect(arrivals: AsyncIterable<Arrival>): Promise<string> {
  let seen = ''
  for await (const arrival of arrivals) seen += arrival.kind === 'bytes' ? Buffer.from(arrival.bytes).toString() : '|'
  return seen
}

t.test('each silence is said once, however long it is, and the bytes come in order', async t => {
  const { source, feed, end } = makeSource()
  const arrivals = withPauses(source, 1)
  const seen: string[] = []
  const steps = [() => feed('a'), () => feed('b'), () => end()]
  for await (const arrival of arrivals) {
    seen.push(arrival.kind === 'bytes' ? Buffer.from(arrival.bytes).toString() : arrival.kind)
    if (arrival.kind === 'pause')
      steps
        .shift()?.()
        .catch(() => undefined)
  }
  t.strictSame(seen, ['pause', 'a', 'pause', 'b', 'pause'])
})

t.test('what fails, fails for the reader; a reader that stops ends the source', async t => {
  let ended = false
  const failing = (async function* () {
    try {
      yield Buffer.from('a')
      throw new Error('broken')
    } finally {
      ended = true
    }
  })()
  await t.rejects(collect(withPauses(failing, 1000)), { message: 'broken' })
  t.ok(ended)
  ended = false
  const endless = (async function* () {
    try {
      for (;;) yield Buffer.from('a')
    } finally {
      ended = true
    }
  })()
  for await (const _arrival of withPauses(endless, 1000)) break
  t.ok(ended)
})

t.test('what ends within the limits is gathered whole', async t => {
  const arrivals = withPauses(
    (async function* () {
      yield Buffer.from('one ')
      yield Buffer.from('two')
    })(),
    1000,
  )
  const { content } = await gather(arrivals, limits, () => 0)
  t.equal(Buffer.from(content ?? []).toString(), 'one two')
})

t.test('what pauses, is too long, or takes too long goes on as it came, with the pause that was met', async t => {
  const script: readonly Arrival[] = [
    { kind: 'bytes', bytes: Buffer.from('one') },
    { kind: 'pause' },
    { kind: 'bytes', bytes: Buffer.from('two') },
  ]
  async function* play() {
    yield* script
  }
  let now = 0
  for (const [expected, limit, clock] of [
    ['one|two', limits, () => 0],
    ['one|two', { bytes: 3, ms: 1_000 }, () => 0],
    ['one|two', limits, () => (now += 600)],
  ] as const) {
    const { content, arrivals } = await gather(play(), limit, clock)
    t.equal(content, undefined)
    t.equal(await collect(arrivals), expected)
  }
})
