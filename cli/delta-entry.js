// The package entry `hunch/delta`: the delta engine for other programs.
// Knows: what is public. Does not know: anything else; it is JavaScript so that it can be imported where npm installs it,
// where Node does not strip types by itself.

import { fileURLToPath } from 'node:url'

if (/[\\/]node_modules[\\/]/.test(fileURLToPath(import.meta.url))) await import('./strip-types.js')

const [format, choose, attempts, similarity, show, fault] = await Promise.all([
  import('../shared/delta/format.ts'),
  import('../shared/delta/choose.ts'),
  import('../shared/delta/attempts.ts'),
  import('../shared/delta/similarity.ts'),
  import('../shared/delta/show.ts'),
  import('../shared/fault.ts'),
])

export const { BaseIndex, createDeltaDecoder, createDeltaEncoder, decodeDelta, deltaFormats, encodeDelta } = format
export const { chooseDelta } = choose
export const { encodeSmallest } = attempts
export const { chooseSibling, compareSketches, compareUrls, makeSketch } = similarity
export const { DeltaInspector } = show
export const { Fault } = fault
