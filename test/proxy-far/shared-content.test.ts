// Claims about a content that several read while it arrives.
import { PassThrough } from 'node:stream'
import t from 'tap'
import { SharedContent } from '../../proxy-far/shared-content.ts'

const never = new AbortController().signal

async function readAll(content: AsyncIterable<Uint8Array>): Promise<string> {
  const pieces: Uint8Array[] = []
  for await (const piece of content) pieces.push(piece)
  return Buffer.concat(pieces).toString()
}

t.test('every reader gets all of it, whenever it came', async t => {
  const source = new PassThrough()
  const content = new SharedContent(source)
  const early = readAll(content.open(never))
  source.write('one ')
  const late = readAll(content.open(never))
  source.end('two')
  t.equal(await early, 'one two')
  t.equal(await late, 'one two')
  t.equal(await readAll(content.open(never)), 'one two')
})

t.test('a source that fails fails every reader, and takes no new one', async t => {
  const source = new PassThrough()
  const content = new SharedContent(source)
  const readers = [1, 2].map(() => readAll(content.open(never)))
  source.write('one')
  source.destroy(new Error('broken'))
  for (const reader of readers) await t.rejects(reader, { message: 'broken' })
  t.notOk(content.isOpen)
})

t.test('what all have read is dropped, and a reader that leaves holds nobody up', async t => {
  const pieces = Array.from({ length: 40 }, (_, at) => Buffer.alloc(64 * 1024, at))
  async function* source() {
    yield* pieces
  }
  const content = new SharedContent(source())
  const gone = new AbortController()
  content.open(gone.signal)
  const reader = readAll(content.open(never))
  gone.abort()
  t.equal((await reader).length, Buffer.concat(pieces).toString().length)
  t.notOk(content.isOpen, 'its beginning is gone')
})
