// Claims about the fields of an ask: how they are written, read back, bounded and refused.
import { isDeepStrictEqual } from 'node:util'
import * as fc from 'fast-check'
import t from 'tap'
import type { AskedThresholds } from '../../../shared/exchange/agree-thresholds.ts'
import { Fault } from '../../../shared/fault.ts'
import { type Ask, askFieldNames, askFields, MAX_BASES, readAsk } from '../../../shared/link/ask.ts'

const unknown = { bandwidthBytesPerSecond: undefined, roundTripMs: undefined }
const nothing: Ask = { bases: [], formats: [], speculation: 'off', link: unknown, thresholds: {} }
const base = { digest: '0011223344556677', fieldsId: '8899aabb' }
const ask: Ask = {
  bases: [base, { digest: 'ffeeddccbbaa9988', fieldsId: '00000000' }],
  formats: ['vcdiff', 'dcb'],
  speculation: 'latency',
  link: { bandwidthBytesPerSecond: 3400, roundTripMs: 210 },
  thresholds: { maxDeltaRatio: 0.5, minExpectedGainMs: 0, deltaEffort: 'auto' },
}
const written = {
  'hunch-bases': ':ABEiM0RVZneImaq7:, :/+7dzLuqmYgAAAAA:',
  'hunch-deltas': 'vcdiff, dcb',
  'hunch-speculation': 'latency',
  'hunch-link': 'bw=3400, rtt=210',
  'hunch-thresholds': 'ratio=0.5, gain=0, effort=auto',
}

t.test('an ask is written as Structured Fields, and read back', async t => {
  t.strictSame(askFields(ask), written)
  t.strictSame(readAsk(written), ask)
})

t.test('an ask for nothing costs one field, and a request without any is one', async t => {
  t.strictSame(askFields(nothing), { 'hunch-speculation': 'off' })
  t.strictSame(readAsk({}), nothing)
  t.strictSame(readAsk(askFields(nothing)), nothing)
})

t.test('near may want to be told what far weighed', async t => {
  const fields = askFields({ ...nothing, trace: true })
  t.strictSame(fields, { 'hunch-speculation': 'off', 'hunch-trace': '?1' })
  t.equal(readAsk(fields).trace, true)
  t.equal(readAsk({ ...fields, 'hunch-trace': '?0' }).trace, undefined)
})

t.test('near may say which of its spans an ask belongs to', async t => {
  const parent = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7', traceFlags: 1 }
  const fields = askFields({ ...nothing, parent })
  t.strictSame(readAsk(fields).parent, parent)
  t.equal(readAsk({ 'hunch-traceparent': '"nothing"' }).parent, undefined)
})

t.test('field lines that came apart are read as one list', async t => {
  t.strictSame(readAsk({ 'hunch-deltas': ['dcb', 'vcdiff'] }).formats, ['vcdiff', 'dcb'])
})

t.test('no more bases are written or read than can pay', async t => {
  const bases = Array.from({ length: 20 }, (_, at) => ({ ...base, fieldsId: `000000${10 + at}` }))
  const fields = askFields({ ...nothing, bases })
  t.strictSame(readAsk(fields).bases, bases.slice(0, MAX_BASES))
  const many = Array.from({ length: 20 }, () => written['hunch-bases']).join(', ')
  t.equal(readAsk({ 'hunch-bases': many }).bases.length, MAX_BASES)
})

t.test('measurements are rounded to two digits, so that what hardly changed is written the same', async t => {
  const link = (bandwidthBytesPerSecond: number, roundTripMs: number) =>
    askFields({ ...nothing, link: { bandwidthBytesPerSecond, roundTripMs } })[askFieldNames.link]
  t.equal(link(123_456, 698.4), 'bw=120000, rtt=700')
  t.equal(link(118_000, 703), 'bw=120000, rtt=700')
  t.equal(link(5.04, 0.314), 'bw=5, rtt=0.31')
  t.equal(link(1, 0.001234), 'bw=1, rtt=0.001')
})

t.test('thresholds that nothing can have are as if they had not been said', async t => {
  const said = { 'hunch-thresholds': 'ratio=1.5, gain=-1, effort=9, waste="much", min=512, later=1' }
  t.strictSame(readAsk(said).thresholds, { minBaseBytes: 512 })
})

t.test('measurements that a field cannot hold are left out, so that far can read the rest', async t => {
  for (const value of [0, -1, 0.0004, 1e12, 1e20, Number.NaN, Number.POSITIVE_INFINITY]) {
    const fields = askFields({ ...nothing, link: { bandwidthBytesPerSecond: value, roundTripMs: 20 } })
    t.equal(fields[askFieldNames.link], 'rtt=20', `${value}`)
  }
})

t.test('what a later version may say is passed over', async t => {
  t.strictSame(readAsk({ 'hunch-deltas': 'zstd-patch, dcb;level=5, (a b), 7' }).formats, ['dcb'])
  t.equal(readAsk({ 'hunch-speculation': 'eager;by=2' }).speculation, 'off')
  t.strictSame(readAsk({ 'hunch-link': 'loss=0.01, rtt=20;q=1, bw' }).link, { ...unknown, roundTripMs: 20 })
  t.strictSame(readAsk({ 'hunch-link': 'rtt=-5, bw="fast"' }).link, unknown)
  t.strictSame(readAsk({ 'hunch-other': '???' }), nothing)
})

t.test('a field that is no Structured Field, or a base that is none, is a malformed request', async t => {
  const bad: Record<string, string>[] = [
    { 'hunch-bases': ':ABEiM0RVZneImaq7:,' },
    { 'hunch-bases': ':ABEiM0RVZneImaq7' },
    { 'hunch-bases': ':AB*iM0RVZneImaq7:' },
    { 'hunch-bases': ':ABEiM0RVZneImao=:' },
    { 'hunch-bases': 'ABEiM0RVZneImaq7' },
    { 'hunch-bases': '()' },
    { 'hunch-deltas': 'dcb,,vcdiff' },
    { 'hunch-deltas': 'dcb;' },
    { 'hunch-speculation': '' },
    { 'hunch-speculation': 'latency, off' },
    { 'hunch-link': 'rtt=20.' },
    { 'hunch-link': 'rtt=' },
    { 'hunch-link': 'RTT=20' },
  ]
  for (const fields of bad) {
    const message = /^A field of the ask is malformed/
    t.throws(() => readAsk(fields), { code: 'CLIENT_BAD_REQUEST', message }, JSON.stringify(fields))
  }
})

t.test('a fault repeats no more than the beginning of what was sent', async t => {
  try {
    readAsk({ 'hunch-bases': `*${'"'.repeat(100_000)}` })
    t.fail('accepted')
  } catch (error) {
    t.ok(error instanceof Fault && error.message.length < 200)
  }
})

t.test('with each character cut off, flipped or left out there comes an ask, or CLIENT_BAD_REQUEST', async t => {
  for (const [name, value] of Object.entries(written)) {
    for (let at = 0; at <= value.length; at++) {
      const flips = Array.from({ length: 7 }, (_, bit) => {
        return value.slice(0, at) + String.fromCharCode(value.charCodeAt(at) ^ (1 << bit)) + value.slice(at + 1)
      })
      for (const text of [value.slice(0, at), value.slice(0, at) + value.slice(at + 1), ...flips]) {
        readSafely({ [name]: text })
      }
    }
  }
  t.pass('nothing else')
})

t.test('whatever the fields hold there comes a bounded ask, or CLIENT_BAD_REQUEST', async t => {
  const any = fc.record(
    Object.fromEntries(Object.values(askFieldNames).map(name => [name, fc.oneof(fc.string(), structured())])),
    { requiredKeys: [] },
  )
  fc.assert(fc.property(any, readSafely), { numRuns: 1000 })
  t.pass('nothing else')
})

t.test('whatever ask is written is read back, up to the digits that are kept', async t => {
  const hex = (bytes: number) =>
    fc.uint8Array({ minLength: bytes, maxLength: bytes }).map(each => Buffer.from(each).toString('hex'))
  const measure = fc.option(
    fc
      .double({ min: 0.001, max: 9e11, noNaN: true })
      .map(each => Math.round(Number(each.toPrecision(2)) * 1000) / 1000),
    { nil: undefined },
  )
  const any: fc.Arbitrary<Ask> = fc.record({
    bases: fc.array(fc.record({ digest: hex(8), fieldsId: hex(4) }), { maxLength: MAX_BASES }),
    formats: fc.subarray(['vcdiff' as const, 'dcb' as const]),
    speculation: fc.constantFrom('latency', 'balanced', 'off'),
    link: fc.record({ bandwidthBytesPerSecond: measure, roundTripMs: measure }),
    thresholds: fc.record(
      {
        minBaseBytes: fc.nat(1024 ** 3),
        maxBaseBytes: fc.integer({ min: 1024, max: 1024 ** 3 }),
        maxDeltaRatio: fc.integer({ min: 0, max: 1000 }).map(each => each / 1000),
        minExpectedGainMs: fc.nat(60_000),
        maxWastePercent: fc.integer({ min: 0, max: 1000 }).map(each => each / 10),
        deltaEffort: fc.constantFrom('auto', 1, 5),
      },
      { requiredKeys: [], noNullPrototype: true },
    ) as fc.Arbitrary<AskedThresholds>,
  })
  fc.assert(
    fc.property(any, each => isDeepStrictEqual(readAsk(askFields(each)), plain(each))),
    { numRuns: 200 },
  )
  t.pass('read back')
})

function readSafely(fields: Readonly<Record<string, string | undefined>>): void {
  try {
    const { bases, formats, speculation, link } = readAsk(fields)
    const isGood =
      bases.length <= MAX_BASES &&
      bases.every(each => /^[0-9a-f]{16}$/.test(each.digest) && /^[0-9a-f]{8}$/.test(each.fieldsId)) &&
      formats.every(format => ['vcdiff', 'dcb'].includes(format)) &&
      ['latency', 'balanced', 'off'].includes(speculation) &&
      Object.values(link).every(value => value === undefined || (Number.isFinite(value) && value >= 0))
    if (!isGood) throw new Error(`not an ask: ${JSON.stringify(fields)}`)
  } catch (error) {
    if (!(error instanceof Fault && error.code === 'CLIENT_BAD_REQUEST')) throw error
  }
}

/** The same with the prototypes that objects usually have: fast-check gives records none. */
function plain(each: Ask): Ask {
  return { ...each, bases: each.bases.map(one => ({ ...one })), link: { ...each.link } }
}

/** Text of the characters that Structured Fields are made of. */
function structured(): fc.Arbitrary<string> {
  return fc.string({ unit: fc.constantFrom(...Array.from('abw=rt,;:"()?0129.-AB* \\')), maxLength: 40 })
}
