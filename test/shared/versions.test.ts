// Claims about the versions that one proxy holds, by script and against a model without an index.
import * as fc from 'fast-check'
import t from 'tap'
import type { Scope, Version } from '../../shared/version.ts'
import { shorten } from '../../shared/version.ts'
import { Versions } from '../../shared/versions.ts'
import { makeVersion, NOW } from './sample-version.ts'

const roomy = { maxBytes: 1_000_000, maxVersionsPerUrl: 4 }
const everyone: readonly Scope[] = ['public']

t.test('several versions of one URL are given newest first', async t => {
  const versions = new Versions(roomy)
  const added = ['one', 'two', 'three'].map(content => makeVersion({ content }))
  for (const version of added) versions.add(version)
  t.strictSame(versions.of(added[0]!.url, everyone), added.toReversed())
})

t.test('what was added last is newest, also after the clock was set back', async t => {
  const versions = new Versions(roomy)
  const early = makeVersion({ content: 'one', storedAt: NOW })
  const late = makeVersion({ content: 'two', storedAt: NOW - 3_600_000, scope: 'private:a' })
  versions.add(early)
  versions.add(late)
  t.strictSame(versions.of(early.url, ['public', 'private:a']), [late, early])
})

t.test('the same content again moves to the front with its new fields, and is held once', async t => {
  const versions = new Versions(roomy)
  const one = makeVersion({ content: 'one', fields: [['ETag', '"1"']] })
  const two = makeVersion({ content: 'two' })
  const again = makeVersion({ content: 'one', fields: [['ETag', '"2"']] })
  for (const version of [one, two, again]) versions.add(version)
  t.strictSame(versions.of(one.url, everyone), [again, two])
  t.equal(versions.count, 2)
  t.equal(versions.find(shorten(one.digest), everyone), again)
})

t.test('beyond the limit the oldest of that URL and scope goes, and no other', async t => {
  const versions = new Versions({ ...roomy, maxVersionsPerUrl: 2 })
  const other = makeVersion({ content: 'other', url: 'http://site.example/b' })
  const own = makeVersion({ content: 'own', scope: 'private:a' })
  const [one, two, three] = ['one', 'two', 'three'].map(content => makeVersion({ content }))
  for (const version of [other, own, one!, two!, three!]) versions.add(version)
  t.strictSame(versions.of(one!.url, everyone), [three, two])
  t.equal(versions.find(shorten(one!.digest), everyone), undefined)
  t.strictSame(versions.of(own.url, ['private:a']), [own])
  t.strictSame(versions.of(other.url, everyone), [other])
})

t.test('a scope that is not asked for is never given, by whatever way', async t => {
  const versions = new Versions(roomy)
  const secret = makeVersion({ content: 'secret', scope: 'private:a' })
  versions.add(secret)
  for (const scopes of [[], ['public'], ['private:b'], ['public', 'private:'], ['private:a ']] as Scope[][]) {
    t.strictSame(versions.of(secret.url, scopes), [])
    t.equal(versions.find(shorten(secret.digest), scopes), undefined)
    t.equal(versions.exactly(secret.digest, scopes), undefined)
    versions.drop(secret.url, scopes)
  }
  t.equal(versions.exactly(secret.digest, ['private:a']), secret)
})

t.test('the same content in two scopes is two versions, each found in its own', async t => {
  const versions = new Versions(roomy)
  const open = makeVersion({ content: 'same' })
  const own = makeVersion({ content: 'same', scope: 'private:a' })
  versions.add(own)
  versions.add(open)
  t.equal(versions.find(shorten(open.digest), everyone), open)
  t.equal(versions.find(shorten(own.digest), ['private:a']), own)
})

t.test('a digest finds the newest version that has it, of whatever URL', async t => {
  const versions = new Versions(roomy)
  const one = makeVersion({ content: 'same', url: 'http://site.example/?1' })
  const two = makeVersion({ content: 'same', url: 'http://site.example/?2' })
  versions.add(one)
  versions.add(two)
  t.equal(versions.find(shorten(one.digest), everyone), two)
  versions.add(one)
  t.equal(versions.find(shorten(one.digest), everyone), one)
})

t.test('where short digests collide, the whole digest still finds its own', async t => {
  const versions = new Versions(roomy)
  const one = makeVersion({ content: 'one' })
  const twin: Version = { ...makeVersion({ content: 'two' }), digest: `${shorten(one.digest)}${'0'.repeat(48)}` }
  versions.add(one)
  versions.add(twin)
  t.equal(versions.exactly(one.digest, everyone), one)
  t.equal(versions.exactly(twin.digest, everyone), twin)
  t.equal(versions.exactly(`${shorten(one.digest)}${'1'.repeat(48)}`, everyone), undefined)
  versions.drop(one.url, everyone)
  t.equal(versions.find(shorten(one.digest), everyone), undefined)
})

t.test(
  'the versions of an origin are given newest first, whatever their URL, never those of another scope',
  async t => {
    const versions = new Versions(roomy)
    const [one, two] = ['a', 'b?q'].map(path => makeVersion({ content: path, url: `http://site.example/${path}` }))
    const own = makeVersion({ content: 'own', url: 'http://site.example/c', scope: 'private:a' })
    const elsewhere = ['http://site.example:81/', 'https://site.example/', 'http://site.example.org/'].map(url =>
      makeVersion({ url }),
    )
    for (const version of [one!, own, two!, ...elsewhere]) versions.add(version)
    t.strictSame(versions.ofOrigin('http://site.example/new', everyone), [two, one])
    t.strictSame(versions.ofOrigin('http://site.example/new', ['public', 'private:a']), [two, own, one])
    t.strictSame(versions.ofOrigin('http://site.example/new', ['private:b']), [])
    versions.drop(one!.url, everyone)
    versions.drop(two!.url, everyone)
    t.strictSame(versions.ofOrigin('http://site.example/new', everyone), [])
  },
)

t.test('the dictionaries of an origin are found in the scopes of who asks, while they are dictionaries', async t => {
  const versions = new Versions(roomy)
  const dictionary = { match: '/*', destinations: [], id: '', freshUntil: 0, credentials: '' }
  const [one, two] = ['one', 'two'].map(content => ({ ...makeVersion({ content }), dictionary }))
  const own = { ...makeVersion({ content: 'own', scope: 'private:a' }), dictionary }
  const plain = makeVersion({ content: 'plain' })
  const elsewhere = { ...makeVersion({ url: 'http://other.example/' }), dictionary }
  for (const version of [one!, two!, own, plain, elsewhere]) versions.add(version)
  t.strictSame(versions.dictionariesOf('http://site.example/new', ['public']), [two, one])
  t.strictSame(versions.dictionariesOf('http://site.example/new', ['public', 'private:a']), [own, two, one])
  versions.add(makeVersion({ content: 'two' }))
  t.strictSame(versions.dictionariesOf('http://site.example/new', ['public']), [one], 'its terms were taken back')
  versions.drop(one!.url, ['public'])
  t.strictSame(versions.dictionariesOf('http://site.example/new', ['public']), [])
})

t.test('what is dropped is gone, the rest stays', async t => {
  const versions = new Versions(roomy)
  const kept = makeVersion({ content: 'kept', url: 'http://site.example/b' })
  const gone = [makeVersion({ content: 'one' }), makeVersion({ content: 'two' })]
  for (const version of [...gone, kept]) versions.add(version)
  versions.drop(gone[0]!.url, everyone)
  t.strictSame(versions.of(gone[0]!.url, everyone), [])
  t.equal(versions.count, 1)
  t.equal(versions.exactly(kept.digest, everyone), kept)
})

t.test('the budget holds: what was longest not used goes first', async t => {
  const versions = new Versions({ maxBytes: 30_000, maxVersionsPerUrl: 4 })
  const urls = ['a', 'b', 'c'].map(path => `http://site.example/${path}`)
  const [a, b, c] = urls.map(url => makeVersion({ url, content: url.padEnd(10_000) }))
  versions.add(a!)
  versions.add(b!)
  versions.of(a!.url, everyone)
  versions.add(c!)
  t.strictSame(versions.of(b!.url, everyone), [])
  t.strictSame(versions.of(a!.url, everyone), [a])
  t.ok(versions.sizeBytes <= 30_000)
})

t.test('large fields count as much as content', async t => {
  const versions = new Versions({ maxBytes: 100_000, maxVersionsPerUrl: 64 })
  for (let i = 0; i < 20; i++) versions.add(makeVersion({ content: `${i}`, fields: [['x', 'y'.repeat(20_000)]] }))
  t.equal(versions.count, 4)
})

t.test('what is larger than the whole budget is not kept, and displaces nothing but its former self', async t => {
  const versions = new Versions({ maxBytes: 10_000, maxVersionsPerUrl: 4 })
  const small = makeVersion({ content: 'small' })
  versions.add(small)
  versions.add(makeVersion({ content: 'x'.repeat(10_000), url: 'http://site.example/b' }))
  t.strictSame(versions.of(small.url, everyone), [small])
  versions.add(makeVersion({ content: 'small', fields: [['x', 'y'.repeat(10_000)]] }))
  t.strictSame([versions.count, versions.sizeBytes], [0, 0])
})

t.test('whatever is added and dropped, what is given is what a plain list would give', async t => {
  const maxVersionsPerUrl = 3
  const urls = ['http://a/', 'http://a/?q', 'http://b/']
  const scopes: readonly Scope[] = ['public', 'private:1', 'private:2']
  const step = fc.record({
    kind: fc.constantFrom('add', 'add', 'add', 'drop'),
    url: fc.constantFrom(...urls),
    scope: fc.constantFrom(...scopes),
    content: fc.constantFrom('1', '2', '3', '4', '5'),
    asked: fc.subarray([...scopes]),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), steps => {
      const versions = new Versions({ maxBytes: 1_000_000, maxVersionsPerUrl })
      let model: Version[] = []
      for (const { kind, url, scope, content, asked } of steps) {
        if (kind === 'add') {
          const version = makeVersion({ url, scope, content })
          versions.add(version)
          const isSame = (each: Version) => each.url === url && each.scope === scope
          const others = model.filter(each => !(isSame(each) && each.digest === version.digest))
          const old = others.filter(isSame).slice(maxVersionsPerUrl - 1)
          model = [version, ...others.filter(each => !old.includes(each))]
        } else {
          versions.drop(url, asked)
          model = model.filter(each => each.url !== url || !asked.includes(each.scope))
        }
        const visible = model.filter(each => asked.includes(each.scope))
        const expected = visible.filter(each => each.url === url)
        const given = versions.of(url, asked)
        if (given.length !== expected.length || given.some((each, at) => each !== expected[at])) return false
        const { digest } = makeVersion({ content })
        const found = visible.find(each => each.digest === digest)
        if (versions.find(shorten(digest), asked) !== found || versions.exactly(digest, asked) !== found) return false
        if (versions.count !== model.length) return false
      }
      return true
    }),
  )
  t.pass('the model agrees')
})

t.test('while the budget makes room, lists and cache stay one: everything listed is held and within it', async t => {
  const urls = ['http://a/', 'http://b/', 'http://c/']
  const maxBytes = 20_000
  const step = fc.record({
    url: fc.constantFrom(...urls),
    content: fc.integer({ min: 0, max: 30 }),
    length: fc.integer({ min: 0, max: 15_000 }),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), steps => {
      const versions = new Versions({ maxBytes, maxVersionsPerUrl: 3 })
      for (const { url, content, length } of steps) {
        versions.add(makeVersion({ url, content: String(content).padEnd(length, 'x') }))
        const all = urls.flatMap(each => versions.of(each, everyone))
        if (all.length !== versions.count || versions.sizeBytes > maxBytes) return false
        if (all.some(each => versions.exactly(each.digest, everyone)?.digest !== each.digest)) return false
      }
      return true
    }),
    { numRuns: 60 },
  )
  t.pass('they stay one')
})

t.test('the same content is held once for each variant', async t => {
  const versions = new Versions(roomy)
  const held = ['de', 'en'].map(language => {
    const request = { method: 'GET', url: 'http://site.example/a', fields: [['Accept-Language', language] as const] }
    return makeVersion({ request, fields: [['Vary', 'Accept-Language']] })
  })
  for (const version of [...held, ...held]) versions.add(version)
  t.strictSame(versions.of(held[0]!.url, everyone), held.toReversed())
})

t.test('what is invalidated stays, in its order, and answers no more', async t => {
  const versions = new Versions(roomy)
  const fields = [['Cache-Control', 'max-age=60']] as const
  const [one, two] = ['one', 'two'].map(content => makeVersion({ content, fields }))
  const own = makeVersion({ scope: 'private:a', fields })
  for (const version of [one!, two!, own]) versions.add(version)
  versions.invalidate(one!.url, everyone)
  const request = { method: 'GET', url: one!.url, fields: [] }
  const held = versions.of(one!.url, everyone)
  t.strictSame(
    held.map(({ digest }) => digest),
    [two!.digest, one!.digest],
  )
  t.notOk(held.some(({ freshness }) => freshness.answers(request, NOW)))
  t.ok(versions.of(own.url, ['private:a'])[0]?.freshness.answers(request, NOW))
})

t.test('what is forgotten is gone alone, and after clearing nothing is left', async t => {
  const versions = new Versions(roomy)
  const [one, two] = ['one', 'two'].map(content => makeVersion({ content }))
  for (const version of [one!, two!]) versions.add(version)
  t.ok(versions.holds(one!))
  t.notOk(versions.holds({ ...one! }), 'another with the same content is another')
  versions.forget(one!)
  t.notOk(versions.holds(one!))
  t.strictSame(versions.of(one!.url, everyone), [two])
  versions.clear()
  t.strictSame([versions.of(one!.url, everyone), versions.count, versions.sizeBytes], [[], 0, 0])
  t.equal(versions.find(shorten(two!.digest), everyone), undefined)
  versions.add(one!)
  t.strictSame(versions.ofOrigin(one!.url, everyone), [one])
})
