// Claims about answers whose stream breaks, and about answers that unfold to more than they say.
import type { ClientHttp2Stream } from 'node:http2'
import { brotliCompressSync, constants } from 'node:zlib'
import t from 'tap'
import { Reception } from '../../proxy-near/reception.ts'
import { encodeSmallest } from '../../shared/delta/attempts.ts'
import { encodeHead, type HeadFacts } from '../../shared/link/head.ts'
import { encodePart, type Part } from '../../shared/link/parts.ts'
import { digestOf } from '../../shared/version.ts'

const MiB = 1024 ** 2
const content = Buffer.from('the content')
const head = (facts: HeadFacts = {}): Part => ({
  kind: 'head',
  bytes: encodeHead({ status: 200, fields: [], facts }, undefined),
})
const end = (of: Uint8Array): Part => ({
  kind: 'end',
  digest: digestOf(of),
  length: of.length,
  trailers: new Uint8Array(0),
})
const answer: readonly Part[] = [
  head(),
  { kind: 'whole', coding: 'identity' },
  { kind: 'whole-bytes', bytes: content },
  end(content),
]

/** Receives a stream of `parts`, which breaks behind them. */
function open(parts: readonly Part[]): Reception {
  async function* breaking() {
    for (const part of parts) yield encodePart(part)
    throw new Error('Premature close')
  }
  const stream = breaking() as AsyncIterable<Uint8Array> as unknown as ClientHttp2Stream
  return new Reception(stream, { bases: [], maxTargetBytes: 256 * MiB, maxHeldBytes: MiB })
}

async function receive(parts: readonly Part[]): Promise<string> {
  const reception = open(parts)
  await reception.open()
  const pieces: Uint8Array[] = []
  for await (const piece of reception.content()) pieces.push(piece)
  return Buffer.concat(pieces).toString()
}

/** Some kilobytes that unfold to so many bytes. */
function bomb(length: number): Uint8Array {
  return brotliCompressSync(Buffer.alloc(length), { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } })
}

t.test('an answer whose stream breaks before its end part is broken', async t => {
  await t.rejects(receive(answer.slice(0, -1)), { code: 'LINK_CLOSED' })
})

t.test('an answer whose stream breaks behind its end part is complete', async t => {
  t.equal(await receive(answer), content.toString())
})

t.test('a whole content that unfolds to many megabytes goes by in small pieces', async t => {
  const length = 64 * MiB
  const bytes = bomb(length)
  const reception = open([head(), { kind: 'whole', coding: 'br' }, { kind: 'whole-bytes', bytes }])
  await reception.open()
  let largest = 0
  let seen = 0
  for await (const piece of reception.content()) {
    largest = Math.max(largest, piece.length)
    seen += piece.length
    if (seen > 8 * MiB) break
  }
  t.ok(largest <= MiB, `${largest} bytes`)
})

t.test('a content that goes on behind its announced end is refused there', async t => {
  const parts = [head({ contentLength: 1000 }), { kind: 'whole', coding: 'br' } as const]
  const bytes = bomb(64 * MiB)
  await t.rejects(receive([...parts, { kind: 'whole-bytes', bytes }]), { code: 'LINK_BAD_PART', message: /its end/ })
})

t.test(
  'a base that is announced too long is refused before it comes, one that unfolds to more where it does',
  async t => {
    const digest = digestOf(content)
    await t.rejects(open([{ kind: 'speculation', digest, length: MiB + 1 }]).open(), { code: 'LINK_BAD_PART' })
    const bytes = bomb(64 * MiB)
    const longer = open([
      { kind: 'speculation', digest, length: 1000 },
      { kind: 'base-bytes', bytes },
    ])
    await t.rejects(longer.open(), { code: 'LINK_BAD_PART', message: /longer than it was said/ })
  },
)

t.test('a small delta that makes a huge target is refused when nothing vouches for what it made', async t => {
  const base = Buffer.from('a base of some length, so that there is something to start from')
  const target = Buffer.alloc(8 * MiB, base)
  const { digest, length } = { digest: digestOf(base), length: base.length }
  for (const format of ['dcb', 'vcdiff'] as const) {
    const { delta } = await encodeSmallest([{ format, effort: 1 }], base, target, 'link')
    t.ok(delta.length < 100_000, `${format}: ${delta.length} bytes`)
    const parts: readonly Part[] = [
      { kind: 'speculation', digest, length },
      { kind: 'base-bytes', bytes: brotliCompressSync(base) },
      head(),
      { kind: 'delta', format, base: digest.slice(0, 16), baseLength: length },
      { kind: 'delta-bytes', bytes: delta },
    ]
    await t.rejects(receive([...parts, end(target)]), { code: 'LINK_BAD_PART', message: /vouches/ }, format)
  }
})
