// A piece of the link that tests can shut: a TCP relay that passes all that near sends, and what far sends while it is
// open. While it is shut, what far has sent is held here and counted.
// Knows: sockets. Does not know: TLS, HTTP/2.
import { EventEmitter, once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'

export class Valve {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly #changed = new EventEmitter()
  #held: { readonly to: Socket; readonly bytes: Buffer }[] = []
  #isOpen = true
  #heldBytes = 0
  #passedBytes = 0
  #cutAtBytes = Infinity

  private constructor(server: Server, farPort: number) {
    this.#server = server
    server.on('connection', near => {
      const far = connect({ host: '127.0.0.1', port: farPort, noDelay: true })
      for (const socket of [near, far]) {
        this.#sockets.add(socket)
        socket.on('error', () => undefined)
        socket.on('close', () => {
          near.destroy()
          far.destroy()
        })
      }
      near.on('data', bytes => far.write(bytes))
      far.on('data', bytes => this.#pass(near, bytes))
    })
  }

  static async start(farPort: number): Promise<Valve> {
    const server = createServer({ noDelay: true })
    const valve = new Valve(server, farPort)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return valve
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** Bytes from far that went through. */
  get passedBytes(): number {
    return this.#passedBytes
  }

  shut(): void {
    this.#isOpen = false
  }

  open(): void {
    this.#isOpen = true
    for (const { to, bytes } of this.#held.splice(0)) this.#pass(to, bytes)
    this.#heldBytes = 0
  }

  /** Resolves once at least so many bytes are held. */
  async holds(bytes: number): Promise<void> {
    while (this.#heldBytes < bytes) await once(this.#changed, 'bytes')
  }

  /** Resolves once at least so many bytes went through, counted from the start. */
  async passes(bytes: number): Promise<void> {
    while (this.#passedBytes < bytes) await once(this.#changed, 'bytes')
  }

  /** Breaks every connection when so many more bytes have gone through, in the middle of what comes where need be. */
  cutAfter(bytes: number): void {
    this.#cutAtBytes = this.#passedBytes + bytes
  }

  /** Breaks every connection. */
  cut(): void {
    this.#cutAtBytes = Infinity
    for (const socket of this.#sockets) socket.destroy()
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.cut()
    await closed
  }

  #pass(to: Socket, bytes: Buffer): void {
    if (this.#isOpen) {
      const passing = bytes.subarray(0, this.#cutAtBytes - this.#passedBytes)
      this.#passedBytes += passing.length
      to.write(passing, () => {
        if (this.#passedBytes === this.#cutAtBytes) this.cut()
      })
    } else {
      this.#held.push({ to, bytes })
      this.#heldBytes += bytes.length
    }
    this.#changed.emit('bytes')
  }
}
