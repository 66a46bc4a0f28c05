// Claims about answers whose stream breaks: before the last part, and behind it.
import type { ClientHttp2Stream } from 'node:http2'
import t, { type Test } from 'tap'
import { Reception } from '../../proxy-near/reception.ts'
import { encodeHead } from '../../shared/link/head.ts'
import { encodePart, type Part } from '../../shared/link/parts.ts'
import { digestOf } from '../../shared/version.ts'

const content = Buffer.from('the content')
const answer: readonly Part[] = [
  { kind: 'head', bytes: encodeHead({ status: 200, fields: [], facts: {} }, undefined) },
  { kind: 'whole', coding: 'identity' },
  { kind: 'whole-bytes', bytes: content },
  { kind: 'end', digest: digestOf(content), length: content.length, trailers: new Uint8Array(0) },
]

/** What is received of a stream that delivers `parts` and then breaks. */
async function receive(t: Test, parts: readonly Part[]): Promise<string> {
  async function* breaking() {
    for (const part of parts) yield encodePart(part)
    throw new Error('Premature close')
  }
  const stream = breaking() as AsyncIterable<Uint8Array> as unknown as ClientHttp2Stream
  const reception = new Reception(stream, { bases: [], maxTargetBytes: 1000 })
  t.match(await reception.open(), { status: 200 })
  const pieces: Uint8Array[] = []
  for await (const piece of reception.content()) pieces.push(piece)
  return Buffer.concat(pieces).toString()
}

t.test('an answer whose stream breaks before its end part is broken', async t => {
  await t.rejects(receive(t, answer.slice(0, -1)), { code: 'LINK_CLOSED' })
})

t.test('an answer whose stream breaks behind its end part is complete', async t => {
  t.equal(await receive(t, answer), content.toString())
})
