// Claims about streams over a machine.
import t from 'tap'
import { PieceStream } from '../../../shared/delta/piece-stream.ts'
import { Fault } from '../../../shared/fault.ts'
import { feed } from './samples.ts'

/** Gives `times` large pieces for each byte that is pushed. */
function makeMachine(times: number, pieceBytes: number) {
  let owed = 0
  return {
    given: 0,
    push(chunk: Uint8Array) {
      owed += chunk.length * times
    },
    next() {
      if (owed === 0) return undefined
      owed--
      this.given++
      return new Uint8Array(pieceBytes)
    },
  }
}

t.test('pieces are made as the reader takes them, not before', async t => {
  const machine = makeMachine(1000, 100_000)
  const stream = new PieceStream(machine, () => {})
  stream.end(Buffer.from('x'))
  await new Promise(resolve => stream.once('readable', resolve))
  t.ok(machine.given <= 3, `${machine.given} pieces`)
  let made = 0
  stream.on('data', (chunk: Uint8Array) => (made += chunk.length))
  await new Promise(resolve => stream.once('end', resolve))
  t.equal(made, 100_000_000)
})

t.test('every write is done, whether it makes nothing, one piece or many', async t => {
  for (const times of [0, 1, 7]) {
    const writes = Array.from({ length: 50 }, () => Buffer.from('ab'))
    const out = await feed(new PieceStream(makeMachine(times, 30_000), () => {}), writes)
    t.equal(out.length, 100 * times * 30_000)
  }
})

t.test('a fault of the machine, or at the end, destroys the stream', async t => {
  const fault = () => {
    throw new Fault('DELTA_MALFORMED', 'no')
  }
  await t.rejects(feed(new PieceStream({ push: () => {}, next: fault }, () => {}), [Buffer.from('x')]), {
    message: 'no',
  })
  await t.rejects(feed(new PieceStream(makeMachine(1, 1), fault), [Buffer.from('x')]), { message: 'no' })
})
