// The two programs that compare.ts runs at the ends of a link: one that serves bytes, one that asks and times.
// Knows: TCP, the monotonic clock. Does not know: which link is between them.
//   node probe.ts serve HOST PORT          prints its port
//   node probe.ts ask HOST PORT            reads one measurement a line (JSON), prints its times in ms (JSON)

import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { setTimeout } from 'node:timers/promises'

export type Measurement =
  /** One small answer on a new connection. */
  | { readonly kind: 'new' }
  /** Small answers, one after another, on a connection that has given one. */
  | { readonly kind: 'warm'; readonly times: number }
  /** `bytes` over each of several new connections at once; the time until all are done. */
  | { readonly kind: 'bulk'; readonly direction: 'up' | 'down'; readonly bytes: number; readonly connections: number }
  /** Small answers on a warm connection, up to `pauseMs` apart, while another is busy with `bytes`. */
  | { readonly kind: 'beside'; readonly bytes: number; readonly pauseMs: number }

// A small page or a delta, and a request with its fields.
const ANSWER_BYTES = 2000
const REQUEST_BYTES = 400
const CHUNK_BYTES = 65_536
// Its multiples, modulo 1, spread evenly however many there are.
const GOLDEN = 0.618

const [mode, host = '127.0.0.1', port = '0'] = process.argv.slice(2)
if (import.meta.main) await (mode === 'serve' ? serve(host, Number(port)) : ask(host, Number(port)))

/** `give N`: sends N bytes. `take N`: reads N bytes and sends one. A request fills up with spaces. */
async function serve(host: string, port: number): Promise<void> {
  const server = createServer({ noDelay: true }, socket => {
    let line = ''
    let toRead = 0
    socket.on('error', () => undefined)
    socket.on('data', chunk => {
      let rest = chunk
      while (rest.length > 0) {
        if (toRead > 0) {
          const read = Math.min(toRead, rest.length)
          toRead -= read
          rest = rest.subarray(read)
          if (toRead === 0) socket.write('k')
          continue
        }
        const end = rest.indexOf(10)
        line += rest.toString('latin1', 0, end < 0 ? rest.length : end)
        if (end < 0) return
        rest = rest.subarray(end + 1)
        const [verb, bytes] = line.split(' ')
        line = ''
        if (verb === 'take') toRead = Number(bytes)
        else void give(socket, Number(bytes))
      }
    })
  })
  server.listen(port, host)
  // Standard input ends with whoever started this.
  process.stdin.on('end', () => process.exit(0)).resume()
  await once(server, 'listening')
  const address = server.address()
  process.stdout.write(`${typeof address === 'object' ? address?.port : ''}\n`)
}

async function give(socket: Socket, bytes: number, head = ''): Promise<void> {
  for (let left = bytes; left > 0 && !socket.destroyed; left -= CHUNK_BYTES) {
    const written = Promise.withResolvers<void>()
    const chunk = Buffer.alloc(Math.min(left, CHUNK_BYTES))
    // One write with what goes before: a small packet of its own would change when the kernel leaves slow start.
    // The callback is also called when the connection is gone.
    socket.write(left === bytes ? Buffer.concat([Buffer.from(head), chunk]) : chunk, () => written.resolve())
    await written.promise
  }
}

async function ask(host: string, port: number): Promise<void> {
  for await (const line of createInterface({ input: process.stdin })) {
    const times = await measure(JSON.parse(line), host, port)
    process.stdout.write(`${JSON.stringify(times)}\n`)
  }
  process.exit(0)
}

// oxlint-disable-next-line typescript/consistent-return -- the switch is exhaustive
async function measure(measurement: Measurement, host: string, port: number): Promise<number[]> {
  const open = () => openSocket(host, port)
  switch (measurement.kind) {
    case 'new': {
      const startedAt = performance.now()
      const socket = open()
      await receive(socket, 'give', ANSWER_BYTES)
      socket.destroy()
      return [performance.now() - startedAt]
    }
    case 'warm': {
      const socket = open()
      await receive(socket, 'give', ANSWER_BYTES)
      const times = []
      for (let time = 0; time < measurement.times; time++) times.push(await timeAsk(socket))
      socket.destroy()
      return times
    }
    case 'bulk': {
      const { connections, bytes, direction } = measurement
      const startedAt = performance.now()
      const sockets = Array.from({ length: connections }, open)
      await Promise.all(
        sockets.map(socket => (direction === 'down' ? receive(socket, 'give', bytes) : upload(socket, bytes))),
      )
      for (const socket of sockets) socket.destroy()
      return [performance.now() - startedAt]
    }
    case 'beside':
      return measureBeside(open, measurement)
  }
}

async function measureBeside(open: () => Socket, plan: { bytes: number; pauseMs: number }): Promise<number[]> {
  const socket = open()
  await receive(socket, 'give', ANSWER_BYTES)
  const bulk = open()
  const busy = { is: true }
  const transfer = async () => {
    await receive(bulk, 'give', plan.bytes)
    busy.is = false
  }
  const done = transfer()
  const times = []
  while (busy.is) {
    // Asks that follow one another at once fall into step with the bursts of the transfer: just before, or just after.
    await setTimeout(((times.length * GOLDEN) % 1) * plan.pauseMs)
    times.push(await timeAsk(socket))
  }
  await done
  socket.destroy()
  bulk.destroy()
  // The first began before the other connection was there, the last was finished alone.
  return times.slice(1, -1)
}

function openSocket(host: string, port: number): Socket {
  const socket = connect({ host, port, noDelay: true })
  socket.on('error', error => {
    process.stderr.write(`${error.message}\n`)
    process.exit(1)
  })
  return socket
}

async function timeAsk(socket: Socket): Promise<number> {
  const startedAt = performance.now()
  await receive(socket, 'give', ANSWER_BYTES)
  return performance.now() - startedAt
}

async function receive(socket: Socket, verb: 'give' | 'take', bytes: number): Promise<void> {
  socket.write(`${`${verb} ${bytes} `.padEnd(REQUEST_BYTES - 1)}\n`)
  await readBytes(socket, verb === 'give' ? bytes : 1)
}

async function upload(socket: Socket, bytes: number): Promise<void> {
  const answered = readBytes(socket, 1)
  await give(socket, bytes, `take ${bytes}\n`)
  await answered
}

async function readBytes(socket: Socket, bytes: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  let left = bytes
  const count = (chunk: Buffer) => {
    left -= chunk.length
    if (left > 0) return
    socket.off('data', count)
    resolve()
  }
  socket.on('data', count)
  await promise
}
