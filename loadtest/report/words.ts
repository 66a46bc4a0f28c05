// How quantities are written for people.
// Knows: units. Does not know: what is measured.

/** `12 ms`, `1.2 s`, `83 s`. */
export function formatMs(ms: number): string {
  if (!Number.isFinite(ms)) return '–'
  if (Math.abs(ms) < 995) return `${Math.round(ms)} ms`
  return `${(ms / 1000).toFixed(Math.abs(ms) < 9950 ? 2 : 1)} s`
}

/** Decimal units, as links are sold in. */
export function formatBytes(bytes: number): string {
  if (Math.abs(bytes) < 1000) return `${Math.round(bytes)} B`
  if (Math.abs(bytes) < 1e6) return `${(bytes / 1e3).toFixed(1)} kB`
  return `${(bytes / 1e6).toFixed(1)} MB`
}

export function formatShare(share: number): string {
  return Number.isFinite(share) ? `${(share * 100).toFixed(1)} %` : '–'
}

export function formatRatio(ratio: number): string {
  return Number.isFinite(ratio) ? ratio.toFixed(3) : '–'
}
