// Which nears may use this far: join codes for the first contact, a lasting credential for each near after it.
//
// 1. Far keeps hashes only: whoever reads its files or its memory cannot pose as a near.
// 2. A join code works once, within an hour, and dies with the process.
// 3. A credential is handed out only after its hash is on the disk.
// 4. How long a check takes does not depend on the secret.
//
// Knows: secrets, one file. Does not know: HTTP, the clock (`now` is an argument).

import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { join } from 'node:path'

import { Fault } from '../shared/fault.ts'
import { readPrivateFile, writePrivateFile } from '../store/private-file.ts'

const NEARS_FILE = 'nears.json'

// 128 bits cannot be guessed in an hour, nor in any other time.
const CODE_BYTES = 16
const CODE_LIFETIME_MS = 3_600_000
// 256 bits, because a credential lasts; the id only tells nears apart.
const SECRET_BYTES = 32
const ID_BYTES = 9

interface Near {
  readonly id: string
  /** SHA-256 of the secret, base64url. A secret of 256 random bits needs no slow hash. */
  readonly hash: string
  /** Milliseconds since 1970. */
  readonly joinedAt: number
}

export interface Joined {
  /** What near sends as `proxy-authorization: Bearer …` from now on. */
  readonly credential: string
  readonly nearId: string
}

export class Credentials {
  readonly #path: string
  readonly #nears: Map<string, Near>
  /** Hash of a join code → when it expires. */
  readonly #codes = new Map<string, number>()
  #writing: Promise<void> = Promise.resolve()

  private constructor(path: string, nears: readonly Near[]) {
    this.#path = path
    this.#nears = new Map(nears.map(near => [near.id, near]))
  }

  /** Reads the nears that joined. Raises CANNOT_READ when the file is there but damaged. */
  static async open(directory: string): Promise<Credentials> {
    const path = join(directory, NEARS_FILE)
    const text = await readPrivateFile(path)
    return new Credentials(path, text === undefined ? [] : readNears(text, path))
  }

  /** A new join code, in base64url. */
  makeJoinCode(now: number): string {
    for (const [hash, expiresAt] of this.#codes) if (expiresAt <= now) this.#codes.delete(hash)
    const code = randomBytes(CODE_BYTES).toString('base64url')
    this.#codes.set(hashOf(code), now + CODE_LIFETIME_MS)
    return code
  }

  /** Exchanges a code for a credential; undefined for a code that is wrong, used or too old. Raises CANNOT_READ. */
  async join(code: string, now: number): Promise<Joined | undefined> {
    const hash = hashOf(code)
    const expiresAt = this.#codes.get(hash)
    // Before the first await, so that two joins at the same moment cannot both have it.
    this.#codes.delete(hash)
    if (expiresAt === undefined || expiresAt <= now) return undefined
    const nearId = randomBytes(ID_BYTES).toString('base64url')
    const secret = randomBytes(SECRET_BYTES).toString('base64url')
    this.#nears.set(nearId, { id: nearId, hash: hashOf(secret), joinedAt: now })
    try {
      await this.#write()
    } catch (error) {
      this.#nears.delete(nearId)
      this.#codes.set(hash, expiresAt)
      throw error
    }
    return { credential: `${nearId}.${secret}`, nearId }
  }

  /** The near whose credential `proxyAuthorization` carries (RFC 6750 §2.1), undefined when it is not accepted. */
  authenticate(proxyAuthorization: string | undefined): string | undefined {
    const credential = /^Bearer +(?<id>[\w-]{1,64})\.(?<secret>[\w-]{1,128})$/i.exec(proxyAuthorization ?? '')?.groups
    if (credential === undefined) return undefined
    const near = this.#nears.get(credential['id'] ?? '')
    if (near === undefined) return undefined
    const presented = createHash('sha256')
      .update(credential['secret'] ?? '')
      .digest()
    return timingSafeEqual(presented, Buffer.from(near.hash, 'base64url')) ? near.id : undefined
  }

  /** One write at a time, each with the nears of its moment: the last one on the disk is the newest. */
  #write(): Promise<void> {
    const write = () =>
      writePrivateFile(this.#path, `${JSON.stringify({ nears: [...this.#nears.values()] }, null, 2)}\n`)
    const written = this.#writing.then(write, write)
    this.#writing = written.catch(() => undefined)
    return written
  }
}

function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url')
}

function readNears(text: string, path: string): Near[] {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && 'nears' in value) {
      if (Array.isArray(value.nears) && value.nears.every(isNear)) return value.nears
    }
  } catch {
    // Said below.
  }
  throw new Fault(
    'CANNOT_READ',
    `The file ${path} is damaged. Put a copy back; or delete it, and every near must join again.`,
  )
}

function isNear(value: unknown): value is Near {
  if (typeof value !== 'object' || value === null) return false
  if (!('id' in value && 'hash' in value && 'joinedAt' in value)) return false
  if (typeof value.id !== 'string' || typeof value.joinedAt !== 'number' || typeof value.hash !== 'string') return false
  return Buffer.from(value.hash, 'base64url').length === 32
}
