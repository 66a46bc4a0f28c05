// The package entry `hunch/delta`: the delta engine for other programs.
// Knows: what is public. Does not know: anything else; it is JavaScript so that it can be imported where npm installs it,
// where Node does not strip types by itself.

import '../../cli/strip-types.js'

const [format, choose, attempts, similarity, show, fault] = await Promise.all([
  import('./format.ts'),
  import('./choose.ts'),
  import('./attempts.ts'),
  import('./similarity.ts'),
  import('./show.ts'),
  import('../fault.ts'),
])

export const { BaseIndex, createDeltaDecoder, createDeltaEncoder, decodeDelta, deltaFormats, encodeDelta } = format
export const { chooseDelta } = choose
export const { encodeSmallest } = attempts
export const { chooseSibling, compareSketches, compareUrls, makeSketch } = similarity
export const { DeltaInspector } = show
export const { Fault } = fault
