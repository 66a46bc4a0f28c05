// Claims about codings and about what is worth compressing.
import t from 'tap'
import {
  codingsToUndo,
  isCompressible,
  readableCodings,
  withAcceptedCodings,
  withoutCoding,
  withStrongTags,
} from '../../../shared/http/content.ts'

t.test('codings are undone last first', async t => {
  const undo = (value: string) => codingsToUndo([['Content-Encoding', value]])
  t.strictSame(undo('gzip'), ['gzip'])
  t.strictSame(undo('GZIP, br'), ['br', 'gzip'])
  t.strictSame(undo('deflate ,x-gzip,  zstd'), ['zstd', 'x-gzip', 'deflate'])
  const lines = codingsToUndo([
    ['content-encoding', 'br'],
    ['Content-Encoding', 'gzip'],
  ])
  t.strictSame(lines, ['gzip', 'br'], 'two lines are one list')
})

t.test('no coding, identity and empty members leave nothing to undo', async t => {
  t.strictSame(codingsToUndo([]), [])
  for (const value of ['', 'identity', ' , identity,'])
    t.strictSame(codingsToUndo([['Content-Encoding', value]]), [], value)
})

t.test('one coding that is not known, or no-transform, leaves all as it is', async t => {
  for (const value of ['compress', 'gzip, dcb', 'aes128gcm, br']) {
    t.equal(codingsToUndo([['Content-Encoding', value]]), undefined, value)
  }
  const fixed = ['Cache-Control', 'public, No-Transform'] as const
  t.equal(codingsToUndo([['Content-Encoding', 'gzip'], fixed]), undefined)
  t.strictSame(codingsToUndo([fixed]), [])
})

t.test(
  'origins are asked for the codings that both far and the client read, and all of them can be undone',
  async t => {
    const asked = (value: string) => withAcceptedCodings([['accept-encoding', value]])[0]?.[1]
    t.equal(asked('gzip, deflate, br, zstd'), 'br, zstd, gzip')
    t.equal(asked('GZIP;q=0.5, compress'), 'gzip')
    t.equal(asked('*'), 'br, zstd, gzip')
    t.equal(asked('br;q=0, *;q=0.1'), 'zstd, gzip')
    t.equal(asked('identity'), undefined)
    t.strictSame(withAcceptedCodings([['Accept', '*/*']]), [['Accept', '*/*']])
    for (const name of asked('*')?.split(', ') ?? []) t.ok(readableCodings.includes(name as 'br'), name)
  },
)

t.test('a content without its coding has a weak tag and nothing that described the coded one', async t => {
  const coded = [
    ['ETag', '"v1"'],
    ['Content-Encoding', 'br'],
    ['Content-Length', '10'],
    ['Content-Digest', 'sha-256=:AA==:'],
    ['Content-Type', 'text/html'],
  ] as const
  t.strictSame(withoutCoding(coded), [
    ['ETag', 'W/"v1"'],
    ['Content-Type', 'text/html'],
  ])
  t.strictSame(withoutCoding([['etag', 'W/"v2"']]), [['etag', 'W/"v2"']])
})

t.test('a weakened tag is strong again where the client says that it must match', async t => {
  t.strictSame(withStrongTags([['If-Match', 'W/"v1", "v2"']]), [['If-Match', '"v1", "v2"']])
  t.strictSame(withStrongTags([['If-None-Match', 'W/"v1"']]), [['If-None-Match', 'W/"v1"']])
})

t.test('text and what is like it is compressed, what is compressed already is not', async t => {
  const is = (type: string) => isCompressible([['Content-Type', type]])
  const yes = ['text/html', 'Text/HTML; charset=utf-8', ' application/json', 'application/ld+json', 'application/wasm']
  yes.push(
    'image/svg+xml',
    'application/javascript',
    'application/rss+xml',
    'font/ttf',
    'image/x-icon',
    'text/event-stream',
  )
  for (const type of yes) t.ok(is(type), type)
  const no = ['', 'image/png', 'image/webp', 'video/mp4', 'font/woff2', 'application/zip', 'application/octet-stream']
  no.push('application/pdf', 'audio/mpeg', 'application/zip; note=a+json', 'application/octet-stream;x="text/html+xml"')
  for (const type of no) t.notOk(is(type), type)
  t.notOk(isCompressible([]))
})

t.test('one coding over another, and no more than four of them, are undone', async t => {
  t.equal(codingsToUndo([['Content-Encoding', 'gzip, br, gzip, br']])?.length, 4)
  t.equal(codingsToUndo([['Content-Encoding', 'gzip, br, gzip, br, gzip']]), undefined, 'passed on as it is')
})
