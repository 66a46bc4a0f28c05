// What was written down for after a restart, read again: a list as JSON, or one entry alone.
// Knows: JSON. Does not know: what the entries are; who restores them must put up with any.

/** The entries; none of what is no JSON. */
export function readEntries(text: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(text)
    return Array.isArray(value) ? value : [value]
  } catch {
    return []
  }
}
