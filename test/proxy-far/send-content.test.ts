// Claims about the parts of a complete delta: near can verify, and so release, the beginning of a long one.
import t from 'tap'
import { withChecks } from '../../proxy-far/send-content.ts'
import { createDeltaDecoder, type DeltaFormat, encodeDelta } from '../../shared/delta/format.ts'
import { Feed } from '../../shared/exchange/feed.ts'
import { digestOf } from '../../shared/version.ts'
import { makePage, randomBytes } from '../shared/delta/samples.ts'
import { makeVersion } from '../shared/sample-version.ts'

const old = Buffer.from(makePage(60_000, 1))
// New in every sixth: a delta of some 10 kB, as nothing compresses it.
const changed = Buffer.concat(
  Array.from({ length: 6 }, (_each, at) => [
    old.subarray(10_000 * at, 10_000 * at + 8_000),
    randomBytes(2_000, at),
  ]).flat(),
)
const base = { version: makeVersion({ content: old }), length: old.length }

async function makeDelta(format: DeltaFormat, target: Uint8Array) {
  return { format, bytes: await encodeDelta(format, old, target, { framing: 'link' }), ms: 0 }
}

t.test('what a check covers can be made of the pieces before it, however they are cut on their way', async t => {
  for (const format of ['dcb', 'vcdiff'] as const) {
    const delta = await makeDelta(format, changed)
    const parts = await withChecks(base, delta, changed, 2048)
    const decoder = new Feed(createDeltaDecoder(format, old, { framing: 'link', maxTargetBytes: changed.length }))
    const made: Uint8Array[] = []
    const sent: Uint8Array[] = []
    let checks = 0
    for (const part of parts) {
      if (part.kind === 'delta-bytes') {
        sent.push(part.bytes)
        for (let start = 0; start < part.bytes.length; start += 700)
          made.push(await decoder.write(part.bytes.subarray(start, start + 700)))
      } else if (part.kind === 'check') {
        checks += 1
        const so = Buffer.concat(made)
        t.equal(part.length, so.length)
        t.ok(so.equals(changed.subarray(0, so.length)))
        t.ok(digestOf(so).startsWith(part.digest), 'near compares this')
      }
    }
    decoder.destroy()
    t.ok(Buffer.concat(sent).equals(delta.bytes))
    if (format === 'dcb') t.ok(checks >= 4, `${checks} checks in ${delta.bytes.length} bytes`)
  }
})

t.test('a short delta is one part', async t => {
  const delta = await makeDelta('dcb', Buffer.concat([old, randomBytes(1000, 9)]))
  t.strictSame(await withChecks(base, delta, changed, 2048), [{ kind: 'delta-bytes', bytes: delta.bytes }])
})
