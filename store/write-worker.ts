// The thread that compresses versions and writes them down, so that no event loop waits for a disk.
// Knows: messages, the writer. Does not know: who waits for it; a request that fails is theirs to judge.
//
// Requests that came at once, or while it worked, are written in one transaction: it costs about as much as that of one.
import { setImmediate } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'
import { compress } from '../shared/store/compressed.ts'
import { toStored } from '../shared/store/stored-content.ts'
import { describeFailure, isCurrent, isDamage, type OpenedDatabase, openToWrite, removeDamaged } from './database.ts'
import { CLOSE, type Order, type WorkerStart, type WriteReply, type WriteRequest } from './write-protocol.ts'
import { type WriteCommand, Writer } from './writer.ts'

const port = parentPort!
const { path, quotas } = workerData as WorkerStart

// More would make what is read wait for their pages; a batch takes some milliseconds.
const MOST_AT_ONCE = 64
// And so much more than its quota the file may take until what is worth least is given up.
const MOST_BYTES_AT_ONCE = 4 * 1024 * 1024

let opened: (OpenedDatabase & { readonly writer: Writer }) | undefined
const waiting: WriteRequest[] = []
let working = false

port.on('message', (request: WriteRequest | typeof CLOSE) => {
  if (request === CLOSE) {
    opened?.db.close()
    port.close()
    return
  }
  waiting.push(request)
  if (working) return
  working = true
  void workOff().finally(() => {
    working = false
  })
})

async function workOff(): Promise<void> {
  // What was sent in one turn arrives in one, message by message.
  await setImmediate()
  while (waiting.length > 0) {
    const batch = takeBatch()
    try {
      const { writer } = open()
      const prepared = batch.map(({ orders }) => Promise.all(orders.map(order => prepare(order, writer))))
      write(batch, await Promise.all(prepared))
    } catch (error) {
      giveUp(error)
      // One of them may be what cannot be written: then the others need not fail with it.
      for (const { id } of batch) reply({ id, why: describeFailure(error) })
    }
  }
}

function takeBatch(): WriteRequest[] {
  let bytes = 0
  const end = waiting.findIndex(({ orders }, at) => {
    for (const order of orders) bytes += order.kind === 'put' ? (order.content?.length ?? 0) : 0
    return at > 0 && (at >= MOST_AT_ONCE || bytes > MOST_BYTES_AT_ONCE)
  })
  return waiting.splice(0, end < 0 ? waiting.length : end)
}

function write(batch: readonly WriteRequest[], prepared: readonly (readonly WriteCommand[])[]): void {
  const outcomes = open().writer.apply(prepared.flat())
  let at = 0
  reply({ written: batch.map(({ id, orders }) => ({ id, outcomes: outcomes.slice(at, (at += orders.length)) })) })
}

async function prepare(order: Order, writer: Writer): Promise<WriteCommand> {
  if (order.kind !== 'put') return order
  const { record, answersByItself, compressible, content } = order
  if (!content || writer.has(record.digest)) return { kind: 'put', record, answersByItself, content: undefined }
  return {
    kind: 'put',
    record,
    answersByItself,
    content: toStored(content, compressible ? await compress(content) : undefined),
  }
}

function open() {
  // Another process may have put a new file in the place of a damaged one.
  if (opened && !isCurrent(path, opened)) {
    opened.db.close()
    opened = undefined
  }
  if (opened) return opened
  const file = openToWrite(path, tell => reply({ tell }))
  opened = { ...file, writer: new Writer(file.db, quotas) }
  return opened
}

/** After a failure the file is opened anew: the disk may have changed below it. What is damaged goes. */
function giveUp(error: unknown): void {
  const former = opened
  opened = undefined
  try {
    former?.db.close()
  } catch {
    // It is given up in any case.
  }
  if (!former || !isDamage(error)) return
  removeDamaged(path, former.inode)
  reply({ tell: `the store ${path} was damaged (${describeFailure(error)}): it is emptied` })
}

function reply(message: WriteReply): void {
  port.postMessage(message)
}
