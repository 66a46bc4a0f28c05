// Claims about feeding Node's transforms step by step.
import { once } from 'node:events'
import { PassThrough, Transform } from 'node:stream'
import {
  brotliCompressSync,
  brotliDecompressSync,
  type BrotliCompress,
  constants,
  createBrotliCompress,
  createBrotliDecompress,
  createDeflateRaw,
  createInflateRaw,
  createZstdCompress,
  createZstdDecompress,
  deflateRawSync,
  gzipSync,
  createGunzip,
} from 'node:zlib'
import t from 'tap'
import { Feed } from '../../../shared/exchange/feed.ts'

const text = Buffer.from('What is made so far can be read on the other side. '.repeat(400))
const compressed = brotliCompressSync(text)

function brotli(): Feed {
  const transform: BrotliCompress = createBrotliCompress({ params: { [constants.BROTLI_PARAM_QUALITY]: 5 } })
  return new Feed(transform, () => new Promise(resolve => transform.flush(resolve)))
}

t.test('what one feed compresses another decompresses, step by step and to the last byte', async t => {
  const pairs = [
    [createBrotliCompress(), createBrotliDecompress()],
    [createDeflateRaw(), createInflateRaw()],
    [createZstdCompress(), createZstdDecompress()],
  ] as const
  for (const [encoder, decoder] of pairs) {
    const [writing, reading] = [new Feed(encoder), new Feed(decoder)]
    const out: Uint8Array[] = []
    for (let at = 0; at < text.length; at += 1000) {
      out.push(await reading.write(await writing.write(text.subarray(at, at + 1000))))
    }
    out.push(await reading.write(await writing.end()), await reading.end())
    t.ok(Buffer.concat(out).equals(text), encoder.constructor.name)
  }
})

t.test('after a flush the other side has all of the input, whatever was flushed before', async t => {
  const [writing, reading] = [brotli(), new Feed(createBrotliDecompress())]
  let length = 0
  for (const size of [1, 5_000, 0, 17]) {
    const made = [await writing.write(text.subarray(length, length + size)), await writing.flush()]
    length += size
    const read = await reading.write(Buffer.concat(made))
    t.equal(read.toString(), text.subarray(length - size, length).toString(), `${size} bytes`)
  }
})

t.test('a decompressor gives byte by byte what it can', async t => {
  const reading = new Feed(createBrotliDecompress())
  const out: Uint8Array[] = []
  for (let at = 0; at < compressed.length; at++) out.push(await reading.write(compressed.subarray(at, at + 1)))
  t.equal((await reading.end()).length, 0, 'all was given before the end')
  t.ok(Buffer.concat(out).equals(text))
})

t.test('a transform whose output is full goes on: the output is read as it comes', async t => {
  const large = Buffer.alloc(3_000_000, 'a')
  const reading = new Feed(createBrotliDecompress({ chunkSize: 64 }))
  t.ok(Buffer.from(await reading.write(brotliCompressSync(large))).equals(large))
  const narrow = new PassThrough({ highWaterMark: 16 })
  const passing = new Feed(narrow)
  t.equal((await passing.write(Buffer.alloc(100_000))).length, 100_000)
  t.equal((await passing.end()).length, 0)
})

t.test('each step gives what was made since the last', async t => {
  const doubling = new Transform({
    transform(chunk: Uint8Array, _encoding, callback) {
      this.push(chunk)
      setImmediate(callback, null, chunk)
    },
    flush(callback) {
      callback(null, Buffer.from('!'))
    },
  })
  const feed = new Feed(doubling)
  t.equal(Buffer.from(await feed.write(Buffer.from('a'))).toString(), 'aa')
  t.equal(Buffer.from(await feed.write(Buffer.from('bc'))).toString(), 'bcbc')
  t.equal(Buffer.from(await feed.flush()).toString(), '')
  t.equal(Buffer.from(await feed.end()).toString(), '!')
})

t.test('broken input fails the step that it came in, and every later one', async t => {
  const broken = [
    new Feed(createBrotliDecompress()),
    new Feed(createGunzip()),
    new Feed(createInflateRaw()),
    new Feed(createZstdDecompress()),
  ]
  for (const feed of broken) {
    await t.rejects(feed.write(Buffer.alloc(100, 0xff)))
    await t.rejects(feed.write(Buffer.from('more')))
    await t.rejects(feed.flush())
    await t.rejects(feed.end())
  }
})

t.test('an error comes out of the step that it happened in, also when the transform says it late', async t => {
  const error = new Error('late')
  const failing = () =>
    new Transform({
      transform: (_chunk, _encoding, callback) => void setImmediate(callback, error),
      flush: callback => void setImmediate(callback, error),
    })
  await t.rejects(new Feed(failing()).write(Buffer.from('a')), error)
  await t.rejects(new Feed(failing()).end(), error)
  await t.rejects(new Feed(new PassThrough(), () => Promise.reject(error)).flush(), error)
})

t.test('input that ends too early fails the end', async t => {
  for (const [feed, bytes] of [
    [new Feed(createBrotliDecompress()), compressed],
    [new Feed(createGunzip()), gzipSync(text)],
    [new Feed(createInflateRaw()), deflateRawSync(text)],
  ] as const) {
    await feed.write(bytes.subarray(0, bytes.length - 1))
    await t.rejects(feed.end(), /unexpected end/)
  }
})

t.test('bytes behind the end of a format are passed over, and the end still comes', async t => {
  for (const pieces of [
    [Buffer.concat([compressed, Buffer.from('more')])],
    [compressed, Buffer.from('more'), Buffer.from('and more')],
  ]) {
    const feed = new Feed(createBrotliDecompress())
    const out: Uint8Array[] = []
    for (const piece of pieces) out.push(await feed.write(piece))
    out.push(await feed.end())
    t.ok(Buffer.concat(out).equals(text))
  }
})

t.test('a feed of nothing ends, with what its format has for nothing', async t => {
  t.equal(brotliDecompressSync(await brotli().end()).length, 0)
  t.equal((await new Feed(new PassThrough()).end()).length, 0)
})

t.test('giving up fails the step that is under way, and those after it', async t => {
  const stuck = new Transform({ transform: () => {} })
  const feed = new Feed(stuck)
  const step = feed.write(Buffer.from('a'))
  feed.destroy()
  await t.rejects(step)
  await t.rejects(feed.end())
  const hanging = new Feed(new PassThrough(), () => new Promise(() => {}))
  const flush = hanging.flush()
  hanging.destroy()
  await t.rejects(flush, /closed before its end/)
})

t.test('giving up after the end is no error', async t => {
  const transform = new PassThrough()
  const feed = new Feed(transform)
  await feed.write(Buffer.from('a'))
  await feed.end()
  feed.destroy()
  if (!transform.closed) await once(transform, 'close')
  t.equal(transform.errored, null)
})

t.test('what unfolds to much is made piece by piece, as it is taken', async t => {
  const length = 64 * 1024 * 1024
  const bomb = brotliCompressSync(Buffer.alloc(length), { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } })
  const transform = createBrotliDecompress()
  const feed = new Feed(transform)
  let seen = 0
  for await (const piece of feed.unfold(bomb)) {
    seen += piece.length
    if (transform.readableLength > 1024 * 1024) t.fail('made ahead')
  }
  for await (const piece of feed.unfoldEnd()) seen += piece.length
  t.equal(seen, length)
})

t.test('unfolding gives what writing gives, by pieces of any size, and its failures', async t => {
  for (const size of [1, 7, 100_000]) {
    const feed = new Feed(createBrotliDecompress())
    const out: Uint8Array[] = []
    for (let at = 0; at < compressed.length; at += size)
      for await (const piece of feed.unfold(compressed.subarray(at, at + size))) out.push(piece)
    for await (const piece of feed.unfoldEnd()) out.push(piece)
    t.ok(Buffer.concat(out).equals(text), `${size} bytes`)
  }
  const broken = new Feed(createBrotliDecompress())
  const drain = async () => {
    for await (const piece of broken.unfold(Buffer.from('no brotli at all'))) t.fail(`made ${piece.length}`)
  }
  await t.rejects(drain(), { code: /ERR/ })
})

t.test('who stops taking what unfolds can give the feed up', async t => {
  const transform = createBrotliDecompress()
  const feed = new Feed(transform)
  for await (const piece of feed.unfold(brotliCompressSync(Buffer.alloc(1024 * 1024)))) {
    t.ok(piece.length > 0)
    break
  }
  feed.destroy()
  if (!transform.closed) await once(transform, 'close')
  await t.rejects(feed.write(compressed))
})
