// The versions that one proxy keeps: in memory what was used of late, on the disk what is worth most, also after a restart
// and also what other processes of this machine keep there; and those that fars on other machines share with this one.
// Knows: the tiers, what is on its way to the disk. Does not know: HTTP, files' formats, servers.
//
// Lookups are of the memory and do not wait. Whoever is about to look something up first has it recalled: from the disk,
// then from the shared tier what the disk does not have.
//
// Invariants:
// 1. Of a URL with changes that are not on the disk, or may not be, the disk is not believed (`#unsettled`, `#behind`).
// 2. Memory holds the versions of a URL in the order in which they were stored, whichever process stored them.
// 3. A disk that fails is left alone for a while (health.ts): service goes on from memory.
import type { VersionsLimits } from '../shared/versions.ts'
import { nameSiblings } from '../shared/exchange/siblings.ts'
import { Fault } from '../shared/fault.ts'
import { isCompressible } from '../shared/http/content.ts'
import { type HealthEvent, StoreHealth } from '../shared/store/health.ts'
import { namesOf, toRecord, toVersion, type VersionRecord } from '../shared/store/record.ts'
import type { Scope, Version } from '../shared/version.ts'
import { Versions, versionKey } from '../shared/versions.ts'
import {
  describeFailure,
  isCurrent,
  isDamage,
  openToRead,
  openToWrite,
  type OpenedDatabase,
  removeDamaged,
  storePath,
} from './database.ts'
import { OriginLists } from './origin-lists.ts'
import { type Listed, Reader } from './reader.ts'
import type { SharedTier } from './shared-tier.ts'
import type { Order } from './write-protocol.ts'
import { WriteQueue } from './write-queue.ts'
import type { Note, Quotas, WriteOutcome } from './writer.ts'

export interface StoreLog {
  info(facts: object, message: string): void
  warn(facts: object, message: string): void
}

export interface KeptVersionsOptions {
  readonly memory: VersionsLimits
  /** Undefined: nothing is kept on a disk. */
  readonly disk: { readonly dataDir: string; readonly quotas: Quotas } | undefined
  /** What other machines share with this one; whoever opened it closes it. */
  readonly shared?: SharedTier | undefined
  readonly log: StoreLog
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/** What is about to be looked up. */
export interface Wanted {
  readonly url: string
  readonly scopes: readonly Scope[]
  /** Short digests of versions of whatever URL. */
  readonly digests?: readonly string[]
  /** Whether versions of URLs like this one would do where there is none. */
  readonly siblings: boolean
  /** Whether dictionaries of its origin are (RFC 9842). */
  readonly dictionaries?: boolean
}

// Uses and notes wait for this long, so that they cost one transaction: a kill loses no more of them.
const GATHER_MS = 5000
// Whether somebody replaced the file is looked at so often.
const LOOK_MS = 1000
// URLs; about 200 bytes each. With more of them behind, all that the disk has is given up.
const MOST_BEHIND = 10_000

// Of a version that is on the disk under a seq that only the disk knows: the next lookup finds it out.
const SOME_SEQ = -1

interface OpenReader extends OpenedDatabase {
  readonly reader: Reader
  lookedAt: number
}

export class KeptVersions {
  readonly #memory: Versions
  readonly #options: KeptVersionsOptions
  readonly #path: string | undefined
  readonly #queue: WriteQueue | undefined
  readonly #health = new StoreHealth()
  /** Of the versions in memory that are on the disk. */
  #seqs = new WeakMap<Version, number>()
  /** URLs with changes on their way to the disk. */
  readonly #unsettled = new Map<string, number>()
  /** URLs, and their scopes, with changes that never reached the disk: what it has of them goes first. */
  readonly #behind = new Map<string, Set<Scope>>()
  readonly #uses = new Map<Version, number>()
  readonly #notes = new Map<string, Note>()
  readonly #origins = new OriginLists()
  #gathering: NodeJS.Timeout | undefined
  #reading: OpenReader | undefined
  #inode: bigint | undefined
  #closed = false
  #changes = -1
  #clears = 0

  /** Opens the disk if one is wanted. Raises STORE_FORMAT; a disk that fails is logged, and tried again later. */
  constructor(options: KeptVersionsOptions) {
    this.#options = options
    this.#memory = new Versions(options.memory)
    if (!options.disk) return
    const { dataDir, quotas } = options.disk
    const tell = (message: string) => options.log.warn({}, message)
    this.#path = storePath(dataDir)
    this.#queue = new WriteQueue(this.#path, quotas, tell)
    try {
      // Makes the file and its tables, so that it can be read from the start.
      openToWrite(this.#path, tell).db.close()
      this.#clears = this.#openReader()?.clears ?? 0
    } catch (error) {
      if (error instanceof Fault && error.code === 'STORE_FORMAT') throw error
      this.#fail(error)
    }
  }

  /** Bytes in memory. */
  get sizeBytes(): number {
    return this.#memory.sizeBytes
  }

  /** How many are in memory. */
  get count(): number {
    return this.#memory.count
  }

  /** Resolves when the lookups of `wanted` find what the other tiers have. Never fails: then memory is all there is. */
  async recall(wanted: Wanted): Promise<void> {
    await this.#recallFromDisk(wanted)
    const { shared } = this.#options
    if (shared) await shared.read(() => this.#recallShared(shared, wanted))
  }

  async #recallFromDisk(wanted: Wanted): Promise<void> {
    const { url, scopes, digests = [] } = wanted
    try {
      const reader = this.#openReader()
      if (!reader) return
      this.#noticeClear(reader)
      await this.#refresh(reader, url, scopes)
      const others: Listed[] = []
      const ofOrigin = () => this.#origins.of(reader, url, scopes, this.#changes, this.#options.now())
      if (wanted.siblings && this.#memory.of(url, scopes).length === 0) {
        others.push(...nameSiblings(url, ofOrigin().newest))
      }
      for (const digest of digests) {
        const listed = this.#memory.find(digest, scopes) ? undefined : reader.find(digest, scopes)
        if (listed) others.push(listed)
      }
      if (wanted.dictionaries) others.push(...ofOrigin().dictionaries)
      await Promise.all(others.map(other => this.#refresh(reader, other.url, scopes)))
      this.#noteUses(wanted)
    } catch (error) {
      this.#fail(error)
    }
  }

  /** As `Versions.of`. */
  of(url: string, scopes: readonly Scope[]): Version[] {
    return this.#memory.of(url, scopes)
  }

  /** As `Versions.ofOrigin`. */
  ofOrigin(url: string, scopes: readonly Scope[]): Version[] {
    return this.#memory.ofOrigin(url, scopes)
  }

  /** As `Versions.dictionariesOf`. */
  dictionariesOf(url: string, scopes: readonly Scope[]): Version[] {
    return this.#memory.dictionariesOf(url, scopes)
  }

  /** As `Versions.find`. */
  find(shortDigest: string, scopes: readonly Scope[]): Version | undefined {
    return this.#memory.find(shortDigest, scopes)
  }

  /** All in memory, what was used last first. */
  all(): Version[] {
    return this.#memory.all()
  }

  /** Adds a version as the newest of its URL and scope; the other tiers get it behind. */
  add(version: Version): void {
    this.#addHere(version)
    if (!this.#closed && this.#memory.holds(version)) this.#options.shared?.put(version)
  }

  #addHere(version: Version): void {
    this.#memory.add(version)
    // What memory does not take could not be looked up later.
    if (!this.#queue || this.#closed || !this.#memory.holds(version)) return
    const { url, scope, fields, freshness, digest, content } = version
    const order: Order = {
      kind: 'put',
      record: toRecord(version),
      answersByItself: freshness.isForAWhile,
      compressible: isCompressible(fields),
      content: this.#has(digest) ? undefined : content,
    }
    this.#write(order, url, [scope], seq => {
      if (seq !== undefined) this.#seqs.set(version, seq)
    })
  }

  /** As `Versions.invalidate`, in all tiers. */
  invalidate(url: string, scopes: readonly Scope[]): void {
    this.#memory.invalidate(url, scopes)
    const invalidated = this.#memory.of(url, scopes)
    this.#options.shared?.replace(url, scopes, invalidated)
    this.#write({ kind: 'invalidate', url, scopes }, url, scopes, () => {
      for (const version of invalidated) this.#seqs.set(version, SOME_SEQ)
    })
  }

  /** As `Versions.drop`, in all tiers. */
  drop(url: string, scopes: readonly Scope[]): void {
    this.#memory.drop(url, scopes)
    this.#options.shared?.replace(url, scopes, [])
    this.#write({ kind: 'drop', url, scopes }, url, scopes)
  }

  /** Notes something small for after a restart; a note of the same kind and name replaces the last one. */
  note(kind: string, name: string, text: string): void {
    if (!this.#queue || this.#closed) return
    this.#notes.set(`${kind} ${name}`, { kind, name, text, at: this.#options.now() })
    this.#gather()
  }

  /** What was noted, in no order. */
  notes(kind: string): readonly Note[] {
    try {
      return this.#openReader()?.notes(kind) ?? []
    } catch (error) {
      this.#fail(error)
      return []
    }
  }

  /** Resolves when all that was added is on the disk, or cannot be. */
  async written(): Promise<void> {
    await this.#queue?.drain()
  }

  /** The same, and ends it. */
  async close(): Promise<void> {
    this.#flush()
    // What ends later is kept by nobody.
    this.#closed = true
    await this.#queue?.close()
    this.#reading?.db.close()
    this.#reading = undefined
  }

  /** Adopts what others stored of what is wanted; always true. Raises what the client says. */
  async #recallShared(shared: SharedTier, { url, scopes, digests = [], siblings }: Wanted): Promise<true> {
    const unknown = digests.filter(digest => !this.#memory.find(digest, scopes))
    const [named] = await Promise.all([shared.urlsOfDigests(unknown, scopes), this.#adopt(shared, url, scopes)])
    const others = new Set(named)
    others.delete(url)
    if (siblings && this.#memory.of(url, scopes).length === 0) {
      const known = await shared.urlsOfOrigin(url, scopes)
      for (const sibling of nameSiblings(
        url,
        known.map(each => ({ url: each })),
      ))
        others.add(sibling.url)
    }
    await Promise.all([...others].map(other => this.#adopt(shared, other, scopes)))
    return true
  }

  /** Puts what others stored of a URL between what is here, in the order in which all of it was stored. */
  async #adopt(shared: SharedTier, url: string, scopes: readonly Scope[]): Promise<void> {
    const records = await shared.records(url, scopes)
    const missing = records.filter(record => !this.#memory.of(url, scopes).some(held => isAsNew(held, record)))
    const loaded = await Promise.all(missing.map(record => this.#loadShared(shared, record, scopes)))
    const adopted = loaded.filter(version => version !== undefined)
    // Something may have been stored meanwhile.
    const held = this.#memory
      .of(url, scopes)
      .filter(each => !adopted.some(other => versionKey(other) === versionKey(each)))
    const inOrder = [...held.toReversed(), ...adopted].sort((one, other) => one.storedAt - other.storedAt)
    const first = inOrder.findIndex(version => adopted.includes(version))
    if (first >= 0 && !this.#closed) for (const version of inOrder.slice(first)) this.#addHere(version)
  }

  async #loadShared(shared: SharedTier, record: VersionRecord, scopes: readonly Scope[]): Promise<Version | undefined> {
    const same = this.#memory.exactly(record.digest, scopes)
    return same ? toVersion(record, same.content) : shared.load(record)
  }

  /** Brings what memory has of a URL to what the disk has. */
  async #refresh(reader: Reader, url: string, scopes: readonly Scope[]): Promise<void> {
    if (this.#isAhead(url)) return
    const listed = reader.of(url, scopes)
    const held = this.#memory.of(url, scopes).toReversed()
    if (
      isSame(
        listed,
        held.map(version => this.#seqs.get(version)).filter(seq => seq !== undefined),
      )
    )
      return
    const known = new Map(held.map(version => [this.#seqs.get(version), version]))
    const loaded = await Promise.all(listed.map(async each => known.get(each.seq) ?? this.#load(reader, each)))
    // Something may have been stored meanwhile: then the next lookup sees to it.
    if (
      this.#isAhead(url) ||
      !isSame(
        listed,
        reader.of(url, scopes).map(({ seq }) => seq),
      )
    )
      return
    const current = loaded.filter(version => version !== undefined)
    const keys = new Set(current.map(versionKey))
    for (const version of held) this.#memory.forget(version)
    for (const version of current) this.#memory.add(version)
    // What the disk never took is newer than what it has; the rest was given up or cleared there.
    for (const version of held)
      if (!this.#seqs.has(version) && !keys.has(versionKey(version))) this.#memory.add(version)
  }

  async #load(reader: Reader, listed: Listed): Promise<Version | undefined> {
    const loaded = await reader.load(listed)
    if (loaded.kind === 'version') {
      this.#seqs.set(loaded.version, listed.seq)
      return loaded.version
    }
    if (loaded.kind === 'damaged') {
      const url = listed.url.replace(/\?.*$/, '?…')
      this.#options.log.warn({ url, why: loaded.why }, 'a kept version is damaged: it is dropped')
      if (!this.#closed) void this.#send([{ kind: 'forget', seq: listed.seq }])
    }
    return undefined
  }

  #isAhead(url: string): boolean {
    return this.#unsettled.has(url) || this.#behind.has(url) || this.#behind.size > MOST_BEHIND
  }

  #has(digest: string): boolean {
    try {
      return this.#openReader()?.has(digest) ?? false
    } catch (error) {
      this.#fail(error)
      return false
    }
  }

  #write(
    order: Order,
    url: string,
    scopes: readonly Scope[],
    onDone: (outcome: WriteOutcome) => void = () => {},
  ): void {
    if (!this.#queue || this.#closed) return
    if (!this.#health.mayTry(this.#options.now()) || this.#queue.full) {
      this.#fallBehind(url, scopes)
      return
    }
    const behind = this.#catchUp()
    this.#unsettled.set(url, (this.#unsettled.get(url) ?? 0) + 1)
    void this.#follow([...behind, order], url, scopes, onDone)
  }

  /** Sees to what becomes of the last of `orders`, which is about `url`, and of what had to go before. */
  async #follow(
    orders: readonly Order[],
    url: string,
    scopes: readonly Scope[],
    onDone: (outcome: WriteOutcome) => void,
  ): Promise<void> {
    const outcomes = await this.#send(orders)
    if (outcomes) onDone(outcomes.at(-1))
    else {
      this.#fallBehind(url, scopes)
      for (const each of orders) if (each.kind === 'drop') this.#fallBehind(each.url, each.scopes)
    }
    const left = (this.#unsettled.get(url) ?? 1) - 1
    if (left > 0) this.#unsettled.set(url, left)
    else this.#unsettled.delete(url)
  }

  /** What became of each; undefined when the disk failed, and nothing was done. */
  async #send(orders: readonly Order[]): Promise<readonly WriteOutcome[] | undefined> {
    try {
      const outcomes = await this.#queue?.send(orders)
      this.#report({ kind: 'succeeded' })
      return outcomes
    } catch (error) {
      this.#report({ kind: 'failed', why: describeFailure(error) })
      return undefined
    }
  }

  #fallBehind(url: string, scopes: readonly Scope[]): void {
    if (this.#behind.size > MOST_BEHIND) return
    const known = this.#behind.get(url) ?? new Set()
    for (const scope of scopes) known.add(scope)
    this.#behind.set(url, known)
  }

  /** What has to be given up before anything else is written. */
  #catchUp(): Order[] {
    const orders: Order[] =
      this.#behind.size > MOST_BEHIND
        ? [{ kind: 'clear', which: { kind: 'all' } }]
        : Array.from(this.#behind, ([url, scopes]) => ({ kind: 'drop', url, scopes: [...scopes] }))
    this.#behind.clear()
    return orders
  }

  /** The newest version of a URL is what answers or what a delta starts from; and what the other side named is used. */
  #noteUses({ url, scopes, digests = [] }: Wanted): void {
    const [newest] = this.#memory.of(url, scopes)
    const named = digests.map(digest => this.#memory.find(digest, scopes))
    for (const version of new Set([newest, ...named])) {
      if (version && this.#seqs.has(version)) this.#uses.set(version, (this.#uses.get(version) ?? 0) + 1)
    }
    if (this.#uses.size > 0 && !this.#closed) this.#gather()
  }

  #gather(): void {
    this.#gathering ??= setTimeout(() => this.#flush(), GATHER_MS).unref()
  }

  #flush(): void {
    clearTimeout(this.#gathering)
    this.#gathering = undefined
    const orders: Order[] = []
    for (const [version, count] of this.#uses) {
      const { key, byUrl } = namesOf(toRecord(version))
      orders.push({ kind: 'use', key, byUrl, count })
    }
    for (const note of this.#notes.values()) orders.push({ kind: 'note', note })
    if (orders.length === 0 || !this.#queue || !this.#health.mayTry(this.#options.now())) return
    this.#uses.clear()
    this.#notes.clear()
    void this.#send(orders)
  }

  /** A person has cleared it: what memory has of it goes too. */
  #noticeClear(reader: Reader): void {
    const { changes } = reader
    if (changes === this.#changes) return
    this.#changes = changes
    const { clears } = reader
    if (clears !== this.#clears) this.#memory.clear()
    this.#clears = clears
  }

  #openReader(): Reader | undefined {
    if (!this.#path || this.#closed) return undefined
    const now = this.#options.now()
    if (this.#reading && now >= this.#reading.lookedAt + LOOK_MS) {
      this.#reading.lookedAt = now
      if (!isCurrent(this.#path, this.#reading)) this.#closeReader()
    }
    if (this.#reading) return this.#reading.reader
    if (this.#health.suspended) return undefined
    const opened = openToRead(this.#path)
    if (!opened) return undefined
    this.#reading = { ...opened, reader: new Reader(opened.db), lookedAt: now }
    // In another file the same seq is another version.
    if (opened.inode !== this.#inode) this.#seqs = new WeakMap()
    this.#inode = opened.inode
    this.#changes = -1
    this.#origins.clear()
    return this.#reading.reader
  }

  #closeReader(): void {
    const former = this.#reading
    this.#reading = undefined
    if (former?.db.isOpen) former.db.close()
  }

  /** What is damaged as a whole is removed; the thread that writes makes it anew. */
  #fail(error: unknown): void {
    const { inode } = this.#reading ?? {}
    this.#closeReader()
    if (this.#path && inode !== undefined && isDamage(error)) {
      this.#options.log.warn({ why: describeFailure(error) }, 'the store is damaged: it is emptied')
      removeDamaged(this.#path, inode)
      return
    }
    this.#report({ kind: 'failed', why: describeFailure(error) })
  }

  #report(event: HealthEvent): void {
    for (const command of this.#health.handle(event, this.#options.now())) {
      switch (command.kind) {
        case 'log-suspended':
          this.#options.log.warn({ why: command.why }, 'the store cannot be used: versions are kept in memory only')
          break
        case 'log-resumed':
          this.#options.log.info({ skipped: command.skipped }, 'the store can be used again')
          break
      }
    }
  }
}

/** Whether what is here is the version of `record`, and as far as that one. */
function isAsNew(held: Version, record: VersionRecord): boolean {
  if (held.digest !== record.digest || held.scope !== record.scope) return false
  if (held.freshness.variant !== record.facts.variant || held.storedAt < record.storedAt) return false
  return held.freshness.facts.mustBeValidated || !record.facts.mustBeValidated
}

/** Whether memory has exactly what the disk has, in its order. */
function isSame(listed: readonly Listed[], seqs: readonly number[]): boolean {
  return listed.length === seqs.length && listed.every(({ seq }, at) => seq === seqs[at])
}
