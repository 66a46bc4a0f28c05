// Undoes the content codings of an origin's response, as a stream.
// Knows: node:zlib. Does not know: which codings may be undone (shared/http/content.ts).
import { Readable, type Transform, pipeline } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress, constants } from 'node:zlib'
import { Fault } from '../shared/fault.ts'
import type { ReadableCoding } from '../shared/http/content.ts'

// RFC 9659 §3: a content coding needs no more than 8 MiB of window; zstd would take 128 MiB for each response.
const ZSTD_WINDOW_LOG = 23

const decoders = {
  br: () => createBrotliDecompress(),
  zstd: () => createZstdDecompress({ params: { [constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG } }),
  gzip: () => createGunzip(),
  'x-gzip': () => createGunzip(),
  deflate: () => createInflate(),
} as const satisfies Record<ReadableCoding, () => Transform>

/** The content without its codings. Fails with ORIGIN_CODING when they are broken, or with the fault of `body`. */
export async function* decodeContent(
  body: AsyncIterable<Uint8Array>,
  codings: readonly ReadableCoding[],
): AsyncGenerator<Uint8Array> {
  if (codings.length === 0) {
    yield* body
    return
  }
  const stages = codings.map(coding => decoders[coding]())
  yield* undo(body, stages, codings.join(', '))
}

/** What `stages` make of `body`; `name`: what they undo. Fails as `decodeContent` does. */
export async function* undo(
  body: AsyncIterable<Uint8Array>,
  stages: readonly Transform[],
  name: string,
): AsyncGenerator<Uint8Array> {
  const last = stages.at(-1) as Transform
  // The callback is needed for the pipeline to hand errors on; they reach the reader through `last`.
  pipeline([Readable.from(body, { objectMode: false }), ...stages], () => {})
  try {
    for await (const chunk of last) yield chunk as Uint8Array
  } catch (error) {
    if (error instanceof Fault) throw error
    throw new Fault('ORIGIN_CODING', `The content is announced as ${name} and is not.`, { cause: error })
  }
}
