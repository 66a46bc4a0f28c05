// How hard a content is compressed that is sent whole: a millisecond of work where it saves more than one of link.
// Knows: what Brotli gives and takes. Does not know: which content, who else wants the processor.
import { slowdownAt } from '../delta/choose.ts'

/** Qualities of Brotli. */
export const EASY_QUALITY = 5
export const HARD_QUALITY = 10

// Measured over six recorded documents of 54 to 206 kB: the hard way saves 11 to 26 bytes of every 1000 bytes of content, and
// takes 0.2 to 0.6 ms for them; the easy way takes next to nothing.
const SAVED_BYTES_PER_KB = 15
const COST_MS_PER_KB = 0.5

/** `cpuLoad` from 0 to 1. A link that nobody has measured is not worth it. */
export function chooseWholeQuality(bandwidthBytesPerSecond: number | undefined, cpuLoad: number): number {
  if (bandwidthBytesPerSecond === undefined || bandwidthBytesPerSecond <= 0) return EASY_QUALITY
  const savedMs = SAVED_BYTES_PER_KB / (bandwidthBytesPerSecond / 1000)
  const costMs = COST_MS_PER_KB * slowdownAt(cpuLoad)
  return savedMs > costMs ? HARD_QUALITY : EASY_QUALITY
}
