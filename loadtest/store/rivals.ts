// Stores that versions could be kept in, behind one interface, for measure-stores.ts.
// Knows: how each is best used for this. Does not know: what is measured.
import { createHash } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { open } from 'lmdb'
import { LRUCache } from 'lru-cache'
import { Freshness } from '../../shared/http/freshness.ts'
import { digestOf, type Version } from '../../shared/version.ts'
import { KeptVersions } from '../../store/kept-versions.ts'

export interface Rival {
  /** Resolves when all is on the disk, as far as the store says. */
  putAll(entries: readonly Entry[]): Promise<void>
  /** The content, verified by its digest; undefined when it is not there. Raises when it is damaged. */
  get(entry: Entry): Promise<Uint8Array | undefined>
  removeAll(entries: readonly Entry[]): Promise<void>
  close(): Promise<void>
}

export interface Entry {
  readonly key: string
  readonly content: Uint8Array
  readonly digest: string
}

export const rivals: Readonly<Record<string, (directory: string) => Rival>> = {
  'memory (lru-cache)': openMemory,
  'lmdb, async': openLmdb,
  'node:sqlite in the event loop': openSqlite,
  'node:sqlite, a thread writes (ours)': openOurs,
  'one file per version': openFiles,
}

const GiB = 1024 ** 3

function verify(content: Uint8Array, { digest }: Entry): Uint8Array {
  if (createHash('sha256').update(content).digest('hex') !== digest) throw new Error('damaged')
  return content
}

function openMemory(): Rival {
  const cache = new LRUCache<string, Uint8Array>({ maxSize: GiB, sizeCalculation: ({ length }) => length + 1 })
  return {
    putAll: async entries => {
      for (const { key, content } of entries) cache.set(key, new Uint8Array(content))
    },
    get: async ({ key }) => cache.get(key),
    removeAll: async () => cache.clear(),
    close: async () => {},
  }
}

function openLmdb(directory: string): Rival {
  const db = open<Buffer, string>({ path: join(directory, 'lmdb'), encoding: 'binary' })
  return {
    putAll: async entries => {
      await Promise.all(entries.map(({ key, content }) => db.put(key, Buffer.from(content))))
    },
    get: async entry => {
      const found = db.getBinary(entry.key)
      return found && verify(found, entry)
    },
    removeAll: async entries => {
      await Promise.all(entries.map(({ key }) => db.remove(key)))
    },
    close: () => db.close(),
  }
}

function openSqlite(directory: string): Rival {
  const db = new DatabaseSync(join(directory, 'versions.db'), { timeout: 5000 })
  db.exec('PRAGMA page_size = 8192; PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL')
  db.exec(
    'PRAGMA synchronous = NORMAL; CREATE TABLE IF NOT EXISTS v (id INTEGER PRIMARY KEY, key TEXT UNIQUE, bytes BLOB)',
  )
  const put = db.prepare('INSERT OR REPLACE INTO v (key, bytes) VALUES (?, ?)')
  const get = db.prepare('SELECT bytes FROM v WHERE key = ?')
  return {
    putAll: async entries => {
      db.exec('BEGIN IMMEDIATE')
      for (const { key, content } of entries) put.run(key, content)
      db.exec('COMMIT')
    },
    get: async entry => {
      const row = get.get(entry.key)
      return row && verify(row['bytes'] as Uint8Array, entry)
    },
    removeAll: async () => {
      db.exec('DELETE FROM v; PRAGMA incremental_vacuum; PRAGMA wal_checkpoint(TRUNCATE)')
    },
    close: async () => db.close(),
  }
}

function openOurs(directory: string): Rival {
  const quotas = { totalBytes: 8 * GiB, perOrigin: 1, perUser: 1, maxVersionsPerUrl: 4 }
  const log = { info: () => {}, warn: (facts: object, text: string) => console.log(text, facts) }
  // So small a memory that every get is one from the disk.
  const memory = { maxBytes: 4 * 1024 ** 2, maxVersionsPerUrl: 4 }
  const kept = new KeptVersions({ memory, disk: { dataDir: directory, quotas }, log, now: Date.now })
  const toVersion = ({ key, content }: Entry): Version => {
    // An image, so that content of random bytes is not compressed in vain: the rivals get it as it is, too.
    const response = { status: 200, fields: [['Content-Type', 'image/png']] } as const
    const freshness = Freshness.of({ method: 'GET', url: key, fields: [] }, response, 'shared', 0)
    return { url: key, scope: 'public', ...response, digest: digestOf(content), content, freshness, storedAt: 0 }
  }
  return {
    putAll: async entries => {
      for (const entry of entries) kept.add(toVersion(entry))
      await kept.written()
    },
    get: async ({ key }) => {
      await kept.recall({ url: key, scopes: ['public'], siblings: false })
      return kept.of(key, ['public'])[0]?.content
    },
    removeAll: async entries => {
      for (const { key } of entries) kept.drop(key, ['public'])
      await kept.written()
    },
    close: () => kept.close(),
  }
}

function openFiles(directory: string): Rival {
  const pathOf = (key: string) => join(directory, 'files', createHash('sha256').update(key).digest('hex'))
  mkdirSync(join(directory, 'files'), { recursive: true })
  return {
    putAll: async entries => {
      await Promise.all(
        entries.map(async ({ key, content }) => {
          await writeFile(`${pathOf(key)}.new`, content)
          await rename(`${pathOf(key)}.new`, pathOf(key))
        }),
      )
    },
    get: async entry => {
      const content = await readFile(pathOf(entry.key)).catch(() => undefined)
      return content && verify(content, entry)
    },
    removeAll: async entries => {
      await Promise.all(entries.map(({ key }) => rm(pathOf(key), { force: true })))
    },
    close: async () => {},
  }
}
