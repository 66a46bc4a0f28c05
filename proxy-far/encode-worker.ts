// One thread that makes deltas. It keeps the indexes of the latest bases, so that a base is sent to it and indexed once.
// Knows: messages of encode-pool.ts. Does not know: the queue, who asked.

import { parentPort, workerData } from 'node:worker_threads'
import { encodeSmallest } from '../shared/delta/attempts.ts'
import { BaseIndex } from '../shared/delta/format.ts'
import { asFault } from '../shared/fault.ts'
import { type EncodeReply, type EncodeRequest, HeldBases } from './encode-protocol.ts'

const port = parentPort!
const held = new HeldBases<BaseIndex>(Number(workerData))

port.on('message', (request: EncodeRequest) => {
  void answer(request)
})

async function answer({ id, baseKey, base, target, attempts, framing }: EncodeRequest): Promise<void> {
  const started = performance.now()
  let reply: EncodeReply
  try {
    // The pool keeps the same list by the same rule, so it knows when a base must be sent along.
    const known = held.take(baseKey)
    const index = known ?? new BaseIndex(base!)
    held.put(baseKey, index.base.length, index)
    const { delta, attempt } = await encodeSmallest(attempts, index, target, framing)
    reply = { id, delta, attempt, ms: performance.now() - started }
  } catch (error) {
    reply = { id, fault: asFault(error, 'FAR_INTERNAL').message }
  }
  port.postMessage(reply)
}
