// Claims about which versions are worth keeping.
import t from 'tap'
import { savedBytesOf, valueOf } from '../../../shared/store/value.ts'

t.test('of two as large, the one that saves more, or is used more, is worth more', async t => {
  const one = { uses: 1, savedBytes: 1000, costBytes: 2000 }
  t.ok(valueOf({ ...one, savedBytes: 1001 }, 0) > valueOf(one, 0))
  t.ok(valueOf({ ...one, uses: 2 }, 0) > valueOf(one, 0))
  t.ok(valueOf({ ...one, costBytes: 1999 }, 0) > valueOf(one, 0))
})

t.test('what was used often long ago is overtaken by what is used now', async t => {
  const old = valueOf({ uses: 10, savedBytes: 1000, costBytes: 1000 }, 0)
  const now = { uses: 1, savedBytes: 1000, costBytes: 1000 }
  t.ok(valueOf(now, 0) < old)
  t.ok(valueOf(now, 9.5) > old, 'after the inflation has risen by what was given up meanwhile')
})

t.test(
  'what answers by itself saves a round trip more; what it cost on the link counts before what it takes',
  async t => {
    const version = { compressedBytes: 1000, answersByItself: false }
    t.equal(savedBytesOf(version), 1000)
    t.equal(savedBytesOf({ ...version, wholeBytes: 900 }), 900)
    t.ok(savedBytesOf({ ...version, answersByItself: true }) > 1000)
  },
)

t.test('nothing that costs nothing is worth infinitely much', async t => {
  t.ok(Number.isFinite(valueOf({ uses: 1, savedBytes: 10, costBytes: 0 }, 0)))
})
