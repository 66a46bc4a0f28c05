// Claims about what is written down of a version.
import * as fc from 'fast-check'
import t from 'tap'
import {
  invalidateRecord,
  nameByOrigin,
  nameByUrl,
  namesOf,
  readRecord,
  toRecord,
  toVersion,
  writeRecord,
} from '../../../shared/store/record.ts'
import { get, makeVersion, NOW } from '../sample-version.ts'

const fields = [
  ['Cache-Control', 'max-age=60'],
  ['ETag', '"é"'],
] as const

t.test('a version that is written down and read again is the same', async t => {
  for (const wholeBytes of [undefined, 7]) {
    const version = makeVersion({ fields, scope: 'private:a', ...(wholeBytes === undefined ? {} : { wholeBytes }) })
    const { text, seal } = writeRecord(toRecord(version))
    const read = toVersion(readRecord(text, seal)!, version.content)
    t.strictSame({ ...read, freshness: read.freshness.facts }, { ...version, freshness: version.freshness.facts })
    t.strictSame(read.freshness.reuse(get(), NOW), { kind: 'fresh' })
  }
})

t.test('a record is not believed with any byte changed', async t => {
  const { text, seal } = writeRecord(toRecord(makeVersion({ fields })))
  fc.assert(
    fc.property(fc.nat(text.length - 1), fc.constantFrom('a', '1', '"', 'é'), (at, char) => {
      const changed = text.slice(0, at) + char + text.slice(at + 1)
      return (readRecord(changed, seal) === undefined) === (changed !== text)
    }),
  )
  t.equal(readRecord(text, seal.subarray(1)), undefined)
})

t.test('names tell scopes, URLs, origins and variants apart', async t => {
  const names = (sample: Parameters<typeof makeVersion>[0]) => namesOf(toRecord(makeVersion(sample)))
  const one = names({})
  t.strictSame(names({ fields }), one, 'fields aside')
  t.notSame(names({ scope: 'private:a' }).byUrl, one.byUrl)
  t.notSame(names({ scope: 'private:a' }).byOrigin, one.byOrigin)
  t.notSame(names({ content: 'other' }).key, one.key)
  t.same(names({ url: 'http://site.example/b' }).byOrigin, one.byOrigin)
  t.notSame(names({ fields: [['Vary', 'a']], request: get([['a', '1']]) }).key, one.key)
  t.same(nameByUrl('http://site.example/a', 'public'), one.byUrl)
  t.same(nameByOrigin('http://site.example/x?y', 'public'), one.byOrigin)
})

t.test('what is invalidated answers no more', async t => {
  const version = makeVersion({ fields })
  const read = toVersion(invalidateRecord(toRecord(version)), version.content)
  t.notOk(read.freshness.answers(get(), NOW))
})
