// Near's door, when it is open to a network: who may use it, and its pages. On loopback there is none.
// Knows: the password and where it is kept, who guesses. Does not know: sockets, pages.
//
// 1. Beyond loopback there is a password unless the user says --open: nobody opens near to a network by accident.
// 2. Who guesses is locked out; a password that a person chose can be guessed, so a right one then waits as well.
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { NearConfig } from '../shared/config/options.ts'
import { Fault } from '../shared/fault.ts'
import { hasPassword } from '../shared/http/basic-credentials.ts'
import { LockOut } from '../shared/limits/lock-out.ts'
import { isLoopback } from '../shared/link/join-url.ts'
import { makePrivateDirectory, readPrivateFile, writePrivateFile } from '../store/private-file.ts'

const FILE = 'proxy-password'
// 128 bits: no lock-out is needed for it.
const PASSWORD_BYTES = 16

export class Door {
  readonly #password: string | undefined
  readonly #now: () => number
  readonly #lockOut = new LockOut()
  /** The password, when it was made just now: to be shown, once. */
  readonly made: string | undefined

  private constructor(password: string | undefined, made: string | undefined, now: () => number) {
    this.#password = password
    this.made = made
    this.#now = now
  }

  /** Raises CANNOT_READ, CONFIG. */
  static async hang({ listen, open, proxyPasswordFile, data }: NearConfig, now: () => number): Promise<Door> {
    if (proxyPasswordFile !== undefined) return new Door(await readPassword(proxyPasswordFile), undefined, now)
    if (open || isLoopback(listen.host)) return new Door(undefined, undefined, now)
    await makePrivateDirectory(data)
    const path = join(data, FILE)
    const kept = (await readPrivateFile(path))?.trim()
    if (kept) return new Door(kept, undefined, now)
    const made = randomBytes(PASSWORD_BYTES).toString('base64url')
    await writePrivateFile(path, `${made}\n`)
    return new Door(made, made, now)
  }

  /** Why whoever sent this field from this address may not come in; undefined when they may. */
  refuse(address: string | undefined, field: string | undefined): Fault | undefined {
    if (this.#password === undefined) return undefined
    const now = this.#now()
    const waitMs = this.#lockOut.waitMs(address ?? '', now)
    if (waitMs > 0) return lockedOut(waitMs)
    if (hasPassword(field, this.#password)) return undefined
    // A browser asks first without.
    if (field !== undefined) this.#lockOut.fail(address ?? '', now)
    return new Fault('CLIENT_CREDENTIAL', 'It is open to a network, and not to everybody on it.')
  }
}

async function readPassword(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new Fault('CANNOT_READ', `The password cannot be read from ${path}: ${String(error)}.`, { cause: error })
  })
  const [password = ''] = text.split(/\r?\n/)
  if (password === '') throw new Fault('CONFIG', `The first line of ${path} is to be the password, and it is empty.`)
  return password
}

function lockedOut(waitMs: number): Fault {
  const retryAfterSeconds = Math.ceil(waitMs / 1000)
  const message = `Too many wrong passwords came from this address; the next is looked at in ${retryAfterSeconds} s.`
  return new Fault('CLIENT_LOCKED_OUT', message, { retryAfterSeconds })
}
