// Claims about what Brotli's symbols are taken to cost.
import t from 'tap'
import { BrotliCosts, codeCommands, countSymbols } from '../../../shared/delta/brotli-costs.ts'

const target = Buffer.from('aaaabcdefghijklmnop')
const commands = [
  { insert: 4, copy: 5, distance: 100 },
  { insert: 1, copy: 6, distance: 100 },
  { insert: 3, copy: 0, distance: 0 },
]

t.test('symbols are counted as they will be written: a last distance has none, a last insert no copy', async t => {
  const coded = codeCommands(commands)
  t.ok(coded[0]!.distanceSymbol >= 16)
  t.same([coded[1]!.distanceSymbol, coded[2]!.distanceSymbol], [-1, -1])
  const counts = countSymbols(coded, target)
  t.equal(
    counts.literals.reduce((sum, count) => sum + count),
    8,
  )
  t.equal(counts.literals[97], 4)
  t.equal(
    counts.distances.reduce((sum, count) => sum + count),
    1,
  )
})

t.test('what was used often costs little, what was not used costs more', async t => {
  const costs = new BrotliCosts(countSymbols(codeCommands(commands), target))
  t.ok(costs.literal[97]! < costs.literal[98 + 9]! && costs.literal[98 + 9]! <= costs.literal[0]!)
  t.ok(costs.command(4, 5, -1, 100) < costs.command(4, 500, -1, 100))
  t.ok(costs.command(1, 6, 0, 100) < costs.command(1, 6, -1, 100_000))
})

t.test('before anything is known, a nearer and a shorter command is cheaper', async t => {
  const costs = new BrotliCosts(undefined)
  t.ok(costs.command(0, 10, -1, 50) < costs.command(0, 10, -1, 500_000))
  t.ok(costs.insert(1) < costs.insert(1000))
})
