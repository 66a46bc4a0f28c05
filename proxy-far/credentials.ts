// Which nears may use this far: join codes for the first contact, a lasting credential for each near after it.
//
// 1. Far keeps hashes only: whoever reads its files or its memory cannot pose as a near.
// 2. A join code works once, within an hour, whichever process made it: who removes its file has it.
// 3. A credential is handed out only after its hash is on the disk.
// 4. How long a check takes does not depend on the secret.
// 5. The files are the truth: a near whose file is gone is refused from the next `refresh` on.
//
// Knows: secrets, DIR/join-codes/HASH and DIR/nears/ID.json. Does not know: HTTP, the clock (`now` is an argument).

import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'

import { Fault } from '../shared/fault.ts'
import { makePrivateDirectory, readPrivateFile, removePrivateFile, writePrivateFile } from '../store/private-file.ts'

export const NEARS = 'nears'
export const CODES = 'join-codes'

// 128 bits cannot be guessed in an hour, nor in any other time.
const CODE_BYTES = 16
const CODE_LIFETIME_MS = 3_600_000
// 256 bits, because a credential lasts; the id only tells nears apart.
const SECRET_BYTES = 32
const ID_BYTES = 8
// SHA-256 in base64url.
const HASH_LENGTH = 43
const NAME = /^[\p{L}\p{N}][\p{L}\p{N} ._@-]{0,63}$/u

// RFC 6750 §2.1.
const CREDENTIAL = /^Bearer +(?<id>[\w-]{1,64})\.(?<secret>[\w-]{1,128})$/i

/** A near that joined. */
export interface Near {
  readonly id: string
  /** What whoever invited it calls it; empty when they did not say. */
  readonly name: string
  /** Milliseconds since 1970. */
  readonly joinedAt: number
}

interface KnownNear extends Near {
  /** SHA-256 of the secret, base64url. A secret of 256 random bits needs no slow hash. */
  readonly hash: string
}

export interface Joined {
  /** What near sends as `proxy-authorization: Bearer …` from now on. */
  readonly credential: string
  readonly nearId: string
}

export class Credentials {
  readonly #directory: string
  readonly #nears = new Map<string, KnownNear>()

  private constructor(directory: string) {
    this.#directory = directory
  }

  /** Reads the nears that joined. Raises CANNOT_READ when the file of one is damaged. */
  static async open(directory: string): Promise<Credentials> {
    const credentials = new Credentials(directory)
    await credentials.refresh()
    return credentials
  }

  get nears(): readonly Near[] {
    return [...this.#nears.values()].sort((one, other) => one.joinedAt - other.joinedAt)
  }

  /** A new join code, in base64url; the near that uses it gets `name`. Raises USAGE for a name that is none, CANNOT_READ. */
  async makeJoinCode(now: number, name = ''): Promise<string> {
    if (name !== '' && !NAME.test(name)) {
      throw new Fault('USAGE', `${JSON.stringify(name)} is not a name: 64 letters, digits, spaces and . _ @ - at most`)
    }
    const directory = join(this.#directory, CODES)
    await makePrivateDirectory(directory)
    for (const hash of await readdir(directory)) {
      // Anything else is being written at this moment.
      if (hash.length !== HASH_LENGTH) continue
      const code = await readCode(join(directory, hash))
      if (code === undefined || code.expiresAt <= now) await rm(join(directory, hash), { force: true })
    }
    const code = randomBytes(CODE_BYTES).toString('base64url')
    await writePrivateFile(join(directory, hashOf(code)), toJson({ expiresAt: now + CODE_LIFETIME_MS, name }))
    return code
  }

  /** Exchanges a code for a credential; undefined for a code that is wrong, used or too old. Raises CANNOT_READ. */
  async join(code: string, now: number): Promise<Joined | undefined> {
    const path = join(this.#directory, CODES, hashOf(code))
    const made = await readCode(path)
    if (made === undefined || made.expiresAt <= now) return undefined
    // A file can be removed once, so two joins at the same moment, in two processes even, cannot both have it.
    if (!(await removePrivateFile(path))) return undefined
    const secret = randomBytes(SECRET_BYTES).toString('base64url')
    const near = {
      // Hexadecimal: an ID that began with a dash would look like an option.
      id: randomBytes(ID_BYTES).toString('hex'),
      name: made.name,
      joinedAt: now,
      hash: hashOf(secret),
    }
    try {
      await makePrivateDirectory(join(this.#directory, NEARS))
      await writePrivateFile(this.#pathOf(near.id), toJson(near))
    } catch (error) {
      await writePrivateFile(path, toJson(made))
      throw error
    }
    this.#nears.set(near.id, near)
    return { credential: `${near.id}.${secret}`, nearId: near.id }
  }

  /** The near whose credential `proxyAuthorization` carries (RFC 6750 §2.1), undefined when it is not accepted. */
  authenticate(proxyAuthorization: string | undefined): string | undefined {
    const credential = CREDENTIAL.exec(proxyAuthorization ?? '')?.groups
    if (credential === undefined) return undefined
    const near = this.#nears.get(credential['id'] ?? '')
    if (near === undefined) return undefined
    const presented = createHash('sha256')
      .update(credential['secret'] ?? '')
      .digest()
    return timingSafeEqual(presented, Buffer.from(near.hash, 'base64url')) ? near.id : undefined
  }

  /** The same, also for a near that joined in another process a moment ago. Raises CANNOT_READ. */
  async recognize(proxyAuthorization: string | undefined): Promise<string | undefined> {
    const id = idOf(proxyAuthorization)
    if (id === undefined) return undefined
    const near = this.#nears.has(id) ? undefined : await this.#read(id)
    if (near !== undefined) this.#nears.set(id, near)
    return this.authenticate(proxyAuthorization)
  }

  /** Takes the credential of near `id` back; false when there is no such near. Raises CANNOT_READ. */
  async revoke(id: string): Promise<boolean> {
    const isKnown = this.#nears.delete(id)
    return isKnown && (await removePrivateFile(this.#pathOf(id)))
  }

  /** Looks at what other processes did; gives the ids of nears that were revoked. Raises CANNOT_READ. */
  async refresh(): Promise<readonly string[]> {
    // Before the directory is read: who joins meanwhile is not missing from it.
    const known = [...this.#nears.keys()]
    const present = new Set(await listIds(join(this.#directory, NEARS)))
    for (const id of present) {
      if (this.#nears.has(id)) continue
      const near = await this.#read(id)
      if (near !== undefined) this.#nears.set(id, near)
    }
    const revoked = known.filter(id => !present.has(id))
    for (const id of revoked) this.#nears.delete(id)
    return revoked
  }

  async #read(id: string): Promise<KnownNear | undefined> {
    const path = this.#pathOf(id)
    const text = await readPrivateFile(path)
    if (text === undefined) return undefined
    if (isTextOf(id, text)) return parse(text) as KnownNear
    throw new Fault(
      'CANNOT_READ',
      `The file ${path} is damaged. Put a copy back; or delete it, and that near must join again.`,
    )
  }

  #pathOf(id: string): string {
    return join(this.#directory, NEARS, `${id}.json`)
  }
}

async function listIds(directory: string): Promise<readonly string[]> {
  try {
    const names = await readdir(directory)
    return names.flatMap(name => /^(?<id>[\w-]{1,64})\.json$/.exec(name)?.groups?.['id'] ?? [])
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw new Fault('CANNOT_READ', `The directory ${directory} cannot be read: ${String(error)}.`, { cause: error })
  }
}

/** The id that a credential names, whether it is good or not. */
export function idOf(proxyAuthorization: string | undefined): string | undefined {
  return CREDENTIAL.exec(proxyAuthorization ?? '')?.groups?.['id']
}

/** Whether `text` is what the file of near `id` may hold. */
export function isTextOf(id: string, text: string): boolean {
  const near = parse(text)
  return isNear(near) && near.id === id
}

interface JoinCode {
  /** Milliseconds since 1970. */
  readonly expiresAt: number
  readonly name: string
}

/** Undefined when there is none, or it is damaged: then somebody has to be invited anew. */
async function readCode(path: string): Promise<JoinCode | undefined> {
  const code = parse((await readPrivateFile(path)) ?? '')
  if (typeof code !== 'object' || code === null || !('expiresAt' in code && 'name' in code)) return undefined
  const { expiresAt, name } = code
  return typeof expiresAt === 'number' && typeof name === 'string' ? { expiresAt, name } : undefined
}

function isNear(value: unknown): value is KnownNear {
  if (typeof value !== 'object' || value === null) return false
  if (!('id' in value && 'name' in value && 'hash' in value && 'joinedAt' in value)) return false
  const { id, name, hash, joinedAt } = value
  if (typeof id !== 'string' || typeof name !== 'string' || typeof joinedAt !== 'number') return false
  return typeof hash === 'string' && Buffer.from(hash, 'base64url').length === 32
}

export function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url')
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function toJson(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`
}
