// Versions of other URLs as bases: near names those of the same template, far picks the one that resembles the content.
// Knows: versions, their sketches. Does not know: stores, scopes: whoever calls offers only what this user may be sent.
import { type Sketch, chooseSibling, compareUrls, makeSketch, MIN_SHAPE } from '../delta/similarity.ts'
import type { Version } from '../version.ts'

// Each costs 18 bytes of the uplink with every ask for a new URL.
export const MAX_SIBLINGS = 3

const sketches = new WeakMap<Version, Sketch>()

/** The versions whose URLs have the shape of `url`, most alike first, one for each URL; at most `MAX_SIBLINGS`. */
export function nameSiblings<Named extends { readonly url: string }>(
  url: string,
  candidates: readonly Named[],
): Named[] {
  const newest = new Map<string, Named>()
  for (const candidate of candidates) if (!newest.has(candidate.url)) newest.set(candidate.url, candidate)
  return [...newest.values()]
    .map(version => ({ version, shape: compareUrls(url, version.url) }))
    .filter(({ shape }) => shape >= MIN_SHAPE)
    .sort((one, other) => other.shape - one.shape)
    .slice(0, MAX_SIBLINGS)
    .map(({ version }) => version)
}

/** The candidate that resembles `content` most, or none that resembles it enough. */
export function chooseByContent(url: string, content: Uint8Array, candidates: readonly Version[]): Version | undefined {
  const offered = candidates.map(version => ({
    key: version,
    url: version.url,
    sketch: sketchOf(version),
    sizeBytes: version.content.length,
  }))
  const choice = chooseSibling({ url, sketch: makeSketch(content) }, offered)
  return choice.kind === 'sibling' ? choice.key : undefined
}

function sketchOf(version: Version): Sketch {
  const known = sketches.get(version)
  if (known) return known
  const sketch = makeSketch(version.content)
  sketches.set(version, sketch)
  return sketch
}
