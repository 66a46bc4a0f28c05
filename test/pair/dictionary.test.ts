// Claims about dictionaries between far and origins (RFC 9842), against an HTTPS origin that makes dcb and dcz by node:zlib.
import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { brotliCompressSync, constants, zstdCompressSync } from 'node:zlib'
import t, { type Test } from 'tap'
import { dictionaryOptions } from '../../shared/delta/dcb.ts'
import { dictionaryHeader } from '../../shared/http/dictionary.ts'
import { ask } from './client.ts'
import { makeText } from './odd-origin.ts'
import { startPair, type RunningPair } from './running-pair.ts'
import { makeLeaf, startTlsOrigin, trust } from './tls-origin.ts'

type Coding = 'dcb' | 'dcz'

/** What the origin answers, by path; `with` names the dictionary by the path at which it is. */
interface Page {
  readonly content: string
  readonly fields?: Readonly<Record<string, string>>
  /** The coding of the response to a request that has the dictionary on offer. */
  readonly coding?: Coding
  readonly dictionary?: string
  /** Makes the coded content wrong. */
  readonly spoil?: (coded: Buffer) => Buffer
}

interface DictionaryOrigin {
  readonly url: string
  /** The fields of all requests for a path, in order. */
  readonly asked: (path: string) => readonly Readonly<Record<string, string | string[] | undefined>>[]
  /** Bytes of contents that it sent for a path, in order. */
  readonly sentBytes: (path: string) => readonly number[]
}

const digestOf = (text: string) => createHash('sha256').update(text).digest('hex')
const nameOf = (text: string) => `:${createHash('sha256').update(text).digest('base64')}:`

function encode(coding: Coding, content: string, dictionary: string): Buffer {
  const base = Buffer.from(dictionary)
  const options = dictionaryOptions(base)
  const params = { [constants.ZSTD_c_compressionLevel]: 12, [constants.ZSTD_c_windowLog]: 20 }
  const body =
    coding === 'dcb' ? brotliCompressSync(content, options) : zstdCompressSync(content, { ...options, params })
  return Buffer.concat([dictionaryHeader(coding, digestOf(dictionary)), body])
}

async function startOrigin(t: Test, pages: Readonly<Record<string, Page>>): Promise<DictionaryOrigin> {
  const leaf = await makeLeaf()
  trust(t, leaf)
  const requests: { path: string; fields: IncomingMessage['headers']; bytes: number }[] = []
  const answer = (request: IncomingMessage, response: ServerResponse) => {
    const path = request.url ?? ''
    const page = pages[path] ?? { content: 'nothing' }
    const base = pages[page.dictionary ?? '']?.content
    const accepted = (request.headers['accept-encoding'] ?? '').split(', ')
    const isOffered = base !== undefined && request.headers['available-dictionary'] === nameOf(base)
    const coding = isOffered && page.coding && accepted.includes(page.coding) ? page.coding : undefined
    const coded = coding ? encode(coding, page.content, base ?? '') : Buffer.from(page.content)
    const body = coding ? (page.spoil?.(coded) ?? coded) : coded
    requests.push({ path, fields: request.headers, bytes: body.length })
    const fields = { 'Content-Type': 'text/javascript', Vary: 'accept-encoding, available-dictionary', ...page.fields }
    response.writeHead(200, { ...fields, ...(coding ? { 'Content-Encoding': coding, ETag: '"coded"' } : {}) })
    response.end(body)
  }
  const authority = await startTlsOrigin(t, leaf, answer)
  const of = (path: string) => requests.filter(request => request.path === path)
  return {
    url: `https://${authority}`,
    asked: path => of(path).map(({ fields }) => fields),
    sentBytes: path => of(path).map(({ bytes }) => bytes),
  }
}

const OLD = makeText(60_000)
const NEW = `${OLD.slice(0, 30_000)} in the middle ${OLD.slice(30_000)}`
const USE = { 'Use-As-Dictionary': 'match="/app.*.js", id="app"', 'Cache-Control': 'max-age=1000' }
const BROWSER = ['Accept-Encoding', 'gzip, br, zstd']

/** Asks for the old script and then for the new one, and checks that the new one came right. */
async function visit(t: Test, pair: RunningPair, origin: DictionaryOrigin, path = '/app.2.js', fields = BROWSER) {
  await ask(pair.near.address, `${origin.url}/app.1.js`, { fields })
  const got = await ask(pair.near.address, origin.url + path, { fields })
  t.equal(got.status, 200)
  t.ok(got.body.toString() === NEW, 'the content is the origin’s')
  return got
}

for (const coding of ['dcb', 'dcz'] as const) {
  t.test(`far offers what it holds as a dictionary and reads ${coding}`, async t => {
    const pair = await startPair(t)
    const pages = {
      '/app.1.js': { content: OLD, fields: USE },
      '/app.2.js': { content: NEW, coding, dictionary: '/app.1.js' },
    }
    const origin = await startOrigin(t, pages)
    const got = await visit(t, pair, origin)
    t.strictSame(got.all('content-encoding'), [])
    t.strictSame(got.all('etag'), ['W/"coded"'], 'the tag of a coded content does not name the plain one exactly')
    const [asked] = origin.asked('/app.2.js')
    t.equal(asked?.['available-dictionary'], nameOf(OLD))
    t.equal(asked?.['dictionary-id'], '"app"')
    t.match(asked?.['accept-encoding'], /^br, zstd, gzip, dcb, dcz$/)
    const [bytes = 0] = origin.sentBytes('/app.2.js')
    t.ok(bytes < 200, `${bytes} bytes instead of ${NEW.length}`)
    t.equal(origin.asked('/app.1.js')[0]?.['available-dictionary'], undefined)
  })
}

t.test(
  'a content made with another dictionary, broken in its header, or cut short in it is asked for again',
  async t => {
    const spoils: Record<string, (coded: Buffer) => Buffer> = {
      'another digest': coded => Buffer.concat([dictionaryHeader('dcb', digestOf('other')), coded.subarray(36)]),
      'no header': coded => coded.subarray(36),
      'a cut header': coded => coded.subarray(0, 20),
      nothing: () => Buffer.alloc(0),
    }
    for (const [name, spoil] of Object.entries(spoils)) {
      const pair = await startPair(t)
      const page = { content: NEW, coding: 'dcb', dictionary: '/app.1.js', spoil } as const
      const origin = await startOrigin(t, { '/app.1.js': { content: OLD, fields: USE }, '/app.2.js': page })
      await visit(t, pair, origin)
      const offers = origin.asked('/app.2.js').map(fields => fields['available-dictionary'] !== undefined)
      t.strictSame(offers, [true, false], name)
    }
  },
)

t.test('what is broken behind its header never looks complete', async t => {
  for (const coding of ['dcb', 'dcz'] as const) {
    const pair = await startPair(t)
    const spoil = (coded: Buffer) => coded.subarray(0, -5)
    const page = { content: NEW, coding, dictionary: '/app.1.js', spoil } as const
    const origin = await startOrigin(t, { '/app.1.js': { content: OLD, fields: USE }, '/app.2.js': page })
    await ask(pair.near.address, `${origin.url}/app.1.js`)
    const got = await ask(pair.near.address, `${origin.url}/app.2.js`)
    t.ok(got.status === 502 || !got.complete, `${coding}: ${got.status}`)
  }
})

t.test('a content that nobody may change is asked for again without a dictionary', async t => {
  const pair = await startPair(t)
  const page = {
    content: NEW,
    coding: 'dcb',
    dictionary: '/app.1.js',
    fields: { 'Cache-Control': 'no-transform' },
  } as const
  const origin = await startOrigin(t, { '/app.1.js': { content: OLD, fields: USE }, '/app.2.js': page })
  const got = await visit(t, pair, origin)
  t.strictSame(got.all('content-encoding'), [])
  t.equal(origin.asked('/app.2.js').length, 2)
})

t.test('what one near was sent is offered for it alone, and only with the same cookies', async t => {
  const pair = await startPair(t)
  const other = await pair.addNear()
  const page = { content: NEW, coding: 'dcb', dictionary: '/app.1.js', fields: { 'Cache-Control': 'private' } } as const
  const own = { content: OLD, fields: { ...USE, 'Cache-Control': 'private, max-age=1000' } }
  const origin = await startOrigin(t, { '/app.1.js': own, '/app.2.js': page })
  const cookie = [...BROWSER, 'Cookie', 'id=1']
  await visit(t, pair, origin, '/app.2.js', cookie)
  for (const [near, fields] of [
    [pair.near, [...BROWSER, 'Cookie', 'id=2']],
    [pair.near, BROWSER],
    [other, cookie],
  ] as const) {
    await ask(near.address, `${origin.url}/app.2.js`, { fields })
  }
  const offers = origin.asked('/app.2.js').map(fields => fields['available-dictionary'])
  t.strictSame(offers, [nameOf(OLD), undefined, undefined, undefined])
})

t.test('what is for all is offered for all', async t => {
  const pair = await startPair(t)
  const other = await pair.addNear()
  const page = { content: NEW, coding: 'dcz', dictionary: '/app.1.js' } as const
  const origin = await startOrigin(t, { '/app.1.js': { content: OLD, fields: USE }, '/app.2.js': page })
  await ask(pair.near.address, `${origin.url}/app.1.js`)
  const got = await ask(other.address, `${origin.url}/app.2.js`)
  t.ok(got.body.toString() === NEW)
  t.equal(origin.asked('/app.2.js')[0]?.['available-dictionary'], nameOf(OLD))
})

t.test("the client's own dictionary goes to the origin only with what is passed on as it is", async t => {
  const pair = await startPair(t)
  const origin = await startOrigin(t, { '/app.9.js': { content: NEW } })
  const fields = ['Accept-Encoding', 'br, dcb', 'Available-Dictionary', nameOf('own'), 'Dictionary-ID', '"own"']
  await ask(pair.near.address, `${origin.url}/app.9.js`, { fields })
  await ask(pair.near.address, `${origin.url}/app.9.js`, { fields, method: 'POST', body: 'x' })
  const [read, passed] = origin.asked('/app.9.js')
  t.match(read, { 'accept-encoding': 'br' })
  t.strictSame([read?.['available-dictionary'], read?.['dictionary-id']], [undefined, undefined])
  t.match(passed, { 'accept-encoding': 'br, dcb', 'available-dictionary': nameOf('own'), 'dictionary-id': '"own"' })
})
