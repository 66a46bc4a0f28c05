// Claims about prefix codes; that decoders read them is claimed by brotli-encode.test.ts.
import * as fc from 'fast-check'
import t from 'tap'
import { BitSink } from '../../../shared/delta/brotli-bits.ts'
import { limitedLengths, makePrefixCode } from '../../../shared/delta/brotli-prefix-code.ts'

const counts = fc.array(fc.oneof(fc.constant(0), fc.nat(3), fc.nat(100_000)), { minLength: 256, maxLength: 256 })

t.test('lengths stay within the limit, and their code is complete', async t => {
  fc.assert(
    fc.property(counts, fc.constantFrom(8, 9, 15), (values, limit) => {
      const lengths = limitedLengths(Uint32Array.from(values), limit)
      const used = values.filter(count => count > 0).length
      const space = lengths.reduce((sum, length) => sum + (length > 0 ? 2 ** -length : 0), 0)
      const isRight = values.every((count, symbol) => count > 0 === lengths[symbol]! > 0)
      return isRight && Math.max(...lengths) <= limit && (used < 2 || space === 1)
    }),
  )
  t.pass()
})

t.test('a more frequent symbol never has a longer code', async t => {
  fc.assert(
    fc.property(counts, values => {
      const lengths = limitedLengths(Uint32Array.from(values), 15)
      const used = [...values.keys()].filter(symbol => values[symbol]! > 0)
      used.sort((a, b) => values[b]! - values[a]!)
      return used.every(
        (symbol, i) => i === 0 || values[used[i - 1]!] === values[symbol] || lengths[used[i - 1]!]! <= lengths[symbol]!,
      )
    }),
  )
  t.pass()
})

t.test('a description takes as many bits as it says', async t => {
  fc.assert(
    fc.property(counts, values => {
      const code = makePrefixCode(Uint32Array.from(values), 8)
      const sink = new BitSink()
      code.write(sink)
      return sink.finish().length === Math.ceil(code.headerBits / 8)
    }),
    { numRuns: 50 },
  )
  t.pass()
})
