// Claims about codings and about what is worth compressing.
import t from 'tap'
import { ACCEPTED_CODINGS, codingsToUndo, isCompressible, readableCodings } from '../../../shared/http/content.ts'

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

t.test('what origins are asked for can all be undone', async t => {
  for (const name of ACCEPTED_CODINGS.split(', '))
    t.ok(
      readableCodings.some(each => each === name),
      name,
    )
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
