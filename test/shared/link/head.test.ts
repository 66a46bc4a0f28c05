// Claims about response heads on the link: what they cost, what they carry unchanged, what is refused.
import { deflateRawSync } from 'node:zlib'
import * as fc from 'fast-check'
import t from 'tap'
import { Fault } from '../../../shared/fault.ts'
import type { FieldList } from '../../../shared/http/fields.ts'
import {
  decodeHead,
  decodeTrailers,
  encodeHead,
  encodeTrailers,
  fieldsId,
  fieldsText,
  type Head,
} from '../../../shared/link/head.ts'
import { headDictionary } from '../../../shared/link/head-dictionary.ts'
import { MAX_HELD_BYTES } from '../../../shared/link/parts.ts'

const fields: FieldList = [
  ['Date', 'Mon, 23 Nov 2026 18:54:13 GMT'],
  ['Content-Type', 'text/html; charset=utf-8'],
  ['ETag', '"5e1f-64a3b2c1d0e9f"'],
  ['Cache-Control', 'private, max-age=0, must-revalidate'],
  ['Set-Cookie', 'session=8f14e45fceea167a5a36dedd4bea2543; Path=/; HttpOnly'],
  ['Set-Cookie', 'seen=1; Path=/'],
  ['X-Request-Id', '6f1ed002-ab5f-4a3c-8d3c-5d2e4f5a6b7c'],
  ['Content-Security-Policy', "default-src 'self'; img-src * data:; report-uri https://r.site.example/csp/6f1ed002"],
  ['Via', '1.1 hunch-far'],
]
const aged: FieldList = fields.map(([name, value]) => {
  return [name, name === 'Date' ? 'Mon, 23 Nov 2026 18:59:41 GMT' : value]
})
const head: Head = { status: 200, fields: aged, facts: { originWaitMs: 120, wholeBytes: 9_000, keep: 1 } }
const noBase = () => undefined
const known = (id: string) => (id === fieldsId(fields) ? fields : undefined)

t.test('what far weighed comes with the head that was asked to tell it', async t => {
  const told = { ...head, plan: { word: 'common', share: 0.02 } }
  t.strictSame(decodeHead(encodeHead(told, undefined), noBase), told)
  t.equal(decodeHead(encodeHead(head, undefined), noBase).plan, undefined)
})

t.test('a head is decoded as it was encoded: order, case, repeated names, facts', async t => {
  t.strictSame(decodeHead(encodeHead(head, undefined), noBase), head)
  t.strictSame(decodeHead(encodeHead(head, fields), known), head)
  const bare: Head = { status: 204, fields: [], facts: {} }
  t.strictSame(decodeHead(encodeHead(bare, undefined), noBase), bare)
  const full: Head = {
    ...head,
    facts: { originWaitMs: 0, wholeBytes: 2 ** 40, deltaBytes: 1, contentLength: 7, keep: 1 },
  }
  t.strictSame(decodeHead(encodeHead(full, fields), known), full)
})

t.test(
  'a head that hardly changed costs few bytes against a base, and a common one few against the dictionary',
  async t => {
    const plain = Buffer.byteLength(fieldsText(aged))
    const alone = encodeHead(head, undefined).length
    const based = encodeHead(head, fields).length
    const same = encodeHead({ ...head, fields }, fields).length
    t.comment(`text ${plain}, alone ${alone}, with a base ${based}, unchanged ${same} bytes`)
    t.ok(alone < plain * 0.6, `${alone} of ${plain}`)
    t.ok(based <= 36, `${based}`)
    t.ok(same <= 28, `${same}`)
    const common: FieldList = [
      ['Content-Type', 'text/html; charset=utf-8'],
      ['Cache-Control', 'no-cache'],
      ['Server', 'nginx'],
    ].map(([name, value]) => [name!.toLowerCase(), value!])
    t.ok(encodeHead({ status: 200, fields: common, facts: {} }, undefined).length < 40)
  },
)

t.test('values of Latin-1 survive byte by byte, and UTF-8 that came as such bytes does', async t => {
  const every = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).join('')
  const allowed = every.replaceAll(/[^\t\u0020-\u007e\u0080-\u00ff]/g, '')
  const utf8 = Buffer.from('naïve ünïcödé — 日本').toString('latin1')
  const odd: FieldList = [
    ['X-All', `a${allowed}z`],
    ['X-Utf8', utf8],
    ['X-Colons', ': a: b:'],
    ['X-Empty', ''],
  ]
  t.strictSame(decodeHead(encodeHead({ ...head, fields: odd }, fields), known).fields, odd)
  t.strictSame(
    decodeHead(encodeHead({ ...head, fields: aged }, odd), id => (id === fieldsId(odd) ? odd : undefined)),
    head,
  )
})

t.test('a base that near has not, or other fields in its place, are refused', async t => {
  const bytes = encodeHead(head, fields)
  const refused = { code: 'LINK_BAD_PART', message: /near has not/ }
  t.throws(() => decodeHead(bytes, noBase), refused)
  t.throws(() => decodeHead(bytes, () => aged), refused)
  t.throws(() => decodeHead(bytes, () => []), refused)
})

t.test('the name of fields changes with every character, and with order and case', async t => {
  const others = [aged, fields.toReversed(), fields.map(([name, value]) => [name.toLowerCase(), value] as const), []]
  t.equal(new Set([fields, ...others].map(fieldsId)).size, 5)
  t.match(fieldsId(fields), /^[0-9a-f]{8}$/)
})

t.test('a head that is cut off at any offset is refused', async t => {
  for (const bytes of [encodeHead(head, undefined), encodeHead(head, fields)]) {
    for (let end = 0; end < bytes.length; end++) {
      t.throws(() => decodeHead(bytes.subarray(0, end), known), { code: 'LINK_BAD_PART' }, `${end} bytes`)
    }
  }
})

t.test('with any byte flipped there comes a head that HTTP can carry, or LINK_BAD_PART', async t => {
  for (const bytes of [encodeHead(head, undefined), encodeHead(head, fields)]) {
    for (let at = 0; at < bytes.length; at++) {
      for (const mask of [0x01, 0x10, 0xff]) {
        const flipped = Buffer.from(bytes)
        flipped[at] = (flipped[at] ?? 0) ^ mask
        decodeSafely(flipped)
      }
    }
  }
  t.throws(() => decodeHead(Uint8Array.of(2, 0), noBase), { code: 'LINK_BAD_PART', message: /sort/ })
})

t.test('whatever bytes or text come, there comes a head that HTTP can carry, or LINK_BAD_PART', async t => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), decodeSafely), { numRuns: 500 })
  const line = fc.oneof(
    fc.constantFrom(':status 200', ':status', ':status 2e2', ':wait -1', ':wait 99999999999999999', ':length NaN', ':'),
    fc.constantFrom('a: b', 'a:b', ': b', 'a b: c', 'a: b\rc: d', 'a: \u0000', ':new-fact 7', ''),
    fc.string({ maxLength: 20 }),
  )
  const text = fc.array(line, { maxLength: 6 }).map(lines => lines.join('\n'))
  fc.assert(
    fc.property(text, each => decodeSafely(Buffer.concat([Uint8Array.of(0), compress(each)]))),
    { numRuns: 400 },
  )
  t.pass('nothing else')
})

t.test('lines that are no field, and facts that are no numbers, are refused', async t => {
  const bad = [
    '',
    'a: b',
    ':status 99\n',
    ':status 1000\n',
    ':status 0xC8\n',
    ':status 200 OK\n',
    ':status 200\n:wait x',
  ]
  bad.push(
    ':status 200\na:b',
    ':status 200\nä: b',
    ':status 200\na : b',
    ':status 200\na: b\rc',
    ':status 200\na: \u007f',
  )
  for (const text of bad) t.throws(() => decodeText(text), { code: 'LINK_BAD_PART' }, JSON.stringify(text))
})

t.test('facts that a later version added are passed over', async t => {
  t.strictSame(decodeText(':status 200\n:new-fact 7\n:wait 5\na: b\n'), {
    status: 200,
    fields: [['a', 'b']],
    facts: { originWaitMs: 5 },
  })
})

t.test('facts that are no numbers from 0 on are not sent: a clock was set back', async t => {
  for (const originWaitMs of [-5, Number.NaN, Number.POSITIVE_INFINITY]) {
    const bytes = encodeHead({ ...head, facts: { originWaitMs, wholeBytes: 12.6 } }, undefined)
    t.strictSame(decodeHead(bytes, noBase).facts, { wholeBytes: 13 })
  }
})

t.test('fields that no head can carry are the origin’s fault: a newline, beyond Latin-1, too large', async t => {
  const bad: FieldList = [
    ['a', 'b\nc: d'],
    ['a\n', 'b'],
    ['a', '\u010a'],
    [':status', '500'],
    ['', 'b'],
    ['a', 'x'.repeat(256 * 1024)],
  ]
  for (const field of bad) {
    t.throws(() => encodeHead({ ...head, fields: [field] }, undefined), { code: 'ORIGIN_BAD_RESPONSE' })
  }
})

t.test('the largest head that is sent fits into a part, also when it cannot be compressed', async t => {
  let state = 1
  const noise = Array.from({ length: 254 * 1024 }, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    return String.fromCharCode(0xa0 + ((state >>> 16) % 0x60))
  }).join('')
  const large: Head = { status: 200, fields: [['X-Noise', noise]], facts: {} }
  const bytes = encodeHead(large, fields)
  t.ok(bytes.length <= MAX_HELD_BYTES, `${bytes.length}`)
  t.strictSame(decodeHead(bytes, known), large)
  t.strictSame(
    decodeHead(encodeHead(large, large.fields), () => large.fields),
    large,
  )
  // Deflate looks back 32 KiB, several times what servers let through.
  const fields24K: FieldList = [['X-Noise', noise.slice(0, 24 * 1024)]]
  const again = encodeHead({ ...large, fields: fields24K }, fields24K)
  t.ok(again.length < 1000, `against itself: ${again.length} bytes`)
})

t.test('a head that would unfold beyond the bound is refused', async t => {
  const bomb = Buffer.concat([Uint8Array.of(0), deflateRawSync(Buffer.alloc(50_000_000, 'a'))])
  t.ok(bomb.length < 50_000)
  t.throws(() => decodeHead(bomb, noBase), { code: 'LINK_BAD_PART', message: /decompressed/ })
})

t.test('whatever head is encoded is decoded, with a base and without', async t => {
  const name = fc.string({ unit: fc.constantFrom(...Array.from('abcXYZ-09_!')), minLength: 1, maxLength: 12 })
  const value = fc.string({ unit: fc.constantFrom(...Array.from('ab =;:,"\t\u00e9\u00ff%')), maxLength: 30 })
  const list = fc.array(fc.tuple(name, value), { maxLength: 10 })
  fc.assert(
    fc.property(fc.integer({ min: 100, max: 999 }), list, fc.option(list), (status, each, base) => {
      const one: Head = { status, fields: each, facts: { keep: 1 } }
      t.strictSame(
        decodeHead(encodeHead(one, base ?? undefined), () => base ?? undefined),
        one,
      )
    }),
    { numRuns: 200 },
  )
})

t.test(
  'trailers keep their bytes, their order and their repetitions; what no field line can carry is left out',
  async t => {
    const trailers = [
      ['X-Sum', 'h\u00c3\u00a9'],
      ['x-sum', 'second'],
    ] as const
    t.strictSame(decodeTrailers(encodeTrailers(trailers)), trailers)
    t.strictSame(decodeTrailers(encodeTrailers([])), [])
    const bad = [
      ['X-Bad', 'a\nb'],
      ['', 'x'],
      ['X-Wide', '\u20ac'],
      ['Content-Length', '1'],
    ] as const
    t.equal(encodeTrailers(bad).length, 0)
    t.equal(encodeTrailers([['X-Large', 'x'.repeat(300 * 1024)]]).length, 0, 'too large for a part')
    for (const text of ['no field\n', ': x\n', 'a: \u0000\n']) {
      t.throws(() => decodeTrailers(Buffer.from(text)), { code: 'LINK_BAD_PART' }, JSON.stringify(text))
    }
  },
)

function decodeText(text: string): Head {
  return decodeHead(Buffer.concat([Uint8Array.of(0), compress(text)]), noBase)
}

function compress(text: string): Uint8Array {
  return deflateRawSync(Buffer.from(text, 'latin1'), { dictionary: headDictionary })
}

function decodeSafely(bytes: Uint8Array): void {
  try {
    const { status, fields, facts } = decodeHead(bytes, known)
    const isGood =
      Number.isInteger(status) &&
      status >= 100 &&
      status <= 999 &&
      fields.every(
        ([name, value]) => /^[\w!#$%&'*+.^`|~-]+$/.test(name) && /^[\t\u0020-\u007e\u0080-\u00ff]*$/.test(value),
      ) &&
      Object.values(facts).every(fact => Number.isSafeInteger(fact) && fact >= 0)
    if (!isGood) throw new Error(`not a head: ${JSON.stringify({ status, fields, facts })}`)
  } catch (error) {
    if (!(error instanceof Fault && error.code === 'LINK_BAD_PART')) throw error
  }
}
