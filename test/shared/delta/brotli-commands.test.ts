// Claims about the codes of commands and distances (RFC 7932 §4, §5).
import t from 'tap'
import {
  commandSymbol,
  copyCode,
  FIRST_RING,
  hasDistance,
  insertCode,
  lastOfCopyCode,
  longDistance,
  shortDistance,
} from '../../../shared/delta/brotli-commands.ts'

t.test('lengths have the codes that RFC 7932 §5 lists', async t => {
  t.same(insertCode(0), { code: 0, extra: 0, extraBits: 0 })
  t.same(insertCode(7), { code: 6, extra: 1, extraBits: 1 })
  t.same(insertCode(22594), { code: 23, extra: 0, extraBits: 24 })
  t.same(copyCode(2), { code: 0, extra: 0, extraBits: 0 })
  t.same(copyCode(11), { code: 8, extra: 1, extraBits: 1 })
  t.same(copyCode(2118), { code: 23, extra: 0, extraBits: 24 })
})

t.test('command symbols lie in the cells that RFC 7932 §5 draws', async t => {
  t.equal(commandSymbol(0, 0, true), 0)
  t.equal(commandSymbol(7, 15, true), 127)
  t.equal(commandSymbol(0, 0, false), 128)
  t.equal(commandSymbol(0, 8, false), 192)
  t.equal(commandSymbol(8, 0, false), 256)
  t.equal(commandSymbol(8, 8, false), 320)
  t.equal(commandSymbol(0, 16, false), 384)
  t.equal(commandSymbol(16, 0, false), 448)
  t.equal(commandSymbol(8, 16, false), 512)
  t.equal(commandSymbol(16, 8, false), 576)
  t.equal(commandSymbol(16, 16, false), 640)
  t.equal(commandSymbol(23, 23, true), 703)
  t.notOk(hasDistance(commandSymbol(3, 3, true)))
  t.ok(hasDistance(commandSymbol(3, 20, true)), 'a long copy names its distance even when it is the last')
})

t.test('a distance near one of the ring is short, others are long', async t => {
  t.same(
    [4, 11, 15, 16, 3, 5, 2, 6, 1, 7, 10, 12, 9, 13, 8, 14].map(distance => shortDistance(distance, FIRST_RING)),
    Array.from({ length: 16 }, (_, code) => code),
  )
  t.equal(shortDistance(100, FIRST_RING), -1)
  t.same(longDistance(1), { code: 16, extra: 0, extraBits: 1 })
  t.same(longDistance(2), { code: 16, extra: 1, extraBits: 1 })
  t.same(longDistance(3), { code: 17, extra: 0, extraBits: 1 })
  t.same(longDistance(5), { code: 18, extra: 0, extraBits: 2 })
})

t.test('a length and the last of its code have the same code, the next has not', async t => {
  for (const length of [2, 9, 10, 11, 12, 70, 101, 2117, 2118, 5000]) {
    const last = lastOfCopyCode(copyCode(length))
    t.ok(last >= length)
    t.equal(copyCode(last).code, copyCode(length).code)
    if (last < 2 ** 24) t.equal(copyCode(last + 1).code, copyCode(length).code + 1)
  }
})
