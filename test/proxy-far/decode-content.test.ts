// Claims about undoing an origin's content codings.
import { buffer } from 'node:stream/consumers'
import { brotliCompressSync, constants, createZstdCompress, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import t from 'tap'
import { decodeContent } from '../../proxy-far/decode-content.ts'
import { Fault } from '../../shared/fault.ts'

const text = Buffer.from('compress me, '.repeat(2_000))
const coders = {
  br: brotliCompressSync,
  zstd: zstdCompressSync,
  gzip: gzipSync,
  'x-gzip': gzipSync,
  deflate: deflateSync,
} as const
type Coding = keyof typeof coders

async function* inPieces(bytes: Uint8Array, size = 100): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

async function decode(body: AsyncIterable<Uint8Array>, codings: readonly Coding[]): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of decodeContent(body, codings)) chunks.push(chunk)
  return Buffer.concat(chunks)
}

t.test('every coding is undone, several of them in their order, and none at all', async t => {
  for (const [coding, code] of Object.entries(coders)) {
    t.ok((await decode(inPieces(code(text)), [coding as Coding])).equals(text), coding)
  }
  t.ok((await decode(inPieces(gzipSync(brotliCompressSync(text))), ['gzip', 'br'])).equals(text))
  t.ok((await decode(inPieces(text), [])).equals(text))
})

t.test('what is truncated or none of it is the fault of the origin', async t => {
  for (const [coding, code] of Object.entries(coders)) {
    const sound = code(text)
    await t.rejects(decode(inPieces(sound.subarray(0, -5)), [coding as Coding]), { code: 'ORIGIN_CODING' }, coding)
    await t.rejects(decode(inPieces(Buffer.alloc(64, 0xff)), [coding as Coding]), { code: 'ORIGIN_CODING' }, coding)
  }
})

t.test('the fault of the body itself goes through', async t => {
  async function* broken() {
    yield gzipSync(text).subarray(0, 20)
    throw new Fault('ORIGIN_RESET', 'It broke.')
  }
  await t.rejects(decode(broken(), ['gzip']), { code: 'ORIGIN_RESET' })
})

t.test('a reader that stops ends the body', async t => {
  const ended = Promise.withResolvers<void>()
  async function* endless() {
    try {
      const piece = gzipSync(text)
      for (;;) yield piece
    } finally {
      ended.resolve()
    }
  }
  for await (const _chunk of decodeContent(endless(), ['gzip'])) break
  await ended.promise
  t.pass('it was let go')
})

t.test('a window beyond 8 MiB, which would be held for each response, is refused; one of 8 MiB is not', async t => {
  // Streamed, so that the frame tells its window and not its length.
  const compress = async (windowLog: number) => {
    const stream = createZstdCompress({ params: { [constants.ZSTD_c_windowLog]: windowLog } })
    stream.end(Buffer.alloc(9 * 1024 * 1024))
    return buffer(stream)
  }
  t.equal((await decode(inPieces(await compress(23), 10_000), ['zstd'])).length, 9 * 1024 * 1024)
  await t.rejects(decode(inPieces(await compress(27), 10_000), ['zstd']), { code: 'ORIGIN_CODING' })
})

t.test('a bomb is unfolded as it is taken: who takes one piece has little more made', async t => {
  const bomb = gzipSync(Buffer.alloc(8 * 1024 * 1024))
  let takenBytes = 0
  async function* endless() {
    for (;;) {
      takenBytes += bomb.length
      yield bomb
    }
  }
  const pieces = decodeContent(endless(), ['gzip'])[Symbol.asyncIterator]()
  const { value } = await pieces.next()
  for (let turns = 0; turns < 500; turns++) await new Promise(resolve => setImmediate(resolve))
  t.ok(value && value.length <= 1024 * 1024, `a piece of ${value?.length} bytes`)
  // What streams buffer in front of the decoder; unfolded it would be 200 MiB.
  t.ok(takenBytes <= 256 * 1024, `${takenBytes} bytes were read`)
  await pieces.return?.(undefined)
})
