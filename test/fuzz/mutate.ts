// How the fuzzer changes an input: bits and bytes anywhere, pieces of other inputs, and the words that a target's text has.
// Knows: bytes. Does not know: what they mean.

// Values that sit at the edges of lengths and numbers.
const edges = [0, 1, 2, 0x3f, 0x40, 0x7f, 0x80, 0xbf, 0xc0, 0xfe, 0xff, 0x0a, 0x0d, 0x22, 0x2c, 0x3b, 0x5c]

/** One to eight changes to an input of `corpus`; `words` are put in whole. */
export function mutate(corpus: readonly Buffer[], words: readonly string[], random: () => number): Buffer {
  const pick = (count: number) => Math.floor(random() * count)
  const any = <T>(list: readonly T[]) => list[pick(list.length)] as T
  let bytes: Buffer = Buffer.from(any(corpus))
  for (let changes = 1 + pick(4) * pick(3); changes > 0; changes--) {
    const at = random() < 0.5 ? pick(Math.min(bytes.length + 1, 40)) : pick(bytes.length + 1)
    switch (pick(9)) {
      case 0:
        if (at < bytes.length) bytes[at] = (bytes[at] as number) ^ (1 << pick(8))
        break
      case 1:
        if (at < bytes.length) bytes[at] = any(edges)
        break
      case 2:
        if (at < bytes.length) bytes[at] = (bytes[at] as number) + pick(9) - 4
        break
      case 3:
        bytes = splice(bytes, at, 0, Buffer.from([any(edges)]))
        break
      case 4:
        bytes = splice(bytes, at, 1 + pick(6), Buffer.alloc(0))
        break
      case 5:
        bytes = splice(bytes, at, 0, bytes.subarray(at, at + pick(40)))
        break
      case 6: {
        const other = any(corpus)
        const from = pick(other.length + 1)
        bytes = splice(bytes, at, pick(20), other.subarray(from, from + pick(60)))
        break
      }
      case 7:
        if (words.length > 0) bytes = splice(bytes, at, pick(3) * pick(8), Buffer.from(any(words), 'latin1'))
        break
      default:
        bytes = bytes.subarray(0, at)
    }
  }
  return bytes.subarray(0, 70_000)
}

function splice(bytes: Buffer, at: number, removed: number, added: Uint8Array): Buffer {
  return Buffer.concat([bytes.subarray(0, at), added, bytes.subarray(at + removed)])
}
