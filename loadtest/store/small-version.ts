// A version with the fields that a picture of a site has, for measuring stores.
// Knows: versions. Does not know: stores.
import { Freshness } from '../../shared/http/freshness.ts'
import { digestOf, type Version } from '../../shared/version.ts'

/** A public one, kept at 0. */
export function makeVersion(url: string, content: Uint8Array): Version {
  const fields = [
    ['Content-Type', 'image/png'],
    ['Date', 'Tue, 24 Nov 2026 00:00:00 GMT'],
    ['ETag', '"an-entity-tag-of-usual-length"'],
    ['Cache-Control', 'public, no-cache'],
    ['Last-Modified', 'Tue, 24 Nov 2026 00:00:00 GMT'],
  ] as const
  const response = { status: 200, fields }
  const freshness = Freshness.of({ method: 'GET', url, fields: [] }, response, 'shared', 0)
  return { url, scope: 'public', ...response, digest: digestOf(content), content, freshness, storedAt: 0 }
}
