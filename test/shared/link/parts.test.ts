// Claims about parts and their reader: golden bytes, byte by byte, cut off at each offset, each byte flipped, and with
// whatever a far could send.
import * as fc from 'fast-check'
import t from 'tap'
import { Fault } from '../../../shared/fault.ts'
import { encodePart, MAX_HELD_BYTES, type Part, PartReader } from '../../../shared/link/parts.ts'
import { encodeVarint } from '../../../shared/link/varint.ts'

const digest = '00112233445566778899aabbccddeeff'.repeat(2)
const short = digest.slice(0, 16)

// One of each kind, with its bytes as they stand on the wire.
const golden: readonly (readonly [Part, string])[] = [
  [{ kind: 'speculation', digest, length: 500_000 }, `0124${digest}8007a120`],
  [{ kind: 'base-bytes', bytes: bytesOf('base') }, '020462617365'],
  [{ kind: 'head', bytes: bytesOf('head') }, '030468656164'],
  [{ kind: 'interim', bytes: bytesOf('head') }, '0c0468656164'],
  [{ kind: 'confirmation', base: short }, `0408${short}`],
  [{ kind: 'delta', format: 'vcdiff', base: short, baseLength: 300 }, `050b00${short}412c`],
  [{ kind: 'delta', format: 'dcb', base: short, baseLength: 7 }, `050a01${short}07`],
  [{ kind: 'delta-bytes', bytes: bytesOf('delta') }, '060564656c7461'],
  [{ kind: 'whole', coding: 'identity' }, '070100'],
  [{ kind: 'whole', coding: 'br' }, '070101'],
  [{ kind: 'whole-bytes', bytes: bytesOf('whole') }, '080577686f6c65'],
  [{ kind: 'check', length: 64, digest: short }, `090a${short}4040`],
  [{ kind: 'end', digest, length: 64, trailers: bytesOf('') }, `0a22${digest}4040`],
  [{ kind: 'end', digest, length: 0, trailers: bytesOf('a: b\n') }, `0a26${digest}00613a20620a`],
  [{ kind: 'failure', code: 'ORIGIN_RESET', message: 'näh\n2' }, '0b134f524947494e5f52455345540a6ec3a4680a32'],
]
const parts = golden.map(([part]) => part)
const message = Buffer.concat(parts.map(encodePart))

t.test('each part is written as the golden bytes, and read back from them', async t => {
  for (const [part, hex] of golden) {
    t.equal(Buffer.from(encodePart(part)).toString('hex'), hex, part.kind)
    t.strictSame(join(read([Buffer.from(hex, 'hex')])), [part], part.kind)
  }
})

t.test('in whatever pieces the bytes come, the parts are the same', async t => {
  for (const size of [1, 2, 3, 7, 40, message.length]) t.strictSame(join(read(split(message, size))), parts, `${size}`)
  fc.assert(
    fc.property(fc.array(fc.nat(message.length), { maxLength: 10 }), cuts => {
      const edges = [0, ...cuts.sort((one, other) => one - other), message.length]
      const pieces = edges.slice(1).map((end, at) => message.subarray(edges[at], end))
      t.strictSame(join(read(pieces)), parts)
    }),
    { numRuns: 30 },
  )
})

t.test('cut off at any offset, the parts before are given and the end is refused inside a part', async t => {
  const ends = new Set([0])
  for (const part of parts) ends.add(Math.max(...ends) + encodePart(part).length)
  for (let end = 0; end <= message.length; end++) {
    const reader = new PartReader()
    const given = join([...reader.push(message.subarray(0, end))])
    // A content part that was cut off has been given in part.
    const whole = [...ends].filter(each => each > 0 && each <= end).length
    t.strictSame(given.slice(0, whole), parts.slice(0, whole), `${end} bytes`)
    if (ends.has(end)) t.doesNotThrow(() => reader.end(), `${end} bytes`)
    else t.throws(() => reader.end(), { code: 'LINK_BAD_PART' }, `${end} bytes`)
  }
})

t.test('with any bit of any byte flipped there come parts that are well formed, or LINK_BAD_PART', async t => {
  let refused = 0
  for (let at = 0; at < message.length; at++) {
    for (let bit = 0; bit < 8; bit++) {
      const flipped = Buffer.from(message)
      flipped[at] = (flipped[at] ?? 0) ^ (1 << bit)
      refused += isRefused([flipped]) ? 1 : 0
    }
  }
  t.ok(refused > 0, `${refused} of ${8 * message.length} were refused`)
})

t.test('with any byte doubled or left out, too', async t => {
  for (let at = 0; at < message.length; at++) {
    isRefused([message.subarray(0, at + 1), message.subarray(at)])
    isRefused([message.subarray(0, at), message.subarray(at + 1)])
  }
  t.pass('only parts and LINK_BAD_PART')
})

t.test('whatever bytes come, in whatever pieces', async t => {
  const header = fc.tuple(fc.nat(12), fc.nat(60), fc.uint8Array({ maxLength: 60 }))
  const likely = header.map(([type, length, rest]) => Buffer.from([type, length, ...rest]))
  const any = fc.array(fc.oneof(fc.uint8Array({ maxLength: 80 }), likely), { maxLength: 6 })
  fc.assert(
    fc.property(any, pieces => void isRefused(pieces)),
    { numRuns: 2000 },
  )
  t.pass('only parts and LINK_BAD_PART')
})

t.test('content is given on as it arrives, not gathered', async t => {
  const reader = new PartReader()
  t.strictSame([...reader.push(headerOf(8, 1_000_000_000))], [])
  for (let i = 0; i < 4; i++) {
    const piece = Buffer.alloc(1000, i)
    t.strictSame([...reader.push(piece)], [{ kind: 'whole-bytes', bytes: piece }])
  }
  t.throws(() => reader.end(), { code: 'LINK_BAD_PART' })
})

t.test('a part that would have to be held and is too long is refused by its header alone', async t => {
  const heldTypes = [1, 3, 4, 5, 7, 9, 10, 11, 12]
  for (const type of heldTypes) {
    const reader = new PartReader()
    t.throws(() => [...reader.push(headerOf(type, MAX_HELD_BYTES + 1))], { code: 'LINK_BAD_PART', message: /at most/ })
  }
  t.strictSame([...new PartReader().push(headerOf(3, MAX_HELD_BYTES))], [], 'the longest that is held')
})

t.test('a length beyond all bounds is refused, for a type that is not known as well', async t => {
  for (const type of [3, 8, 50]) {
    const bytes = Buffer.concat([encodeVarint(type), Buffer.from('ffffffffffffffff', 'hex')])
    t.throws(() => [...new PartReader().push(bytes)], { code: 'LINK_BAD_PART', message: /2\^53/ })
  }
})

t.test('types that are not known are passed over, however long, empty ones too', async t => {
  const [known] = parts
  const unknown = [Buffer.concat([headerOf(50, 700_000), Buffer.alloc(700_000)]), headerOf(1_000_000, 0)]
  const bytes = Buffer.concat([...unknown, encodePart(known!), ...unknown])
  for (const size of [1000, bytes.length]) t.strictSame(read(split(bytes, size)), [known])
})

t.test('parts whose payload is too short or too long for their kind are refused', async t => {
  const bad: readonly (readonly [type: number, hex: string])[] = [
    [1, digest],
    [1, `${digest}0000`],
    [1, `${digest}ffffffffffffffff`],
    [4, short.slice(2)],
    [4, `${short}00`],
    [5, ''],
    [5, `02${short}00`],
    [5, `00${short}`],
    [5, `00${short}0000`],
    [7, ''],
    [7, '02'],
    [7, '0000'],
    [9, short],
    [9, `${short}40`],
    [10, digest],
    [10, `${digest}ffffffffffffffff`],
    [11, ''],
    [11, '4142'],
  ]
  for (const [type, hex] of bad) {
    const payload = Buffer.from(hex, 'hex')
    const bytes = Buffer.concat([headerOf(type, payload.length), payload])
    t.throws(() => [...new PartReader().push(bytes)], { code: 'LINK_BAD_PART' }, `${type} ${hex}`)
  }
})

t.test('whatever part is written is read back', async t => {
  const hexOf = (bytes: number) =>
    fc.uint8Array({ minLength: bytes, maxLength: bytes }).map(each => Buffer.from(each).toString('hex'))
  const length = fc.maxSafeNat()
  const bytes = fc.uint8Array({ minLength: 1, maxLength: 300 }).map(each => Buffer.from(each))
  const text = fc.string().filter(each => each.isWellFormed())
  const part: fc.Arbitrary<Part> = fc.oneof(
    fc.record({ kind: fc.constant('speculation' as const), digest: hexOf(32), length }),
    fc.record({ kind: fc.constantFrom('base-bytes' as const, 'delta-bytes', 'whole-bytes', 'head'), bytes }),
    fc.record({ kind: fc.constant('confirmation' as const), base: hexOf(8) }),
    fc.record({
      kind: fc.constant('delta' as const),
      format: fc.constantFrom('vcdiff' as const, 'dcb'),
      base: hexOf(8),
      baseLength: length,
    }),
    fc.record({ kind: fc.constant('whole' as const), coding: fc.constantFrom('identity' as const, 'br') }),
    fc.record({ kind: fc.constant('check' as const), digest: hexOf(8), length }),
    fc.record({ kind: fc.constant('end' as const), digest: hexOf(32), length, trailers: bytes }),
    fc.record({ kind: fc.constant('failure' as const), code: fc.constant('FAR_BUSY'), message: text }),
  )
  fc.assert(
    fc.property(part, each => void t.strictSame(read([encodePart(each)]), [{ ...each }])),
    { numRuns: 300 },
  )
})

t.test('an empty content part is no part', async t => {
  t.strictSame(read([encodePart({ kind: 'base-bytes', bytes: new Uint8Array(0) })]), [])
})

/** The parts in `pieces`, which end with a part. */
function read(pieces: Iterable<Uint8Array>): Part[] {
  const reader = new PartReader()
  const given: Part[] = []
  for (const piece of pieces) given.push(...reader.push(piece))
  reader.end()
  // Copies, so that comparing does not depend on which class of bytes a view is.
  return given.map(part => ('bytes' in part ? { ...part, bytes: Buffer.from(part.bytes) } : part)).map(plain)
}

function plain(part: Part): Part {
  return part.kind === 'end' ? { ...part, trailers: Buffer.from(part.trailers) } : part
}

/** Reads `pieces`; whether they were refused. Raises everything that is not a part or the right fault. */
function isRefused(pieces: Iterable<Uint8Array>): boolean {
  const reader = new PartReader()
  try {
    for (const piece of pieces) for (const part of reader.push(piece)) assertWellFormed(part)
    reader.end()
    return false
  } catch (error) {
    if (error instanceof Fault && error.code === 'LINK_BAD_PART') return true
    throw error
  }
}

function assertWellFormed(part: Part): void {
  const hexes = ['digest', 'base'].flatMap(name => (name in part ? [String(Reflect.get(part, name))] : []))
  const lengths = ['length', 'baseLength'].flatMap(name => (name in part ? [Number(Reflect.get(part, name))] : []))
  const isGood =
    hexes.every(hex => /^(?:[0-9a-f]{16}|[0-9a-f]{64})$/.test(hex)) &&
    lengths.every(length => Number.isSafeInteger(length) && length >= 0) &&
    (part.kind !== 'delta' || part.format === 'vcdiff' || part.format === 'dcb') &&
    (part.kind !== 'whole' || part.coding === 'identity' || part.coding === 'br')
  if (!isGood) throw new Error(`not well formed: ${JSON.stringify(part)}`)
}

/** Content parts of one kind that follow each other as one, as they were written. */
function join(given: readonly Part[]): Part[] {
  const joined: Part[] = []
  for (const part of given.map(plain)) {
    const last = joined.at(-1)
    const isMore = last?.kind === part.kind && part.kind.endsWith('-bytes')
    if (isMore && 'bytes' in part && 'bytes' in last) {
      joined[joined.length - 1] = { ...part, bytes: Buffer.concat([last.bytes, part.bytes]) }
    } else joined.push('bytes' in part ? { ...part, bytes: Buffer.from(part.bytes) } : part)
  }
  return joined
}

function headerOf(type: number, length: number): Buffer {
  return Buffer.concat([encodeVarint(type), encodeVarint(length)])
}

function* split(bytes: Uint8Array, size: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

function bytesOf(text: string): Buffer {
  return Buffer.from(text)
}
