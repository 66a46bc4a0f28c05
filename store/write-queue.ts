// Hands what is to be written down to the thread that does it, and gives what became of it.
// Knows: the thread, how much waits. Does not know: what is written.
import { setImmediate } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import type { Tell } from './database.ts'
import { CLOSE, type Order, type WorkerStart, type WriteReply, type WriteRequest } from './write-protocol.ts'
import type { Quotas, WriteOutcome } from './writer.ts'

// Contents that wait to be compressed and written: a burst of a few hundred pages.
const MOST_WAITING_BYTES = 64 * 1024 * 1024

interface Pending {
  readonly bytes: number
  readonly done: Promise<unknown>
  readonly resolve: (outcomes: readonly WriteOutcome[]) => void
  readonly reject: (error: Error) => void
}

export class WriteQueue {
  readonly #path: string
  readonly #quotas: Quotas
  readonly #tell: Tell
  readonly #pending = new Map<number, Pending>()
  #worker: Worker | undefined
  #lastId = 0
  #waitingBytes = 0

  constructor(path: string, quotas: Quotas, tell: Tell) {
    this.#path = path
    this.#quotas = quotas
    this.#tell = tell
  }

  /** Whether more should not be given to it for now. */
  get full(): boolean {
    return this.#waitingBytes > MOST_WAITING_BYTES
  }

  /** Resolves when all is written, as a whole and in the order of the calls. Rejects when none of it was. */
  send(orders: readonly Order[]): Promise<readonly WriteOutcome[]> {
    const copied = orders.map(order => (order.kind === 'put' ? { ...order, content: copy(order.content) } : order))
    const contents = copied.flatMap(order => (order.kind === 'put' && order.content ? [order.content] : []))
    const bytes = contents.reduce((sum, each) => sum + each.length, 0)
    const id = ++this.#lastId
    const { promise, resolve, reject } = Promise.withResolvers<readonly WriteOutcome[]>()
    this.#worker ??= this.#startWorker()
    this.#worker.ref()
    this.#pending.set(id, { bytes, done: promise, resolve, reject })
    this.#waitingBytes += bytes
    const request: WriteRequest = { id, orders: copied }
    // The copies are the thread's own from here on.
    const transferred = contents.map(each => each.buffer)
    this.#worker.postMessage(request, transferred)
    return promise
  }

  /** Resolves when all that was sent is written or has failed, and whoever sent it knows. */
  async drain(): Promise<void> {
    while (this.#pending.size > 0) await Promise.allSettled(Array.from(this.#pending.values(), ({ done }) => done))
    await setImmediate()
  }

  /** Ends the thread after all that was sent. */
  async close(): Promise<void> {
    await this.drain()
    const worker = this.#worker
    this.#worker = undefined
    if (!worker) return
    const ended = new Promise(resolve => worker.once('exit', resolve))
    worker.ref()
    worker.postMessage(CLOSE, [])
    await ended
  }

  #startWorker(): Worker {
    const workerData: WorkerStart = { path: this.#path, quotas: this.#quotas }
    const worker = new Worker(new URL('./write-worker.ts', import.meta.url), { workerData })
    worker.on('message', (message: WriteReply) => this.#take(message))
    worker.on('error', error => this.#lose(worker, error))
    worker.on('exit', code => this.#lose(worker, new Error(`the writing thread ended with code ${code}`)))
    return worker
  }

  #take(message: WriteReply): void {
    if ('tell' in message) {
      this.#tell(message.tell)
      return
    }
    if ('written' in message) {
      for (const { id, outcomes } of message.written) this.#settle(id)?.resolve(outcomes)
      return
    }
    this.#settle(message.id)?.reject(new Error(message.why))
  }

  /** The next order starts another thread. */
  #lose(worker: Worker, error: Error): void {
    if (this.#worker !== worker) return
    this.#worker = undefined
    for (const id of this.#pending.keys()) this.#settle(id)?.reject(error)
  }

  #settle(id: number): Pending | undefined {
    const pending = this.#pending.get(id)
    this.#waitingBytes -= pending?.bytes ?? 0
    this.#pending.delete(id)
    // An idle thread does not keep the process alive.
    if (this.#pending.size === 0) this.#worker?.unref()
    return pending
  }
}

/** A content may be a part of a larger buffer, which would be copied as a whole. */
function copy(content: Uint8Array | undefined): Uint8Array<ArrayBuffer> | undefined {
  return content && new Uint8Array(content)
}
