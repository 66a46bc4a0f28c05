// Claims about records and contents as single values.
import t from 'tap'
import { packContent, packRecord, unpackContent, unpackRecord } from '../../../shared/store/parcel.ts'
import { toRecord } from '../../../shared/store/record.ts'
import { compress } from '../../../shared/store/compressed.ts'
import { toStored } from '../../../shared/store/stored-content.ts'
import { makeVersion } from '../sample-version.ts'

const version = makeVersion({ content: 'page '.repeat(4000), fields: [['X-Name', 'Zoë']] })

t.test('a record comes back as it was packed; changed at any byte it is none', async t => {
  const packed = packRecord(version)
  t.strictSame(unpackRecord(packed), JSON.parse(JSON.stringify(toRecord(version))))
  for (let at = 0; at < packed.length; at++) {
    const changed = Buffer.from(packed)
    changed[at]! ^= 1
    if (unpackRecord(changed) !== undefined) t.fail(`byte ${at}`)
    if (unpackRecord(packed.subarray(0, at)) !== undefined) t.fail(`cut at ${at}`)
  }
})

t.test('a content comes back in both forms; what is no content is none', async t => {
  for (const compressed of [undefined, await compress(version.content)]) {
    const stored = toStored(version.content, compressed)
    const unpacked = unpackContent(packContent(stored))
    t.equal(unpacked?.form, stored.form)
    t.ok(unpacked && Buffer.from(stored.bytes).equals(unpacked.bytes))
  }
  for (const bytes of [[], [2], [1, 0], [2, 7]]) {
    t.equal(unpackContent(Buffer.from(bytes)), undefined, bytes.join())
  }
})
