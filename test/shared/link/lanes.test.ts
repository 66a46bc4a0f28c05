// Claims about streams as lanes: order, back-pressure, taking back, ends, closing.
import { Writable } from 'node:stream'
import t from 'tap'
import { openLane } from '../../../shared/link/lanes.ts'
import { SPECULATION_RANK, VERDICT_RANK, rankOf } from '../../../shared/link/schedule.ts'

const bulk = { rank: rankOf(3), incremental: true }
const speculation = { rank: SPECULATION_RANK, incremental: true }

const turn = () => new Promise(resolve => setImmediate(resolve))

/** A session whose PINGs are answered when the test says so, and streams that note what reaches them. */
class Session {
  readonly written: string[] = []
  readonly pings: ((error: Error | null) => void)[] = []
  destroyed = false
  #now = 0

  now(): number {
    this.#now += 0.001
    return this.#now
  }

  /** Only turns and what arrives make room here. */
  wake(delayMs: number, action: () => void): () => void {
    if (delayMs > 0) return () => undefined
    const soon = setImmediate(action)
    return () => clearImmediate(soon)
  }

  ping(answered: (error: Error | null) => void): boolean {
    // As node:http2 does.
    if (this.destroyed) throw new Error('The session has been destroyed')
    this.pings.push(answered)
    return true
  }

  /** Answers PINGs until there are none, each after its stream has taken what came with it. */
  async answerAll(): Promise<void> {
    await turn()
    while (this.pings.length > 0) {
      this.#now += 100
      for (const ping of this.pings.splice(0)) ping(null)
      await turn()
    }
  }

  open(onFirst?: () => void) {
    const { written } = this
    const stream = new Writable({
      write: (bytes: Uint8Array, _encoding, done) => {
        written.push(Buffer.from(bytes).toString())
        done()
      },
    })
    const linked = Object.assign(stream, { session: this })
    const lane = openLane(linked, this, onFirst)
    return { stream, lane }
  }
}

/** Fills the link, so that only answers make room. */
function fill(session: Session): void {
  const { lane } = session.open()
  lane.put([{ ...bulk, bytes: Buffer.alloc(100_000, 'x') }]).catch(() => undefined)
}

t.test('small loads that are put in together go out in one write, and the end with them', async t => {
  const session = new Session()
  const { stream, lane } = session.open(() => session.written.push('head'))
  const verdict = { rank: VERDICT_RANK, incremental: true, bytes: Buffer.from('verdict ') }
  await lane.put([verdict, ...['delta ', 'end'].map(text => ({ ...bulk, bytes: Buffer.from(text) }))], true)
  t.strictSame(session.written, ['head', 'verdict delta end'])
  t.ok(stream.writableEnded)
})

t.test('a session that was destroyed a moment before its streams is not pinged', async t => {
  const session = new Session()
  const { stream, lane } = session.open()
  session.destroyed = true
  const putting = lane.put([{ ...bulk, bytes: Buffer.alloc(5_000, 'x') }], true)
  await turn()
  t.ok(session.written.length > 0, 'what it wrote goes nowhere')
  stream.destroy()
  await putting.catch(() => undefined)
  t.equal(session.pings.length, 0)
})

t.test('who puts in more than the link takes waits until it has gone but for one piece', async t => {
  const session = new Session()
  const { lane } = session.open()
  let isTaken = false
  const taken = lane.put([{ ...bulk, bytes: Buffer.alloc(30_000) }]).then(() => (isTaken = true))
  await Promise.resolve()
  t.notOk(isTaken)
  await session.answerAll()
  await taken
  t.ok(session.written.join('').length > 28_000)
})

t.test('what waits can be taken back; what has begun to go out cannot', async t => {
  const session = new Session()
  fill(session)
  const { lane } = session.open()
  const taking = new AbortController()
  const delivered = lane.deliver({ ...speculation, bytes: Buffer.from('guess') }, taking.signal)
  taking.abort()
  t.equal(await delivered, false)
  t.equal(await lane.deliver({ ...speculation, bytes: Buffer.from('late') }, taking.signal), false)
  await lane.put([{ rank: VERDICT_RANK, incremental: true, bytes: Buffer.from('verdict') }])
  t.equal(session.written.at(-1), 'verdict')
  t.notOk(session.written.includes('guess'))
})

t.test('a stream that closes fails all that waits in its lane, and what is put in later', async t => {
  const session = new Session()
  fill(session)
  const { stream, lane } = session.open()
  const put = lane.put([{ ...bulk, bytes: Buffer.alloc(50_000) }])
  const delivered = lane.deliver({ ...speculation, bytes: Buffer.from('guess') }, new AbortController().signal)
  stream.destroy()
  await t.rejects(put, { code: 'LINK_CLOSED' })
  await t.rejects(delivered, { code: 'LINK_CLOSED' })
  await t.rejects(lane.put([{ ...bulk, bytes: Buffer.from('more') }]), { code: 'LINK_CLOSED' })
})

t.test('as a stream of Node a lane passes bytes and ends, and fails when its stream closes', async t => {
  const session = new Session()
  const { stream, lane } = session.open()
  const writable = lane.asWritable(bulk)
  writable.write('one ')
  writable.end('two')
  await new Promise(resolve => writable.once('finish', resolve))
  t.equal(session.written.join(''), 'one two')
  t.ok(stream.writableFinished)
  const other = session.open()
  const cut = other.lane.asWritable(bulk)
  const failed = new Promise(resolve => cut.once('error', resolve))
  other.stream.destroy()
  t.match(await failed, { code: 'LINK_CLOSED' })
})

t.test('what says how long it is ends with its last byte, and not behind it', async t => {
  const session = new Session()
  const { stream, lane } = session.open()
  const writable = lane.asWritable(bulk, 7)
  writable.write('one ')
  t.notOk(stream.writableEnded)
  await new Promise(resolve => writable.write('two', resolve))
  t.ok(stream.writableEnded)
  await new Promise<void>(resolve => void writable.end(resolve))
  t.equal(session.written.join(''), 'one two')
})
