// The thread that makes deltas of contents that still arrive.
// Knows: messages of encode-streams.ts. Does not know: who asked, what a step is for.

import { parentPort } from 'node:worker_threads'
import { createDeltaEncoder } from '../shared/delta/format.ts'
import { Feed } from '../shared/exchange/feed.ts'
import { asFault } from '../shared/fault.ts'
import type { StreamReply, StreamRequest } from './encode-protocol.ts'

const port = parentPort!
const feeds = new Map<number, Feed>()

port.on('message', (request: StreamRequest) => {
  void answer(request)
})

async function answer(request: StreamRequest): Promise<void> {
  const { id, kind } = request
  try {
    const startedAt = performance.now()
    const bytes = await step(request)
    const ms = performance.now() - startedAt
    if (bytes !== undefined) reply({ id, bytes, ms, ended: kind === 'end' })
  } catch (error) {
    // Also for a delta that could not begin, or that nobody waits for any more: the other side knows.
    feeds.delete(id)
    reply({ id, fault: asFault(error, 'FAR_INTERNAL').message })
  }
}

/** What a step has made; nothing for steps that nobody waits for. */
async function step(request: StreamRequest): Promise<Uint8Array | undefined> {
  if (request.kind === 'open') {
    const { format, effort } = request
    const encoder = createDeltaEncoder(format, request.base, { framing: 'link', effort })
    feeds.set(request.id, new Feed(encoder, () => encoder.flushWindow()))
    return undefined
  }
  const feed = feeds.get(request.id)
  if (request.kind === 'write') return feed?.write(request.bytes)
  if (request.kind === 'flush') return feed?.flush()
  const last = request.kind === 'end' ? await feed?.end() : undefined
  feeds.delete(request.id)
  feed?.destroy()
  return last
}

function reply(message: StreamReply): void {
  port.postMessage(message, [])
}
