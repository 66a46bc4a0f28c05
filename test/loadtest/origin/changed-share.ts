// How much of a version is new: the measure by which the tests say how a page ages.
// Knows: bytes. Does not know: pages.

// Any 31 bytes that two versions share cover one aligned block of 16.
const BLOCK = 16

/** The share of `newer` that no stretch of `older` covers: 0 for a copy, near 1 for a stranger. */
export function changedShare(older: Buffer, newer: Buffer): number {
  const [from, to] = [older.toString('latin1'), newer.toString('latin1')]
  const blocks = new Map<string, number>()
  for (let at = 0; at + BLOCK <= from.length; at += BLOCK) blocks.set(from.slice(at, at + BLOCK), at)
  let changedBytes = 0
  let written = 0
  for (let at = 0; at + BLOCK <= to.length; ) {
    const found = blocks.get(to.slice(at, at + BLOCK))
    if (found === undefined) {
      at++
      continue
    }
    let back = 0
    while (at - back > written && found > back && from[found - back - 1] === to[at - back - 1]) back++
    let length = BLOCK
    while (at + length < to.length && from[found + length] === to[at + length]) length++
    changedBytes += at - back - written
    at += length
    written = at
  }
  return (changedBytes + to.length - written) / to.length
}
