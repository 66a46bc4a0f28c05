// Claims about the form in which contents are kept below memory.
import t from 'tap'
import { toRecord } from '../../../shared/store/record.ts'
import { compress, compressedOf } from '../../../shared/store/compressed.ts'
import { openStored, toStored } from '../../../shared/store/stored-content.ts'
import { makeVersion } from '../sample-version.ts'

const version = makeVersion({ content: 'the same again '.repeat(2000) })
const record = toRecord(version)

t.test('what compresses is kept compressed and comes back whole, with its compressed form', async t => {
  const stored = toStored(version.content, await compress(version.content))
  t.equal(stored.form, 'br')
  t.ok(stored.bytes.length < version.content.length / 10)
  const opened = await openStored(record, stored)
  t.match(opened, { kind: 'version' })
  if (opened.kind !== 'version') return
  t.strictSame(opened.version, version)
  t.equal(await compressedOf(opened.version.content), stored.bytes)
})

t.test('what does not compress, or is not to be, is kept as it is', async t => {
  const noise = makeVersion({ content: Buffer.from(record.digest, 'hex') })
  for (const compressed of [undefined, await compress(noise.content)]) {
    const stored = toStored(noise.content, compressed)
    t.match(stored, { form: 'identity', bytes: noise.content })
    t.match(await openStored(toRecord(noise), stored), { kind: 'version' })
  }
})

t.test('another content than the one of the record is damaged, whatever its form', async t => {
  const other = Buffer.from('the other one! '.repeat(2000))
  for (const stored of [toStored(other, undefined), toStored(other, await compress(other))]) {
    t.strictSame(await openStored(record, stored), {
      kind: 'damaged',
      why: 'its content is not the one that was kept',
    })
  }
  const broken = { form: 'br', bytes: Buffer.from('no Brotli') } as const
  t.strictSame(await openStored(record, broken), { kind: 'damaged', why: 'its content cannot be decompressed' })
})
