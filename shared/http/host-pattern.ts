// Hosts as a person lists them: `bank.example` is that host alone, `*.gov.example` every host below it.
// Knows: names and addresses as text. Does not know: why they are listed.
import { isHost } from '../config/host-port.ts'

/** In lower case, an IPv6 address without brackets. */
export type HostPattern = string

/** Patterns between commas, or `none`; undefined when one of them is no host. */
export function parseHostPatterns(text: string): readonly HostPattern[] | undefined {
  if (text.toLowerCase() === 'none') return []
  const patterns = text.split(',').map(word =>
    word
      .trim()
      .toLowerCase()
      .replaceAll(/^\[|\]$/g, ''),
  )
  return patterns.every(pattern => isHost(pattern.replace(/^\*\./, ''))) ? patterns : undefined
}

/** Whether one of the patterns names `host` (as the URL standard writes it, without brackets). */
export function matchesHost(patterns: readonly HostPattern[], host: string): boolean {
  // A dot at the end says that the name is whole (RFC 1034 §3.1); it is the same host.
  const plain = host.toLowerCase().replace(/\.$/, '')
  return patterns.some(pattern => (pattern.startsWith('*.') ? plain.endsWith(pattern.slice(1)) : plain === pattern))
}
