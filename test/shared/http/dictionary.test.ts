// Claims about dictionaries towards origins (RFC 9842): who may be one, for whom, what is said.
import t from 'tap'
import {
  chooseDictionary,
  dictionaryHeader,
  dictionaryTerms,
  planDictionaryUse,
  withDictionary,
  withoutDictionary,
} from '../../../shared/http/dictionary.ts'
import type { FieldList } from '../../../shared/http/fields.ts'
import type { Scope, Version } from '../../../shared/version.ts'
import { get, makeVersion, NOW, ok } from '../sample-version.ts'

const URL_OLD = 'https://site.example/js/app.1.js'
const URL_NEW = 'https://site.example/js/app.2.js'
const DAY: FieldList = [['Cache-Control', 'max-age=86400']]

const use = (value: string): FieldList => [...DAY, ['Use-As-Dictionary', value]]
const termsOf = (value: string, request: FieldList = [], url = URL_OLD) =>
  dictionaryTerms(get(request, url), ok(use(value)), NOW)

interface Sample {
  readonly url?: string
  readonly scope?: Scope
  readonly request?: FieldList
  readonly content?: string | Uint8Array
}

/** A version that is a dictionary on these terms. */
function dictionary(value: string, { url = URL_OLD, scope = 'public', request = [], content }: Sample = {}): Version {
  const terms = termsOf(value, request, url)
  if (!terms) throw new Error(`no terms: ${value}`)
  const version = makeVersion({ url, scope, fields: use(value), content: content ?? value })
  return { ...version, dictionary: terms }
}

const choose = (candidates: readonly Version[], url = URL_NEW, fields: FieldList = [], now = NOW) =>
  chooseDictionary(get(fields, url), candidates, now)

t.test('a response is a dictionary on the terms that its field tells', async t => {
  t.match(termsOf('match="/js/app.*.js", match-dest=("script" ""), id="one", type=raw'), {
    match: '/js/app.*.js',
    destinations: ['script', ''],
    id: 'one',
    freshUntil: NOW + 86_400_000,
  })
  t.match(termsOf('match="/*"'), { destinations: [], id: '' })
})

t.test('terms that cannot be met in full are none', async t => {
  const bad = ['', 'id="x"', 'match=/js', 'match=("/js")', 'match="/*", type=zucchini', 'match="/*", type="raw"']
  const worse = [
    'match="/*", match-dest="script"',
    'match="/*", match-dest=(script)',
    'match="/*", id=one',
    'match="',
    '"',
  ]
  const patterns = ['match="/(\\\\d+)"', 'match="/:x([a-z])"', 'match="https://other example/"', 'match="/("']
  for (const value of [...bad, ...worse, ...patterns, `match="/*", id="${'x'.repeat(1025)}"`]) {
    t.equal(termsOf(value), undefined, value.slice(0, 60))
  }
  t.ok(termsOf(`match="/*", id="${'x'.repeat(1024)}"`))
})

t.test('only what is fresh for a while, a 200 and came by https is a dictionary', async t => {
  const terms = (fields: FieldList, status = 200, url = URL_OLD) =>
    dictionaryTerms(get([], url), { status, fields: [...fields, ['Use-As-Dictionary', 'match="/*"']] }, NOW)
  t.ok(terms(DAY))
  t.ok(terms([['Cache-Control', 'private, max-age=60']]), 'far keeps it for the one who asked')
  t.notOk(terms([]))
  t.notOk(terms([['Cache-Control', 'max-age=60, no-cache']]))
  t.notOk(
    terms([
      ['Cache-Control', 'max-age=60'],
      ['Age', '60'],
    ]),
  )
  t.notOk(terms(DAY, 404))
  t.notOk(terms(DAY, 200, 'http://site.example/js/app.1.js'))
})

t.test('a dictionary serves the URLs that its pattern means, relative to its own', async t => {
  const matches = (match: string, url: string) => choose([dictionary(`match="${match}"`)], url) !== undefined
  t.ok(matches('/js/app.*.js', URL_NEW))
  t.ok(matches('app.*.js', URL_NEW), 'relative to the folder of the dictionary')
  t.ok(matches('/js/:name.js', 'https://site.example/js/lib.js'))
  t.notOk(matches('/js/app.*.js', 'https://site.example/js/lib.js'))
  t.notOk(matches('/js/app.*.js', 'https://site.example:8443/js/app.2.js'))
  t.notOk(matches('https://other.example/js/*', URL_NEW))
})

t.test('a dictionary is used until it is stale, and not on http', async t => {
  const candidate = dictionary('match="/js/*"')
  t.equal(choose([candidate], URL_NEW, [], NOW + 86_399_999), candidate)
  t.equal(choose([candidate], URL_NEW, [], NOW + 86_400_000), undefined)
  t.equal(choose([candidate], URL_NEW.replace('https', 'http')), undefined)
  t.equal(choose([makeVersion({ url: URL_OLD })]), undefined, 'one without terms')
  t.equal(choose([dictionary('match="/js/*"', { content: '' })]), undefined, 'nothing is no dictionary')
})

t.test('a dictionary for destinations serves only those, and before all others', async t => {
  const all = dictionary('match="/js/app.2.js"')
  const scripts = dictionary('match="/*", match-dest=("script")')
  const nameless = dictionary('match="/j*", match-dest=("")')
  const candidates = [all, scripts, nameless]
  t.equal(choose(candidates), all, 'a client that does not say what for')
  t.equal(choose(candidates, URL_NEW, [['Sec-Fetch-Dest', 'script']]), scripts)
  t.equal(choose(candidates, URL_NEW, [['Sec-Fetch-Dest', 'empty']]), nameless)
  t.equal(choose(candidates, URL_NEW, [['Sec-Fetch-Dest', 'style']]), all)
})

t.test('of several the longest pattern is taken, then the newest', async t => {
  const short = dictionary('match="/js/*", id="0"')
  const newer = dictionary('match="/js/app.*", id="1"')
  const older = dictionary('match="/js/app.*", id="2"')
  t.equal(choose([short, newer, older]), newer)
})

t.test('what is not public goes only with the cookies and credentials with which it came', async t => {
  const mine: FieldList = [
    ['Cookie', 'id=1'],
    ['Authorization', 'Basic YTpi'],
  ]
  const candidate = dictionary('match="/js/*"', { scope: 'private:near', request: mine })
  t.equal(choose([candidate], URL_NEW, mine), candidate)
  for (const fields of [
    [],
    [['Cookie', 'id=2']],
    [['Cookie', 'id=1']],
    [['Cookie', 'id=1; new=1'], ...mine.slice(1)],
  ]) {
    t.equal(choose([candidate], URL_NEW, fields as FieldList), undefined)
  }
  const shared = dictionary('match="/js/*"', { request: mine })
  t.equal(choose([shared]), shared, 'what is public tells of nobody')
  t.notMatch(JSON.stringify(candidate.dictionary), /id=1|YTpi/)
})

t.test('where a site is embedded in another there are no dictionaries', async t => {
  const cases: readonly (readonly [boolean, string, string, string])[] = [
    [true, 'none', 'navigate', 'document'],
    [true, 'same-origin', 'no-cors', 'script'],
    [true, 'cross-site', 'navigate', 'document'],
    [true, 'same-site', 'cors', 'font'],
    [false, 'same-site', 'no-cors', 'script'],
    [false, 'cross-site', 'cors', 'script'],
    [false, 'cross-site', 'no-cors', 'image'],
    [false, 'cross-site', 'navigate', 'iframe'],
  ]
  const candidate = dictionary('match="/*"')
  for (const [may, site, mode, dest] of cases) {
    const fields: FieldList = [
      ['Sec-Fetch-Site', site],
      ['Sec-Fetch-Mode', mode],
      ['Sec-Fetch-Dest', dest],
    ]
    t.equal(choose([candidate], URL_NEW, fields) !== undefined, may, `${site} ${mode} ${dest} is sent with one`)
    t.equal(termsOf('match="/*"', fields) !== undefined, may, `${site} ${mode} ${dest} makes one`)
  }
})

t.test('a request says which dictionary it has, in the place of what the client said', async t => {
  const candidate = dictionary('match="/js/*", id="d 1"')
  const fields: FieldList = [
    ['Accept', '*/*'],
    ['Available-Dictionary', ':AAAA:'],
    ['Accept-Encoding', 'br, zstd'],
    ['dictionary-id', '"own"'],
    ['Cookie', 'a=1'],
  ]
  t.strictSame(withDictionary(fields, candidate), [
    ['Accept', '*/*'],
    ['Accept-Encoding', 'br, zstd, dcb, dcz'],
    ['Cookie', 'a=1'],
    ['Available-Dictionary', `:${Buffer.from(candidate.digest, 'hex').toString('base64')}:`],
    ['Dictionary-ID', '"d 1"'],
  ])
  t.strictSame(
    withoutDictionary(fields).map(([name]) => name),
    ['Accept', 'Accept-Encoding', 'Cookie'],
  )
  const [accepted, ...more] = withDictionary([], dictionary('match="/js/*"'))
  t.strictSame(accepted, ['Accept-Encoding', 'dcb, dcz'])
  t.equal(more.length, 1, 'no identifier where there is none')
})

t.test('what looks like a dictionary of Zstandard is none for dcz, which means raw bytes', async t => {
  const odd = dictionary('match="/js/*"', { content: Buffer.from('37a430ec00', 'hex') })
  t.strictSame(withDictionary([], odd)[0], ['Accept-Encoding', 'dcb'])
})

t.test(
  'a content with one coding of a dictionary is read; with more, or where it must stay as it is, it is useless',
  async t => {
    const plan = (fields: FieldList, mayTransform = true, status = 200) =>
      planDictionaryUse({ status, fields }, mayTransform)
    t.strictSame(plan([['Content-Encoding', 'DCB']]), { kind: 'coded', coding: 'dcb' })
    t.strictSame(plan([['Content-Encoding', 'dcz']], true, 404), { kind: 'coded', coding: 'dcz' })
    for (const value of ['', 'br', 'gzip, br']) t.strictSame(plan([['Content-Encoding', value]]), { kind: 'none' })
    t.strictSame(plan([]), { kind: 'none' })
    t.strictSame(plan([['Content-Encoding', 'dcb']], true, 304), { kind: 'none' })
    t.strictSame(plan([['Content-Encoding', 'dcb, gzip']]), { kind: 'useless' })
    t.strictSame(plan([['Content-Encoding', 'dcb']], false), { kind: 'useless' })
  },
)

t.test('the headers of dcb and dcz are those of RFC 9842', async t => {
  const digest = 'ab'.repeat(32)
  t.equal(Buffer.from(dictionaryHeader('dcb', digest)).toString('hex'), `ff444342${digest}`)
  t.equal(Buffer.from(dictionaryHeader('dcz', digest)).toString('hex'), `5e2a4d1820000000${digest}`)
})
