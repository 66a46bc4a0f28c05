// The file of kept versions: an SQLite database that several processes of one machine share.
// Knows: its format, permissions, what a failing or damaged file says. Does not know: what versions mean (reader.ts and
// writer.ts), threads.
//
// 1. Readable by its owner alone, as are the files that SQLite lays beside it.
// 2. Write-ahead log, `synchronous=NORMAL`: a process that is killed costs nothing that was committed; after a power
//    failure the latest commits may be missing, and the file is whole.
// 3. A file of a newer format is refused. One of an older format is brought to this one where that can be (MIGRATIONS);
//    else, and when it is damaged, it is emptied: it holds nothing that cannot be asked for again.
import { closeSync, existsSync, mkdirSync, openSync, rmSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Fault } from '../shared/fault.ts'

/** Tells whoever watches what happened to the file; one line each. */
export type Tell = (message: string) => void

/** Counts up with every change of the tables or of what their columns mean. */
export const STORE_FORMAT = 3
// 'HnVs': tells that the file is ours.
const APPLICATION_ID = 0x486e5673
// With 8 KiB the file was half as large again (small versions fill no page), and nothing was faster.
export const PAGE_BYTES = 4096
// Another process holds the file for one commit, or for a checkpoint of a few megabytes on a slow disk.
const PATIENCE_MS = 5000
// The log is copied into the file when it has grown to this, and cut back to it: a page of an index that changed a hundred
// times meanwhile is copied once.
const LOG_BYTES = 8 * 1024 * 1024

// `key` and the names beside it are hashes (shared/store/record.ts); a key is looked for among the versions of its URL. Each
// index costs a tenth of what storing a small version takes.
const VERSIONS = `
  CREATE TABLE versions (
    seq INTEGER PRIMARY KEY,
    key BLOB NOT NULL,
    by_url BLOB NOT NULL,
    by_origin BLOB NOT NULL,
    scope TEXT NOT NULL,
    origin TEXT NOT NULL,
    url TEXT NOT NULL,
    is_dictionary INTEGER NOT NULL,
    digest BLOB NOT NULL,
    record TEXT NOT NULL,
    seal BLOB NOT NULL,
    cost_bytes INTEGER NOT NULL,
    saved_bytes INTEGER NOT NULL,
    uses INTEGER NOT NULL,
    value REAL NOT NULL
  );
  CREATE INDEX versions_by_url ON versions (by_url, seq);
  CREATE INDEX versions_by_origin ON versions (by_origin, seq);
  CREATE INDEX dictionaries_by_origin ON versions (by_origin, seq) WHERE is_dictionary;
  CREATE INDEX versions_by_digest ON versions (digest);
  CREATE INDEX versions_by_value ON versions (value);
  CREATE INDEX private_by_value ON versions (scope, value) WHERE scope <> 'public';
  CREATE INDEX versions_by_origin_value ON versions (origin, value);
`

const COUNTING = `
  CREATE TRIGGER versions_added AFTER INSERT ON versions BEGIN
    INSERT INTO usage (name, bytes) VALUES ('scope ' || new.scope, new.cost_bytes), ('origin ' || new.origin, new.cost_bytes)
      ON CONFLICT (name) DO UPDATE SET bytes = bytes + excluded.bytes;
  END;
  CREATE TRIGGER versions_removed AFTER DELETE ON versions BEGIN
    UPDATE usage SET bytes = bytes - old.cost_bytes WHERE name IN ('scope ' || old.scope, 'origin ' || old.origin);
    DELETE FROM usage WHERE name IN ('scope ' || old.scope, 'origin ' || old.origin) AND bytes <= 0;
  END;
`

// A content is cut into pieces, so that no read takes long; the pieces of content N have the rowids from N << 12.
const TABLES = `
  CREATE TABLE meta (name TEXT PRIMARY KEY, value REAL NOT NULL) WITHOUT ROWID;
  ${VERSIONS}
  CREATE TABLE contents (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    digest BLOB NOT NULL UNIQUE,
    length INTEGER NOT NULL,
    form TEXT NOT NULL,
    stored_bytes INTEGER NOT NULL
  );
  CREATE TABLE pieces (id INTEGER PRIMARY KEY, bytes BLOB NOT NULL);
  CREATE TABLE usage (name TEXT PRIMARY KEY, bytes INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE notes (
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    text TEXT NOT NULL,
    noted_at INTEGER NOT NULL,
    PRIMARY KEY (kind, name)
  ) WITHOUT ROWID;
  ${COUNTING}
  CREATE TRIGGER contents_removed AFTER DELETE ON contents BEGIN
    DELETE FROM pieces WHERE id >= (old.id << 12) AND id < ((old.id + 1) << 12);
  END;
`

const COLUMNS = `seq, key, by_url, by_origin, scope, origin, url, is_dictionary, digest, record, seal, cost_bytes, saved_bytes,
  uses, value`
// What makes this format of an earlier one; contents, which are nearly all of a file, stay where they are.
const MIGRATIONS: ReadonlyMap<number, string> = new Map([
  [
    2,
    // It had more indexes. They go with their table, and so do the triggers.
    `CREATE TABLE moved AS SELECT ${COLUMNS} FROM versions; DROP TABLE versions;
     ${VERSIONS} INSERT INTO versions (${COLUMNS}) SELECT ${COLUMNS} FROM moved; DROP TABLE moved; ${COUNTING}`,
  ],
])

export const PIECE_BYTES = 256 * 1024
export const MAX_PIECES = 1 << 12

/** The file where `dataDir` has it. */
export function storePath(dataDir: string): string {
  return `${dataDir}/versions.db`
}

export interface OpenedDatabase {
  readonly db: DatabaseSync
  /** Which file it is, whatever its path leads to later. */
  readonly inode: bigint
}

/**
 * Opens the file to write, and makes it when there is none. Raises STORE_FORMAT for a file of a newer format, and what
 * SQLite or the system says (`describeFailure`).
 */
export function openToWrite(path: string, tell: Tell): OpenedDatabase {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  try {
    return open(path, tell)
  } catch (error) {
    if (!isDamage(error)) throw error
    tell(`the store ${path} is damaged (${describeFailure(error)}): it is emptied`)
    removeFile(path)
    return open(path, tell)
  }
}

/** Opens an existing file to read; undefined when there is none. Raises as `openToWrite` does. */
export function openToRead(path: string): OpenedDatabase | undefined {
  if (!existsSync(path)) return undefined
  const db = new DatabaseSync(path, { readOnly: true, timeout: PATIENCE_MS })
  try {
    const found = formatOf(db)
    if (found.format > STORE_FORMAT) throw tooNew(path, found.format)
    if (found.format < STORE_FORMAT || found.application !== APPLICATION_ID) {
      db.close()
      return undefined
    }
    db.exec('PRAGMA query_only = ON')
    return { db, inode: inodeOf(path) }
  } catch (error) {
    if (db.isOpen) db.close()
    throw error
  }
}

/** Whether the path still leads to the file that was opened. */
export function isCurrent(path: string, { inode }: OpenedDatabase): boolean {
  return statSync(path, { bigint: true, throwIfNoEntry: false })?.ino === inode
}

/** Removes a damaged file, unless another process has put a new one in its place. */
export function removeDamaged(path: string, inode: bigint): void {
  if (existsSync(path) && inodeOf(path) === inode) removeFile(path)
}

/** Whether the file itself is wrong, and not the disk or the moment. */
export function isDamage(error: unknown): boolean {
  const code = sqliteCodeOf(error)
  return code === SQLITE_CORRUPT || code === SQLITE_NOTADB
}

/** What a failing disk or file says, for a log line. */
export function describeFailure(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

const SQLITE_CORRUPT = 11
const SQLITE_NOTADB = 26

function sqliteCodeOf(error: unknown): number | undefined {
  // The low byte is the primary code (SQLite, "Result and Error Codes").
  if (error instanceof Error && 'errcode' in error && typeof error.errcode === 'number') return error.errcode & 0xff
  return undefined
}

function open(path: string, tell: Tell): OpenedDatabase {
  // SQLite gives its log and its index the permissions of the file.
  closeSync(openSync(path, 'a', 0o600))
  const db = new DatabaseSync(path, { timeout: PATIENCE_MS })
  try {
    const { application, format } = formatOf(db)
    if (format > STORE_FORMAT) throw tooNew(path, format)
    // Before the first table: neither can be changed later.
    db.exec(`PRAGMA page_size = ${PAGE_BYTES}; PRAGMA auto_vacuum = INCREMENTAL;`)
    db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = ${LOG_BYTES};`)
    db.exec(`PRAGMA wal_autocheckpoint = ${LOG_BYTES / PAGE_BYTES}`)
    if (application !== APPLICATION_ID || format < STORE_FORMAT) makeTables(db, path, tell)
    return { db, inode: inodeOf(path) }
  } catch (error) {
    db.close()
    throw error
  }
}

function makeTables(db: DatabaseSync, path: string, tell: Tell): void {
  db.exec('BEGIN IMMEDIATE')
  try {
    // Another process may have been faster.
    const { application, format } = formatOf(db)
    if (application !== APPLICATION_ID || format < STORE_FORMAT) {
      const migration = application === APPLICATION_ID ? MIGRATIONS.get(format) : undefined
      if (migration === undefined) emptyTables(db, path, tell)
      db.exec(migration ?? TABLES)
      db.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${STORE_FORMAT};`)
    }
    db.exec('COMMIT')
  } catch (error) {
    db.exec('ROLLBACK')
    throw error
  }
}

function emptyTables(db: DatabaseSync, path: string, tell: Tell): void {
  const names = db.prepare(`SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`)
  const tables = names.all() as { name: string }[]
  if (tables.length > 0) tell(`the store ${path} has an older format: it is emptied`)
  for (const { name } of tables) db.exec(`DROP TABLE "${name.replaceAll('"', '""')}"`)
}

function formatOf(db: DatabaseSync): { readonly application: number; readonly format: number } {
  const { application_id: application } = db.prepare('PRAGMA application_id').get() as { application_id: number }
  const { user_version: format } = db.prepare('PRAGMA user_version').get() as { user_version: number }
  return { application, format }
}

function tooNew(path: string, format: number): Fault {
  return new Fault(
    'STORE_FORMAT',
    `The store ${path} has format ${format}, and this version of Hunch knows formats up to ${STORE_FORMAT}.`,
  )
}

function inodeOf(path: string): bigint {
  return statSync(path, { bigint: true }).ino
}

function removeFile(path: string): void {
  for (const suffix of ['', '-wal', '-shm']) rmSync(`${path}${suffix}`, { force: true })
}
