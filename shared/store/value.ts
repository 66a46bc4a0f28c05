// What a kept version is worth: the link time that it saves for each byte that it takes (GreedyDual-Size-Frequency,
// Cherkasova 1998). What is worth least goes first.
// Knows: bytes, uses. Does not know: databases, clocks: age shows in the inflation.
//
// Values only rise: whenever something is given up, its value becomes the inflation, from which all later uses count. So
// what was used often long ago is overtaken by what is used now.

// A version that answers by itself also saves a round trip: 300 ms of a link of 200 kbit/s carry 7.5 kB.
const ROUND_TRIP_BYTES = 8 * 1024

/** Bytes of link time that one use saves. `compressedBytes`: of the content, as it is kept. */
export function savedBytesOf(version: {
  readonly wholeBytes?: number | undefined
  readonly compressedBytes: number
  readonly answersByItself: boolean
}): number {
  // What a content cost on the link is known once it was sent whole; until then its compressed form says about as much.
  const wholeBytes = version.wholeBytes ?? version.compressedBytes
  return wholeBytes + (version.answersByItself ? ROUND_TRIP_BYTES : 0)
}

/** The value of what was used `uses` times since it was stored, which counts as the first use. */
export function valueOf(
  version: { readonly uses: number; readonly savedBytes: number; readonly costBytes: number },
  inflation: number,
): number {
  return inflation + (version.uses * version.savedBytes) / Math.max(1, version.costBytes)
}
