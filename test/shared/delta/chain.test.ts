// Claims about streams in a row.
import { PassThrough, Transform } from 'node:stream'
import t from 'tap'
import { Chain } from '../../../shared/delta/chain.ts'
import { feed, splitBytes } from './samples.ts'

const upper = () =>
  new Transform({
    transform: (chunk, _, done) => done(null, String(chunk).toUpperCase()),
  })

const failing = () => new Transform({ transform: (_chunk, _encoding, done) => done(new Error('broken')) })

t.test('what is written comes out of the last stream', async t => {
  const chain = new Chain(() => [new PassThrough(), upper(), new PassThrough()])
  t.equal((await feed(chain, splitBytes(Buffer.from('hello there'), 3))).toString(), 'HELLO THERE')
})

t.test('the first bytes may decide which streams there are', async t => {
  const open = (first: Uint8Array): [Transform] => [first[0] === 0x75 ? upper() : new PassThrough()]
  t.equal((await feed(new Chain(open), [Buffer.from('ups')])).toString(), 'UPS')
  t.equal((await feed(new Chain(open), [Buffer.from('downs')])).toString(), 'downs')
  t.equal((await feed(new Chain(open), [])).length, 0)
})

t.test('an error anywhere destroys all of them, and is given once, as it is mapped', async t => {
  for (const place of [0, 1, 2]) {
    const stages: Transform[] = [new PassThrough(), new PassThrough(), new PassThrough()]
    stages[place] = failing()
    const [first, ...rest] = stages
    const chain = new Chain(
      () => [first!, ...rest],
      error => new Error(`mapped ${error.message}`),
    )
    await t.rejects(feed(chain, [Buffer.from('x')]), { message: 'mapped broken' })
    t.ok(stages.every(stage => stage.destroyed))
  }
})

t.test('a reader that does not read stops the writer', async t => {
  const chain = new Chain(() => [new PassThrough(), new PassThrough()])
  let taken = 0
  for (let i = 0; i < 100; i++) chain.write(Buffer.alloc(16_384), () => taken++)
  await new Promise(resolve => setImmediate(resolve))
  t.ok(taken < 30, `${taken} of 100 writes were taken`)
  let read = 0
  chain.on('data', (chunk: Uint8Array) => (read += chunk.length))
  await new Promise(resolve => chain.end(resolve))
  if (read < 100 * 16_384) await new Promise(resolve => chain.once('end', resolve))
  t.equal(read, 100 * 16_384)
})

t.test('a write is done when all that it made can be read', async t => {
  const twice = new Transform({
    transform(_chunk, _encoding, done) {
      this.push(Buffer.alloc(100_000))
      this.push(Buffer.alloc(10_000))
      done()
    },
  })
  const chain = new Chain(() => [new PassThrough(), twice, new PassThrough()])
  const write = { isDone: false }
  chain.write('x', () => (write.isDone = true))
  await new Promise(resolve => setImmediate(resolve))
  t.notOk(write.isDone, 'the second piece waits behind the first')
  let read = 0
  while (!write.isDone) {
    read += (chain.read() as Buffer | null)?.length ?? 0
    await new Promise(resolve => setImmediate(resolve))
  }
  read += (chain.read() as Buffer | null)?.length ?? 0
  t.equal(read, 110_000)
})
