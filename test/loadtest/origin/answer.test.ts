// Claims about the answer to a request for a page.
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import t from 'tap'
import { planAnswer } from '../../../loadtest/origin/answer.ts'
import { makePage, type PageChoice } from '../../../loadtest/origin/page.ts'

const content = Buffer.from('some text that is long enough to be compressed: '.repeat(20))

function pageWith(choice: Partial<PageChoice>) {
  const base = { path: '/p', title: 'p', kind: 'html', ageing: 'little', aboutBytes: 1, draw: () => content } as const
  return makePage({ ...base, ...choice })
}

const both = pageWith({ cache: 'no-cache' })
const { fields } = planAnswer(both, content, 3, {})
const tag = fields['etag'] ?? ''
const date = fields['last-modified'] ?? ''

t.test('an answer has a type with its charset, a length and the validators that the page has', async t => {
  t.match(fields, {
    'content-type': 'text/html; charset=utf-8',
    'content-length': `${content.length}`,
    'cache-control': 'no-cache',
  })
  t.match(tag, /^"[\da-f]{20}"$/)
  t.ok(Date.parse(date) < Date.now())
  t.match(planAnswer(pageWith({ validators: 'weak' }), content, 3, {}).fields['etag'], /^W\/"/)
  const bare = planAnswer(pageWith({ validators: 'none' }), content, 3, {}).fields
  t.same(Object.keys(bare).sort(), ['content-length', 'content-type'])
})

t.test('a page without a length has none', async t => {
  for (const sending of ['chunked', 'pieces'] as const) {
    t.notOk('content-length' in planAnswer(pageWith({ sending }), content, 0, {}).fields)
  }
})

for (const [why, asked, kind] of [
  ['its own tag', { 'if-none-match': tag }, 'not-modified'],
  ['its own tag, weakly', { 'if-none-match': `W/${tag}` }, 'not-modified'],
  ['its own tag among others', { 'if-none-match': `"a", W/"b,c", ${tag}` }, 'not-modified'],
  ['any tag', { 'if-none-match': '*' }, 'not-modified'],
  ['another tag', { 'if-none-match': '"other"' }, 'content'],
  ['a tag that is not one', { 'if-none-match': 'nonsense"' }, 'content'],
  ['its own date', { 'if-modified-since': date }, 'not-modified'],
  ['a later date', { 'if-modified-since': 'Tue, 03 Sep 2030 00:00:00 GMT' }, 'not-modified'],
  ['an earlier date', { 'if-modified-since': 'Mon, 01 Jan 2001 00:00:00 GMT' }, 'content'],
  ['a date that is not one', { 'if-modified-since': 'yesterday' }, 'content'],
  ['another tag and its own date', { 'if-none-match': '"other"', 'if-modified-since': date }, 'content'],
] as const) {
  t.test(`a request with ${why} gets ${kind === 'content' ? 'the content' : '304'}`, async t => {
    t.equal(planAnswer(both, content, 3, asked).kind, kind)
  })
}

t.test('a 304 repeats the validators and the caching, not the content', async t => {
  const plan = planAnswer(both, content, 3, { 'if-none-match': tag })
  t.same(plan, { kind: 'not-modified', fields: { 'cache-control': 'no-cache', etag: tag, 'last-modified': date } })
})

t.test('a date does not answer for a page that has none', async t => {
  const plan = planAnswer(pageWith({ validators: 'etag' }), content, 3, { 'if-modified-since': date })
  t.equal(plan.kind, 'content')
})

const coded = pageWith({ sending: 'coded' })

for (const [accepted, coding] of [
  [undefined, undefined],
  ['', undefined],
  ['identity', undefined],
  ['gzip', 'gzip'],
  ['GZIP;q=0.3', 'gzip'],
  ['gzip, deflate, br, zstd', 'br'],
  ['br;q=0, gzip', 'gzip'],
  ['*', 'br'],
  ['*;q=0', undefined],
  ['gzip;q=nonsense', undefined],
] as const) {
  t.test(
    `Accept-Encoding ${JSON.stringify(accepted)} gets ${coding ?? 'no coding'}, and the same bytes decoded`,
    async t => {
      const plan = planAnswer(coded, content, 0, accepted === undefined ? {} : { 'accept-encoding': accepted })
      t.equal(plan.fields['content-encoding'], coding)
      t.equal(plan.fields['vary'], 'accept-encoding')
      const body = plan.kind === 'content' ? plan.body : Buffer.alloc(0)
      t.equal(plan.fields['content-length'], `${body.length}`)
      const decode = { gzip: gunzipSync, br: brotliDecompressSync, none: (body: Buffer) => body }[coding ?? 'none']
      t.same(decode(body), content)
    },
  )
}

t.test('each coding has a strong tag of its own, which is honoured for that coding only', async t => {
  const tagFor = (accepted: string) =>
    planAnswer(coded, content, 0, { 'accept-encoding': accepted }).fields['etag'] ?? ''
  const tags = ['identity', 'gzip', 'br'].map(tagFor)
  t.equal(new Set(tags).size, 3)
  const asked = { 'if-none-match': tagFor('gzip') }
  t.equal(planAnswer(coded, content, 0, { ...asked, 'accept-encoding': 'gzip' }).kind, 'not-modified')
  t.equal(planAnswer(coded, content, 0, { ...asked, 'accept-encoding': 'br' }).kind, 'content')
})
