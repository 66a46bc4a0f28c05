// The nears of fars on several machines: who joined at one may ask all of them, and who was revoked at one is shut out by all.
// Knows: the files of credentials.ts, names in the shared tier. Does not know: HTTP, the server's commands.
//
// 1. The files stay the truth of one machine: without the shared tier it serves whom it knows.
// 2. A join code is in one place: in the file where it was made, or in the shared tier. Taking it from there is one command,
//    so it works once on all machines together.
// 3. Who was revoked comes back nowhere: the revoked are remembered.
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { sharedNames } from '../shared/store/shared-names.ts'
import { makePrivateDirectory, readPrivateFile, removePrivateFile, writePrivateFile } from '../store/private-file.ts'
import type { SharedTier } from '../store/shared-tier.ts'
import { CODES, hashOf, idOf, isTextOf, NEARS } from './credentials.ts'
import type { FarIdentity } from './identity.ts'

// A near waits for it, once in its life.
const PATIENCE_MS = 2000
// As long as a join code is good for.
const CODE_SECONDS = 3600
// What a server lost that came back empty is there again after so many looks (of a second each).
const LOOKS_PER_ROUND = 60

/** `identity`, shared. */
export function shareNears(identity: FarIdentity, dataDir: string, shared: SharedTier): FarIdentity {
  const nears = new SharedNears(identity, dataDir, shared)
  return {
    key: identity.key,
    cert: identity.cert,
    pin: identity.pin,
    get nears() {
      return identity.nears
    },
    makeJoinCode: (now, name) => nears.makeJoinCode(now, name),
    authenticate: proxyAuthorization => identity.authenticate(proxyAuthorization),
    revoke: id => identity.revoke(id),
    join: (code, now) => nears.join(code, now),
    recognize: proxyAuthorization => nears.recognize(proxyAuthorization),
    refresh: () => nears.refresh(),
  }
}

class SharedNears {
  readonly #identity: FarIdentity
  readonly #dataDir: string
  readonly #shared: SharedTier
  readonly #published = new Set<string>()
  #looks = 0

  constructor(identity: FarIdentity, dataDir: string, shared: SharedTier) {
    this.#identity = identity
    this.#dataDir = dataDir
    this.#shared = shared
  }

  async makeJoinCode(now: number, name?: string): Promise<string> {
    const code = await this.#identity.makeJoinCode(now, name)
    await this.#shared.read(() => this.#giveJoinCodes(), PATIENCE_MS)
    return code
  }

  async join(code: string, now: number): ReturnType<FarIdentity['join']> {
    const hash = hashOf(code)
    const text = await this.#shared.read(() => this.#shared.take(sharedNames.joinCode(hash)), PATIENCE_MS)
    if (typeof text === 'string') await this.#write(CODES, hash, text)
    const joined = await this.#identity.join(code, now)
    // Near's next words may go to another far.
    if (joined) await this.#shared.read(() => this.#publish(joined.nearId), PATIENCE_MS)
    return joined
  }

  async recognize(proxyAuthorization: string | undefined): Promise<string | undefined> {
    const known = await this.#identity.recognize(proxyAuthorization)
    const id = idOf(proxyAuthorization)
    if (known !== undefined || id === undefined) return known
    const text = await this.#shared.read(async () => {
      const revoked = await this.#shared.members(sharedNames.revoked)
      return revoked.includes(id) ? null : this.#shared.get(sharedNames.near(id))
    }, PATIENCE_MS)
    if (typeof text !== 'string' || !isTextOf(id, text)) return undefined
    await this.#write(NEARS, `${id}.json`, text)
    return this.#identity.recognize(proxyAuthorization)
  }

  async refresh(): Promise<readonly string[]> {
    const revoked = new Set(await this.#identity.refresh())
    await this.#shared.read(async () => {
      for (const id of revoked) {
        await this.#shared.addMember(sharedNames.revoked, id)
        await this.#shared.remove(sharedNames.near(id))
      }
      const elsewhere = await this.#shared.members(sharedNames.revoked)
      const here = new Set(this.#identity.nears.map(({ id }) => id))
      for (const id of elsewhere) if (here.has(id) && (await this.#identity.revoke(id))) revoked.add(id)
      if (this.#looks++ % LOOKS_PER_ROUND === 0) this.#published.clear()
      for (const { id } of this.#identity.nears) if (!this.#published.has(id)) await this.#publish(id)
      return this.#giveJoinCodes()
    }, PATIENCE_MS)
    return [...revoked]
  }

  async #publish(id: string): Promise<true> {
    const text = await readPrivateFile(join(this.#dataDir, NEARS, `${id}.json`))
    if (text !== undefined) await this.#shared.set(sharedNames.near(id), text)
    this.#published.add(id)
    return true
  }

  /** Moves the join codes that were made on this machine to where each far finds them. */
  async #giveJoinCodes(): Promise<true> {
    const directory = join(this.#dataDir, CODES)
    const names = await readdir(directory).catch(() => [])
    for (const hash of names.filter(name => /^[\w-]{43}$/.test(name))) {
      const path = join(directory, hash)
      const text = await readPrivateFile(path)
      // Whoever removes the file has it.
      if (text === undefined || !(await removePrivateFile(path))) continue
      await this.#shared.set(sharedNames.joinCode(hash), text, CODE_SECONDS).catch(async error => {
        await writePrivateFile(path, text)
        throw error
      })
    }
    return true
  }

  async #write(folder: string, name: string, text: string): Promise<void> {
    const directory = join(this.#dataDir, folder)
    await makePrivateDirectory(directory)
    await writePrivateFile(join(directory, name), text)
  }
}
