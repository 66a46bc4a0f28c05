// Makes deltas in worker threads, so that a large one never holds up the event loop.
// Knows: the queue and its bounds, cancellation, which thread holds which base. Does not know: how a delta is made.
// Invariant 1: at most `maxQueued` jobs and `maxQueuedBytes` bytes wait; what does not fit is refused at once.
// Invariant 2: every job settles once: with a delta, a refusal, or its error; a cancelled one as soon as it is cancelled.

import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { DeltaAttempt } from '../shared/delta/choose.ts'
import type { DeltaFraming } from '../shared/delta/format.ts'
import { Fault } from '../shared/fault.ts'
import { type EncodeReply, type EncodeRequest, HeldBases } from './encode-protocol.ts'

export interface EncodeJob {
  /** Names the base, so that a thread that has its index need not be sent it: its digest. */
  readonly baseKey: string
  readonly base: Uint8Array
  readonly target: Uint8Array
  /** All are made; the smallest is the result. */
  readonly attempts: readonly [DeltaAttempt, ...DeltaAttempt[]]
  readonly framing: DeltaFraming
  /** Ends the job with the signal's reason: at once when it waits, and by ending its thread when it runs. */
  readonly signal?: AbortSignal
}

export type EncodeResult =
  | {
      readonly kind: 'encoded'
      readonly delta: Uint8Array
      readonly attempt: DeltaAttempt
      /** How long the thread worked on it. */
      readonly ms: number
    }
  | { readonly kind: 'refused'; readonly why: 'queue-full' | 'closed' }

export interface EncodePoolOptions {
  readonly threads?: number
  readonly maxQueued?: number
  readonly maxQueuedBytes?: number
  /** How many bytes of bases a thread keeps, with an index some eight times as large for each. */
  readonly maxHeldBytes?: number
}

// One processor is left to the event loop.
const DEFAULT_THREADS = Math.max(1, availableParallelism() - 1)
// At ten milliseconds a delta, what waits longer than this would better be sent whole.
const DEFAULT_MAX_QUEUED = 64
const DEFAULT_MAX_QUEUED_BYTES = 64 * 1024 * 1024
const DEFAULT_MAX_HELD_BYTES = 16 * 1024 * 1024

// A thread that works on a small target is done sooner than a new thread has started (some 40 ms).
const END_THREAD_FROM_BYTES = 1024 * 1024

interface PendingJob {
  readonly job: EncodeJob
  readonly bytes: number
  readonly settle: (result: EncodeResult | Error) => void
  settled: boolean
}

interface Thread {
  readonly worker: Worker
  readonly held: HeldBases<true>
  running: PendingJob | undefined
}

export class EncodePool {
  readonly #options: Required<EncodePoolOptions>
  readonly #threads: Thread[] = []
  readonly #queue: PendingJob[] = []
  #queuedBytes = 0
  #lastId = 0
  #closed = false

  constructor(options: EncodePoolOptions = {}) {
    this.#options = {
      threads: options.threads ?? DEFAULT_THREADS,
      maxQueued: options.maxQueued ?? DEFAULT_MAX_QUEUED,
      maxQueuedBytes: options.maxQueuedBytes ?? DEFAULT_MAX_QUEUED_BYTES,
      maxHeldBytes: options.maxHeldBytes ?? DEFAULT_MAX_HELD_BYTES,
    }
  }

  /** How many threads there are. */
  get threads(): number {
    return this.#threads.length
  }

  /** How many jobs wait and how many run. */
  get load(): { readonly waiting: number; readonly running: number } {
    return { waiting: this.#queue.length, running: this.#threads.filter(thread => thread.running !== undefined).length }
  }

  /** Starts the first thread, which takes as long as many deltas: nobody has to wait for it then. */
  warm(): void {
    if (this.#threads.length === 0 && !this.#closed) this.#startThread()
  }

  /** Makes a delta. Rejects with the signal's reason when cancelled, with FAR_INTERNAL when a thread fails. */
  encode(job: EncodeJob): Promise<EncodeResult> {
    if (this.#closed) return Promise.resolve({ kind: 'refused', why: 'closed' })
    if (job.signal?.aborted === true) return Promise.reject(toError(job.signal.reason))
    const bytes = job.base.length + job.target.length
    const idle = this.#threads.some(thread => thread.running === undefined)
    const mayStart = idle || this.#threads.length < this.#options.threads
    const fits =
      this.#queue.length < this.#options.maxQueued && this.#queuedBytes + bytes <= this.#options.maxQueuedBytes
    if (!mayStart && !fits) return Promise.resolve({ kind: 'refused', why: 'queue-full' })
    return new Promise((resolve, reject) => {
      const cancel = () => this.#cancel(pending)
      const pending: PendingJob = {
        job,
        bytes,
        settled: false,
        settle: result => {
          if (pending.settled) return
          pending.settled = true
          job.signal?.removeEventListener('abort', cancel)
          if (result instanceof Error) reject(result)
          else resolve(result)
        },
      }
      job.signal?.addEventListener('abort', cancel)
      this.#queue.push(pending)
      this.#queuedBytes += bytes
      this.#startNext()
    })
  }

  /** Ends all threads; what waits or runs is refused. */
  async close(): Promise<void> {
    this.#closed = true
    const waiting = this.#queue.splice(0)
    this.#queuedBytes = 0
    for (const pending of waiting) pending.settle({ kind: 'refused', why: 'closed' })
    const threads = this.#threads.splice(0)
    for (const { running } of threads) running?.settle({ kind: 'refused', why: 'closed' })
    await Promise.all(threads.map(({ worker }) => worker.terminate()))
  }

  #startNext(): void {
    while (this.#queue.length > 0) {
      const thread = this.#findThread(this.#queue[0]!.job.baseKey)
      if (thread === undefined) return
      const pending = this.#queue.shift()!
      this.#queuedBytes -= pending.bytes
      this.#send(thread, pending)
    }
  }

  /** An idle thread: one that holds the base if there is one, else any, else a new one. */
  #findThread(baseKey: string): Thread | undefined {
    const idle = this.#threads.filter(thread => thread.running === undefined)
    const found = idle.find(thread => thread.held.has(baseKey)) ?? idle[0]
    if (found !== undefined || this.#threads.length >= this.#options.threads) return found
    return this.#startThread()
  }

  #send(thread: Thread, pending: PendingJob): void {
    const { baseKey, base, target, attempts, framing } = pending.job
    const isHeld = thread.held.take(baseKey) === true
    thread.held.put(baseKey, base.length, true)
    thread.running = pending
    thread.worker.ref()
    const request: EncodeRequest = {
      id: ++this.#lastId,
      baseKey,
      base: isHeld ? undefined : base,
      target,
      attempts,
      framing,
    }
    thread.worker.postMessage(request, [])
  }

  #startThread(): Thread {
    const worker = new Worker(new URL('./encode-worker.ts', import.meta.url), {
      workerData: this.#options.maxHeldBytes,
    })
    const thread: Thread = { worker, held: new HeldBases(this.#options.maxHeldBytes), running: undefined }
    worker.on('message', (reply: EncodeReply) => this.#finish(thread, reply))
    worker.on('error', error => this.#drop(thread, error))
    worker.on('exit', code => this.#drop(thread, new Error(`an encoding thread ended with code ${code}`)))
    // An idle thread does not keep the process alive.
    worker.unref()
    this.#threads.push(thread)
    return thread
  }

  #finish(thread: Thread, reply: EncodeReply): void {
    const pending = thread.running
    thread.running = undefined
    thread.worker.unref()
    if ('fault' in reply) pending?.settle(new Fault('FAR_INTERNAL', reply.fault))
    else pending?.settle({ kind: 'encoded', delta: reply.delta, attempt: reply.attempt, ms: reply.ms })
    this.#startNext()
  }

  /** Forgets a thread that has ended or is to end. */
  #drop(thread: Thread, error: Error): void {
    const at = this.#threads.indexOf(thread)
    if (at < 0) return
    this.#threads.splice(at, 1)
    thread.running?.settle(new Fault('FAR_INTERNAL', error.message, { cause: error }))
    this.#startNext()
  }

  #cancel(pending: PendingJob): void {
    pending.settle(toError(pending.job.signal?.reason))
    const at = this.#queue.indexOf(pending)
    if (at >= 0) {
      this.#queue.splice(at, 1)
      this.#queuedBytes -= pending.bytes
      return
    }
    const thread = this.#threads.find(({ running }) => running === pending)
    if (thread === undefined || pending.job.target.length < END_THREAD_FROM_BYTES) return
    this.#drop(thread, new Error('cancelled'))
    void thread.worker.terminate()
  }
}

function toError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason))
}
