// The newest TLS session ticket of far (RFC 8446 §4.6.1), in memory and, so that the first dial after a start resumes too,
// in DIR/far-ticket.json, 0600. It is as secret as the credential beside it, and of use for a day.
// Knows: one ticket, one file. Does not know: TLS; whose key was compared (dial.ts).
import { join } from 'node:path'
import { makePrivateDirectory, readPrivateFile, writePrivateFile } from '../store/private-file.ts'

interface Kept {
  readonly pin: string
  readonly ticket: Buffer
}

const FILE = 'far-ticket.json'

export class TicketSlot {
  readonly #dataDir: string | undefined
  #kept: Kept | undefined
  #writing: Promise<void> | undefined
  #closed = false

  /** Without `dataDir` it is forgotten with the process. */
  constructor(dataDir?: string, kept?: Kept) {
    this.#dataDir = dataDir
    this.#kept = kept
  }

  /** With the ticket of the last process, if there is a good one: without any, a dial only takes a little more. */
  static async open(dataDir: string): Promise<TicketSlot> {
    const text = await readPrivateFile(join(dataDir, FILE)).catch(() => undefined)
    return new TicketSlot(dataDir, text === undefined ? undefined : parse(text))
  }

  keep(pin: string, ticket: Buffer): void {
    if (this.#closed) return
    this.#kept = { pin, ticket }
    // Several come with each session: while one is written, the newest waits.
    this.#writing ??= this.#write()
  }

  /** Far has forgotten it, too. */
  forget(): void {
    this.#kept = undefined
  }

  of(pin: string): Buffer | undefined {
    return this.#kept?.pin === pin ? this.#kept.ticket : undefined
  }

  /** Resolves when what was kept is written, or could not be. A connection that still closes may bring more: too late. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#writing
  }

  async #write(): Promise<void> {
    for (let written: Kept | undefined; this.#dataDir !== undefined && this.#kept && written !== this.#kept; ) {
      written = this.#kept
      const members = { pin: written.pin, ticket: written.ticket.toString('base64') }
      try {
        await makePrivateDirectory(this.#dataDir)
        await writePrivateFile(join(this.#dataDir, FILE), `${JSON.stringify(members)}\n`)
      } catch {
        // The next start dials without it.
        break
      }
    }
    this.#writing = undefined
  }
}

function parse(text: string): Kept | undefined {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null || !('pin' in value && 'ticket' in value)) return undefined
    const { pin, ticket } = value
    return typeof pin === 'string' && typeof ticket === 'string'
      ? { pin, ticket: Buffer.from(ticket, 'base64') }
      : undefined
  } catch {
    return undefined
  }
}
