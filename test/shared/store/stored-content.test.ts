// Claims about the form in which contents are kept below memory.
import t from 'tap'
import { toRecord } from '../../../shared/store/record.ts'
import { compressInSegments, segmentsOf } from '../../../shared/store/segments.ts'
import { openStored, toStored } from '../../../shared/store/stored-content.ts'
import { makeVersion } from '../sample-version.ts'

const version = makeVersion({ content: 'the same again '.repeat(2000) })
const record = toRecord(version)

t.test('what compresses is kept compressed and comes back whole, with its segments', async t => {
  const stored = toStored(version.content, await compressInSegments(version.content))
  t.equal(stored.form, 'segments')
  t.ok(stored.bytes.length < version.content.length / 10)
  const opened = await openStored(record, stored)
  t.match(opened, { kind: 'version' })
  if (opened.kind !== 'version') return
  t.strictSame(opened.version, version)
  t.strictSame(Buffer.concat((await segmentsOf(opened.version.content)).map(({ bytes }) => bytes)), stored.bytes)
})

t.test('what does not compress, or is not to be, is kept as it is', async t => {
  const noise = makeVersion({ content: Buffer.from(record.digest, 'hex') })
  for (const segments of [undefined, await compressInSegments(noise.content)]) {
    const stored = toStored(noise.content, segments)
    t.match(stored, { form: 'identity', bytes: noise.content })
    t.match(await openStored(toRecord(noise), stored), { kind: 'version' })
  }
})

t.test('another content than the one of the record is damaged, whatever its form', async t => {
  const other = Buffer.from('the other one! '.repeat(2000))
  for (const stored of [toStored(other, undefined), toStored(other, await compressInSegments(other))]) {
    t.strictSame(await openStored(record, stored), {
      kind: 'damaged',
      why: 'its content is not the one that was kept',
    })
  }
  const broken = { form: 'segments', bytes: Buffer.from('no Brotli'), segmentLengths: new Uint8Array(0) } as const
  t.strictSame(await openStored(record, broken), { kind: 'damaged', why: 'its content cannot be decompressed' })
})
