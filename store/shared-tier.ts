// The versions that fars on several machines share, in Valkey or Redis, single or cluster.
// Knows: the server's commands, names, deadlines. Does not know: what is kept in memory or on the disk (kept-versions.ts).
//
// 1. Nobody waits for the server longer than READ_MS; what comes later is used by the next lookup.
// 2. A server that fails or is slow several times in a row is left alone for a while (health.ts).
// 3. What the server gives is believed only with its seal and its digest, and only for the URL and scope that were asked.
// 4. Writes go behind. What would wait beyond MOST_PENDING_BYTES is not written.
import { setTimeout } from 'node:timers/promises'
import { Cluster, Redis, type RedisOptions } from 'ioredis'
import { isCompressible } from '../shared/http/content.ts'
import { type HealthEvent, StoreHealth } from '../shared/store/health.ts'
import { packContent, packRecord, unpackContent, unpackRecord } from '../shared/store/parcel.ts'
import { namesOf, type VersionRecord } from '../shared/store/record.ts'
import { compressedOf } from '../shared/store/compressed.ts'
import { sharedNames } from '../shared/store/shared-names.ts'
import { openStored, toStored } from '../shared/store/stored-content.ts'
import { type Digest, type Scope, shorten, type Version } from '../shared/version.ts'
import { describeFailure } from './database.ts'
import type { StoreLog } from './kept-versions.ts'

export interface SharedTierOptions {
  readonly url: URL
  readonly maxVersionsPerUrl: number
  /** The longest that an exchange waits for it; READ_MS by default. */
  readonly readMs?: number
  readonly log: StoreLog
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

// A server in the same data centre answers within a millisecond or two, with a megabyte within ten; an exchange takes tens.
export const READ_MS = 20
// What takes longer will not come: the connection is as good as lost. Writes may take so long.
const COMMAND_MS = 2000
const PATIENCE = { retryMs: 5000, failures: 3 }
// What nobody renewed for a week has changed, or is not asked for any more.
const LIFETIME_SECONDS = 7 * 86_400
const MOST_URLS = 64
const MOST_PENDING_BYTES = 32 * 1024 * 1024
// Contents that this process wrote or read lately are not written again; 100 bytes each.
const REMEMBERED_CONTENTS = 10_000

export class SharedTier {
  readonly #client: Redis | Cluster
  readonly #options: SharedTierOptions
  readonly #health = new StoreHealth(PATIENCE)
  readonly #contents = new Set<Digest>()
  /** What keeps it from connecting. */
  #trouble: string | undefined
  #pendingBytes = 0
  #pending = new Set<Promise<void>>()

  /** Connects in the background, and again whenever the connection is lost. */
  constructor(options: SharedTierOptions) {
    this.#options = options
    this.#client = connect(options.url)
    // A command on a lost connection says no more than that; this is why it is lost, or never was one.
    this.#client.on('error', error => {
      this.#trouble = describeFailure(error)
    })
    this.#client.on('ready', () => {
      this.#trouble = undefined
    })
  }

  /** Resolves when the server answers, or after COMMAND_MS without it. */
  async ready(): Promise<void> {
    if (this.#client.status === 'ready') return
    const late = new AbortController()
    const waiting = setTimeout(COMMAND_MS, undefined, { signal: late.signal })
    await Promise.race([new Promise<void>(resolve => this.#client.once('ready', resolve)), waiting])
    waiting.catch(() => {})
    late.abort()
  }

  /** Resolves with what `ask` gives, or undefined when the server does not give it in time. Never fails. */
  async read<Value>(
    ask: () => Promise<Value>,
    patienceMs = this.#options.readMs ?? READ_MS,
  ): Promise<Value | undefined> {
    if (!this.#health.mayTry(this.#options.now())) return undefined
    const asking = ask()
    const late = new AbortController()
    try {
      const [value] = await Promise.race([
        asking.then(value => [value] as const),
        setTimeout(patienceMs, [] as const, { signal: late.signal }),
      ]).finally(() => late.abort())
      if (value !== undefined) {
        this.#report({ kind: 'succeeded' })
        return value
      }
      asking.catch(() => {})
      this.#report({ kind: 'failed', why: `no answer within ${patienceMs} ms` })
    } catch (error) {
      this.#report({ kind: 'failed', why: describeFailure(error) })
    }
    return undefined
  }

  /** The records of a URL in these scopes, the oldest first. Raises what the client says. */
  async records(url: string, scopes: readonly Scope[]): Promise<VersionRecord[]> {
    const lists = await Promise.all(
      scopes.map(async scope => {
        const values = await this.#client.lrangeBuffer(sharedNames.versions(url, scope), 0, this.#most - 1)
        const records = values.map(unpackRecord).filter(record => record?.url === url && record.scope === scope)
        return newestOfEach(records.filter(record => record !== undefined))
      }),
    )
    return lists.flat().sort((one, other) => one.storedAt - other.storedAt)
  }

  /** The version of `record`; undefined when its content is not there, or not what it was. Raises what the client says. */
  async load(record: VersionRecord): Promise<Version | undefined> {
    const value = await this.#client.getBuffer(sharedNames.content(record.digest))
    const stored = value ? unpackContent(value) : undefined
    const opened = stored && (await openStored(record, stored))
    if (opened?.kind !== 'version') return undefined
    this.#remember(record.digest)
    return opened.version
  }

  /** URLs of the origin of `url`, newest first. Raises what the client says. */
  async urlsOfOrigin(url: string, scopes: readonly Scope[]): Promise<string[]> {
    const lists = await Promise.all(
      scopes.map(scope => this.#client.lrange(sharedNames.urls(url, scope), 0, MOST_URLS - 1)),
    )
    return lists.flat()
  }

  /** The URLs of the versions with these short digests. Raises what the client says. */
  async urlsOfDigests(digests: readonly string[], scopes: readonly Scope[]): Promise<string[]> {
    const names = digests.flatMap(digest => scopes.map(scope => sharedNames.digest(digest, scope)))
    const urls = await Promise.all(names.map(name => this.#client.get(name)))
    return urls.filter(url => url !== null)
  }

  /** Adds a version as the newest of its URL and scope. */
  put(version: Version): void {
    const { url, scope, digest, content } = version
    const name = sharedNames.content(digest)
    const isRemembered = this.#contents.has(digest)
    this.#write(isRemembered ? 0 : content.length, async () => {
      // The server may have given it up since.
      const isThere = isRemembered && (await this.#client.expire(name, LIFETIME_SECONDS)) === 1
      if (!isThere) {
        const compressed = isCompressible(version.fields) ? await compressedOf(content) : undefined
        await this.#client.set(name, packContent(toStored(content, compressed)), 'EX', LIFETIME_SECONDS)
        this.#remember(digest)
      }
      // After its content: who finds a record finds what it is about.
      const urls = sharedNames.urls(url, scope)
      await Promise.all([
        this.#push(url, scope, [version]),
        this.#client.set(sharedNames.digest(shorten(digest), scope), url, 'EX', LIFETIME_SECONDS),
        this.#client.lrem(urls, 0, url),
        this.#client.lpush(urls, url),
        this.#client.ltrim(urls, 0, MOST_URLS - 1),
        this.#client.expire(urls, LIFETIME_SECONDS),
      ])
    })
  }

  /** Replaces all versions of a URL in these scopes by `versions`, newest first. */
  replace(url: string, scopes: readonly Scope[], versions: readonly Version[]): void {
    this.#write(0, async () => {
      for (const scope of scopes) {
        await this.#client.del(sharedNames.versions(url, scope))
        const left = versions.filter(version => version.scope === scope).toReversed()
        if (left.length > 0) await this.#push(url, scope, left)
      }
    })
  }

  /** Text by name, which the server does not give up by itself. Raises what the client says. */
  get(name: string): Promise<string | null> {
    return this.#client.get(name)
  }

  async set(name: string, text: string, lifetimeSeconds?: number): Promise<void> {
    if (lifetimeSeconds === undefined) await this.#client.set(name, text)
    else await this.#client.set(name, text, 'EX', lifetimeSeconds)
  }

  /** The text, which nobody gets a second time. Raises what the client says. */
  take(name: string): Promise<string | null> {
    return this.#client.getdel(name)
  }

  async remove(name: string): Promise<void> {
    await this.#client.del(name)
  }

  members(name: string): Promise<string[]> {
    return this.#client.smembers(name)
  }

  async addMember(name: string, member: string): Promise<void> {
    await this.#client.sadd(name, member)
  }

  /** Resolves when what was put has been written, or could not be. */
  async written(): Promise<void> {
    while (this.#pending.size > 0) await Promise.all(this.#pending)
  }

  async close(): Promise<void> {
    await Promise.race([this.written(), setTimeout(COMMAND_MS, undefined, { ref: false })])
    this.#client.disconnect()
  }

  get #most(): number {
    // A version that was confirmed lies there again with its new fields.
    return 2 * this.#options.maxVersionsPerUrl
  }

  /** `versions`: the oldest first. */
  async #push(url: string, scope: Scope, versions: readonly Version[]): Promise<void> {
    const name = sharedNames.versions(url, scope)
    // One connection serves one name, in order.
    await Promise.all([
      this.#client.lpush(name, ...versions.map(packRecord)),
      this.#client.ltrim(name, 0, this.#most - 1),
      this.#client.expire(name, LIFETIME_SECONDS),
    ])
  }

  #write(bytes: number, write: () => Promise<void>): void {
    if (this.#pendingBytes + bytes > MOST_PENDING_BYTES || !this.#health.mayTry(this.#options.now())) return
    this.#pendingBytes += bytes
    const pending = write()
      .catch(error => this.#report({ kind: 'failed', why: describeFailure(error) }))
      .finally(() => {
        this.#pendingBytes -= bytes
        this.#pending.delete(pending)
      })
    this.#pending.add(pending)
  }

  #remember(digest: Digest): void {
    this.#contents.add(digest)
    const [oldest] = this.#contents
    if (oldest !== undefined && this.#contents.size > REMEMBERED_CONTENTS) this.#contents.delete(oldest)
  }

  #report(event: HealthEvent): void {
    for (const command of this.#health.handle(event, this.#options.now())) {
      switch (command.kind) {
        case 'log-suspended':
          // Another server may be there next, or the same one, empty.
          this.#contents.clear()
          this.#options.log.warn(
            { why: this.#trouble ?? command.why },
            'the shared store cannot be used: this far goes on with its own',
          )
          break
        case 'log-resumed':
          this.#options.log.info({ skipped: command.skipped }, 'the shared store can be used again')
          break
      }
    }
  }
}

/** Of records of the same version, the first. */
function newestOfEach(records: readonly VersionRecord[]): VersionRecord[] {
  const seen = new Set<string>()
  return records.filter(record => {
    const key = namesOf(record).key.toString('hex')
    return !seen.has(key) && seen.add(key)
  })
}

const CLUSTER = /^redis(s?)-cluster:$/

function connect(url: URL): Redis | Cluster {
  const isCluster = CLUSTER.test(url.protocol)
  const isSecure = url.protocol.startsWith('rediss')
  const options = {
    ...(url.username ? { username: decodeURIComponent(url.username) } : {}),
    ...(url.password ? { password: decodeURIComponent(url.password) } : {}),
    ...(isSecure ? { tls: {} } : {}),
    commandTimeout: COMMAND_MS,
    connectTimeout: COMMAND_MS,
    // What was asked of a lost connection is lost; whoever asked goes on without.
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    connectionName: 'hunch-far',
  } satisfies RedisOptions
  const retryMs = (times: number) => Math.min(100 * times, 2000)
  if (!isCluster) {
    const database = Number(url.pathname.slice(1)) || 0
    return new Redis({
      ...options,
      host: hostOf(url),
      port: portOf(url),
      db: database,
      enableOfflineQueue: false,
      retryStrategy: retryMs,
    })
  }
  const others = (url.searchParams.get('nodes') ?? '').split(',').filter(each => each !== '')
  const nodes = [url, ...others.map(each => new URL(`redis://${each}`))]
  return new Cluster(
    nodes.map(node => ({ host: hostOf(node), port: portOf(node) })),
    {
      enableOfflineQueue: false,
      redisOptions: options,
      clusterRetryStrategy: retryMs,
      slotsRefreshInterval: 10_000,
      slotsRefreshTimeout: COMMAND_MS,
      // Its first commands to a node fail while the client connects: those that write may be sent again a few times.
      maxRedirections: 4,
      retryDelayOnFailover: 50,
      retryDelayOnClusterDown: 0,
    },
  )
}

function hostOf(url: URL): string {
  return url.hostname.replaceAll(/[[\]]/g, '')
}

function portOf(url: URL): number {
  return Number(url.port) || 6379
}
