// Makes deltas of contents that still arrive, step by step, in one thread beside the event loop: preparing Brotli's
// dictionary takes a millisecond for every 20 kB of base or so, and so does parsing a window of new content.
// Knows: the thread, which step of which delta waits. Does not know: formats, who sends what comes out.
// Invariant 1: a delta has one step under way at most; each settles once, also when the thread ends.

import { Worker } from 'node:worker_threads'
import type { DeltaAttempt } from '../shared/delta/choose.ts'
import type { Stepwise } from '../shared/exchange/feed.ts'
import { Fault } from '../shared/fault.ts'
import type { StreamReply, StreamRequest } from './encode-protocol.ts'

/** A delta in the making; each step gives the bytes it has made. */
export class EncodeStream implements Stepwise {
  readonly #id: number
  readonly #post: (request: StreamRequest) => void
  #waiting: { readonly resolve: (bytes: Uint8Array) => void; readonly reject: (error: Error) => void } | undefined
  #failed: Error | undefined
  #ms = 0

  constructor(id: number, post: (request: StreamRequest) => void) {
    this.#id = id
    this.#post = post
  }

  /** How long the thread has worked on it. */
  get ms(): number {
    return this.#ms
  }

  write(bytes: Uint8Array): Promise<Uint8Array> {
    return this.#step({ kind: 'write', id: this.#id, bytes })
  }

  flush(): Promise<Uint8Array> {
    return this.#step({ kind: 'flush', id: this.#id })
  }

  end(): Promise<Uint8Array> {
    return this.#step({ kind: 'end', id: this.#id })
  }

  destroy(): void {
    if (this.#failed) return
    this.#post({ kind: 'destroy', id: this.#id })
    this.fail(new Error('The encoder was destroyed.'))
  }

  /** The thread has done a step. */
  settle(bytes: Uint8Array, ms: number): void {
    this.#ms += ms
    this.#waiting?.resolve(bytes)
    this.#waiting = undefined
  }

  /** Nothing more can be made. */
  fail(error: Error): void {
    this.#failed ??= error
    this.#waiting?.reject(error)
    this.#waiting = undefined
  }

  #step(request: StreamRequest): Promise<Uint8Array> {
    if (this.#failed) return Promise.reject(this.#failed)
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject }
      this.#post(request)
    })
  }
}

export class EncodeStreams {
  readonly #streams = new Map<number, EncodeStream>()
  #worker: Worker | undefined
  #lastId = 0

  /** Begins a delta against a base. Steps reject with FAR_INTERNAL when the encoder or its thread fails. */
  open(base: Uint8Array, attempt: DeltaAttempt): EncodeStream {
    const worker = this.#start()
    const id = ++this.#lastId
    const stream = new EncodeStream(id, request => {
      if (request.kind === 'destroy') this.#forget(id)
      worker.postMessage(request, [])
    })
    this.#streams.set(id, stream)
    worker.ref()
    worker.postMessage({ kind: 'open', id, base, ...attempt } satisfies StreamRequest, [])
    return stream
  }

  /** How many deltas are in the making. */
  get size(): number {
    return this.#streams.size
  }

  /** Ends the thread; what is in the making fails. */
  async close(): Promise<void> {
    const worker = this.#worker
    this.#end(new Error('Far closes.'))
    await worker?.terminate()
  }

  #start(): Worker {
    if (this.#worker !== undefined) return this.#worker
    const worker = new Worker(new URL('./encode-stream-worker.ts', import.meta.url))
    worker.on('message', (reply: StreamReply) => this.#take(reply))
    const lost = (error: Error) => {
      if (this.#worker === worker) this.#end(error)
    }
    worker.on('error', lost)
    worker.on('exit', code => lost(new Error(`the encoding thread ended with code ${code}`)))
    this.#worker = worker
    return worker
  }

  #take(reply: StreamReply): void {
    const stream = this.#streams.get(reply.id)
    if ('fault' in reply || reply.ended) this.#forget(reply.id)
    if ('fault' in reply) stream?.fail(new Fault('FAR_INTERNAL', reply.fault))
    else stream?.settle(reply.bytes, reply.ms)
  }

  /** An idle thread does not keep the process alive. */
  #forget(id: number): void {
    this.#streams.delete(id)
    if (this.#streams.size === 0) this.#worker?.unref()
  }

  #end(error: Error): void {
    this.#worker = undefined
    const streams = [...this.#streams.values()]
    this.#streams.clear()
    for (const stream of streams) stream.fail(new Fault('FAR_INTERNAL', error.message, { cause: error }))
  }
}
