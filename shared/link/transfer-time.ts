// How long bytes take over a link that has rested: TCP begins with a few packets and doubles them in each round trip, and
// stands still in between until the link is full (RFC 5681 §3.1, RFC 6928).
// Knows: bandwidth, round trip. Does not know: what is sent; nothing of losses.
import type { LinkFacts } from './ask.ts'

// Ten packets (RFC 6928 §2).
const INITIAL_WINDOW_BYTES = 10 * 1448

/** Milliseconds between the first byte and the last at the receiver; 0 while the bandwidth is not known. */
export function transferMs(bytes: number, link: LinkFacts): number {
  const bytesPerMs = (link.bandwidthBytesPerSecond ?? 0) / 1000
  if (bytesPerMs <= 0) return 0
  let standsMs = 0
  let windowBytes = INITIAL_WINDOW_BYTES
  for (let sentBytes = windowBytes; sentBytes < bytes; sentBytes += windowBytes) {
    const idleMs = (link.roundTripMs ?? 0) - windowBytes / bytesPerMs
    if (idleMs <= 0) break
    standsMs += idleMs
    windowBytes *= 2
  }
  return bytes / bytesPerMs + standsMs
}
