// Writes versions down, and gives up those that are worth least beyond the quotas.
// Knows: the tables, quotas. Does not know: threads; it blocks whoever calls it while the disk works.
//
// 1. All that one call of `apply` does is one transaction: it is there as a whole, or not at all.
// 2. `seq` never comes back: what has the same key and the same seq is the same version with the same fields.
// 3. A content is there as long as a version has it, and no longer.
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import {
  invalidateRecord,
  nameByUrl,
  namesOf,
  readRecord,
  type VersionRecord,
  writeRecord,
} from '../shared/store/record.ts'
import type { StoredContent } from '../shared/store/stored-content.ts'
import { savedBytesOf, valueOf } from '../shared/store/value.ts'
import { originOf, type Scope } from '../shared/version.ts'
import { MAX_PIECES, PAGE_BYTES, PIECE_BYTES } from './database.ts'

export interface Quotas {
  /** Bytes of the file. */
  readonly totalBytes: number
  /** Parts of that, from 0 to 1, that one origin and one near's private versions may take. */
  readonly perOrigin: number
  readonly perUser: number
  readonly maxVersionsPerUrl: number
}

export type WriteCommand =
  /** `content` is undefined when the writer is known to have it. */
  | {
      readonly kind: 'put'
      readonly record: VersionRecord
      readonly answersByItself: boolean
      readonly content: StoredContent | undefined
    }
  | { readonly kind: 'use'; readonly key: Uint8Array; readonly byUrl: Uint8Array; readonly count: number }
  | { readonly kind: 'invalidate' | 'drop'; readonly url: string; readonly scopes: readonly Scope[] }
  /** Found damaged. */
  | { readonly kind: 'forget'; readonly seq: number }
  | { readonly kind: 'clear'; readonly which: ClearedPart }
  /** `text` undefined: forget it. */
  | { readonly kind: 'note'; readonly note: Note }

export type ClearedPart =
  | { readonly kind: 'all' }
  | { readonly kind: 'url'; readonly url: string }
  | { readonly kind: 'origin'; readonly origin: string }

/** Something small that outlives the process: what was learnt of a host or a link. */
export interface Note {
  readonly kind: string
  readonly name: string
  readonly text: string
  readonly at: number
}

/** The seq of what was put, undefined when it was not kept; how many versions were cleared; else nothing. */
export type WriteOutcome = number | undefined

// Indexes and the row itself; a page holds about twenty.
const ROW_BYTES = 400
// Given up at a time; a step is a few milliseconds.
const EVICTED_AT_ONCE = 8
// What became free is used again; only when it is much does the file shrink, by so many pages for each command.
const FREE_PAGES = (16 * 1024 * 1024) / PAGE_BYTES
const VACUUMED_PAGES = 256
// About 200 bytes each.
const NOTES_OF_KIND = 10_000

interface UrlRow {
  readonly seq: number
  readonly key: Uint8Array
  readonly uses: number
  readonly saved_bytes: number
  readonly cost_bytes: number
}

interface VersionRow {
  readonly seq: number
  readonly digest: Uint8Array
  readonly value: number
}

export class Writer {
  readonly #db: DatabaseSync
  readonly #quotas: Quotas
  readonly #sql = new Map<string, StatementSync>()
  /** Digests whose content may have lost its last version in this transaction. */
  readonly #orphans = new Map<string, Uint8Array>()
  /** As the tables have them when a transaction begins and when it ends: other processes write, too. */
  #seq = 0
  #inflation = 0

  constructor(db: DatabaseSync, quotas: Quotas) {
    this.#db = db
    this.#quotas = quotas
  }

  /** Does all in one transaction, and gives up what is beyond the quotas. Raises what SQLite says; then nothing is done. */
  apply(commands: readonly WriteCommand[]): readonly WriteOutcome[] {
    this.#db.exec('BEGIN IMMEDIATE')
    try {
      const before = { seq: this.#meta('seq'), inflation: this.#meta('inflation') }
      this.#seq = before.seq
      this.#inflation = before.inflation
      const outcomes = commands.map(command => this.#perform(command))
      this.#removeOrphans()
      this.#keepQuotas(commands)
      if (this.#seq !== before.seq) this.#setMeta('seq', this.#seq)
      if (this.#inflation !== before.inflation) this.#setMeta('inflation', this.#inflation)
      this.#db.exec('COMMIT')
      this.#shrink(commands.length)
      // What was put may have been given up at once.
      return outcomes.map((outcome, at) => (commands[at]?.kind === 'put' ? this.#stillThere(outcome) : outcome))
    } catch (error) {
      this.#orphans.clear()
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK')
      throw error
    }
  }

  /** Gives what became free back to the disk at once, and with it the last of what was removed. */
  compact(): void {
    this.#db.exec('PRAGMA incremental_vacuum')
    this.#db.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  }

  /** Whether a content of this digest is there. */
  has(digest: string): boolean {
    return this.#get('SELECT 1 FROM contents WHERE digest = ?', Buffer.from(digest, 'hex')) !== undefined
  }

  #perform(command: WriteCommand): WriteOutcome {
    switch (command.kind) {
      case 'put':
        return this.#put(command.record, command.answersByItself, command.content)
      case 'use':
        this.#use(command.byUrl, command.key, command.count)
        return undefined
      case 'invalidate':
      case 'drop':
        for (const scope of command.scopes) {
          const rows = this.#rows(
            'SELECT seq FROM versions WHERE by_url = ? ORDER BY seq',
            nameByUrl(command.url, scope),
          )
          for (const { seq } of rows)
            if (command.kind === 'drop') this.#remove(seq)
            else this.#invalidate(seq)
        }
        return undefined
      case 'forget':
        this.#forget(command.seq)
        return undefined
      case 'clear':
        return this.#clear(command.which)
      case 'note':
        this.#note(command.note)
        return undefined
      default:
        return command satisfies never
    }
  }

  #put(record: VersionRecord, answersByItself: boolean, content: StoredContent | undefined): WriteOutcome {
    const digest = Buffer.from(record.digest, 'hex')
    const { text, seal } = writeRecord(record)
    const { key, byUrl, byOrigin } = namesOf(record)
    const others = this.#ofUrl(byUrl)
    const before = others.find(each => key.equals(each.key))
    if (before) this.#remove(before.seq)
    const storedBytes = this.#putContent(digest, record.length, content)
    if (storedBytes === undefined) return undefined
    const uses = (before?.uses ?? 0) + 1
    const costBytes = storedBytes + text.length + ROW_BYTES
    const savedBytes = savedBytesOf({ wholeBytes: record.wholeBytes, compressedBytes: storedBytes, answersByItself })
    const value = valueOf({ uses, savedBytes, costBytes }, this.#inflation)
    this.#seq += 1
    const seq = this.#seq
    this.#run(
      `INSERT INTO versions (seq, key, by_url, by_origin, scope, origin, url, is_dictionary, digest,
        record, seal, cost_bytes, saved_bytes, uses, value) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      seq,
      key,
      byUrl,
      byOrigin,
      record.scope,
      originOf(record.url),
      record.url,
      record.dictionary ? 1 : 0,
      digest,
      text,
      seal,
      costBytes,
      savedBytes,
      uses,
      value,
    )
    const beyond = others.filter(each => each !== before).slice(this.#quotas.maxVersionsPerUrl - 1)
    for (const { seq: old } of beyond) this.#remove(old)
    return seq
  }

  /** The versions of a URL in one scope, newest first. */
  #ofUrl(byUrl: Uint8Array): UrlRow[] {
    const sql = 'SELECT seq, key, uses, saved_bytes, cost_bytes FROM versions WHERE by_url = ? ORDER BY seq DESC'
    return this.#all(sql, byUrl) as UrlRow[]
  }

  /** Bytes that the content takes; undefined when there is none to put. */
  #putContent(digest: Buffer, length: number, content: StoredContent | undefined): number | undefined {
    const held = this.#get('SELECT stored_bytes FROM contents WHERE digest = ?', digest) as
      | { stored_bytes: number }
      | undefined
    if (held) return held.stored_bytes
    if (!content || content.bytes.length > MAX_PIECES * PIECE_BYTES) return undefined
    const { form, bytes } = content
    const sql = 'INSERT INTO contents (digest, length, form, stored_bytes) VALUES (?, ?, ?, ?)'
    const { lastInsertRowid } = this.#run(sql, digest, length, form, bytes.length)
    const first = Number(lastInsertRowid) * MAX_PIECES
    for (let at = 0; at * PIECE_BYTES < bytes.length; at++) {
      const piece = bytes.subarray(at * PIECE_BYTES, (at + 1) * PIECE_BYTES)
      this.#run('INSERT INTO pieces (id, bytes) VALUES (?, ?)', first + at, piece)
    }
    return bytes.length
  }

  #use(byUrl: Uint8Array, key: Uint8Array, count: number): void {
    const row = this.#ofUrl(byUrl).find(each => Buffer.from(key).equals(each.key))
    if (!row) return
    const uses = row.uses + count
    const version = { uses, savedBytes: row.saved_bytes, costBytes: row.cost_bytes }
    const value = valueOf(version, this.#inflation)
    this.#run('UPDATE versions SET uses = ?, value = ? WHERE seq = ?', uses, value, row.seq)
  }

  /** Under a new seq, so that others notice. */
  #invalidate(seq: number): void {
    const row = this.#get('SELECT record, seal FROM versions WHERE seq = ?', seq) as {
      record: string
      seal: Uint8Array
    }
    const record = readRecord(row.record, row.seal)
    if (!record) {
      this.#forget(seq)
      return
    }
    const { text, seal } = writeRecord(invalidateRecord(record))
    this.#seq += 1
    this.#run('UPDATE versions SET seq = ?, record = ?, seal = ? WHERE seq = ?', this.#seq, text, seal, seq)
  }

  #remove(seq: number): void {
    const row = this.#get('DELETE FROM versions WHERE seq = ? RETURNING digest', seq) as
      | { digest: Uint8Array }
      | undefined
    if (row) this.#orphans.set(Buffer.from(row.digest).toString('hex'), row.digest)
  }

  /** What is damaged may be the record or the content: both go, with every version of that content. */
  #forget(seq: number): void {
    const row = this.#get('SELECT digest FROM versions WHERE seq = ?', seq) as { digest: Uint8Array } | undefined
    if (!row) return
    for (const each of this.#rows('SELECT seq FROM versions WHERE digest = ?', row.digest)) this.#remove(each.seq)
  }

  #removeOrphans(): void {
    for (const digest of this.#orphans.values()) {
      this.#run(
        'DELETE FROM contents WHERE digest = ? AND NOT EXISTS (SELECT 1 FROM versions WHERE digest = ?)',
        digest,
        digest,
      )
    }
    this.#orphans.clear()
  }

  #clear(which: ClearedPart): number {
    this.#setMeta('clears', this.#meta('clears') + 1)
    const rows =
      which.kind === 'all'
        ? this.#rows('SELECT seq FROM versions')
        : which.kind === 'url'
          ? this.#rows('SELECT seq FROM versions WHERE url = ?', which.url)
          : this.#rows('SELECT seq FROM versions WHERE origin = ?', which.origin)
    for (const { seq } of rows) this.#remove(seq)
    if (which.kind === 'all') this.#run('DELETE FROM notes')
    return rows.length
  }

  #note({ kind, name, text, at }: Note): void {
    this.#run('INSERT OR REPLACE INTO notes (kind, name, text, noted_at) VALUES (?, ?, ?, ?)', kind, name, text, at)
    const { count } = this.#get('SELECT count(*) AS count FROM notes WHERE kind = ?', kind) as { count: number }
    if (count <= NOTES_OF_KIND) return
    const oldest = 'SELECT name FROM notes WHERE kind = ? ORDER BY noted_at LIMIT ?'
    this.#run(`DELETE FROM notes WHERE kind = ? AND name IN (${oldest})`, kind, kind, count - NOTES_OF_KIND)
  }

  #keepQuotas(commands: readonly WriteCommand[]): void {
    const { totalBytes, perOrigin, perUser } = this.#quotas
    const put = commands.flatMap(command => (command.kind === 'put' ? [command.record] : []))
    for (const origin of new Set(put.map(({ url }) => originOf(url)))) {
      const used = () => this.#usage(`origin ${origin}`)
      this.#evict(() => used() > totalBytes * perOrigin, 'WHERE origin = ?', origin)
    }
    for (const scope of new Set(put.map(({ scope }) => scope))) {
      if (scope === 'public') continue
      const used = () => this.#usage(`scope ${scope}`)
      this.#evict(() => used() > totalBytes * perUser, 'WHERE scope = ?', scope)
    }
    if (put.length > 0) this.#evict(() => this.#sizeBytes() > totalBytes, '')
  }

  #evict(isBeyond: () => boolean, where: string, ...values: readonly string[]): void {
    while (isBeyond()) {
      const sql = `SELECT seq, digest, value FROM versions ${where} ORDER BY value LIMIT ${EVICTED_AT_ONCE}`
      const rows = this.#all(sql, ...values) as VersionRow[]
      if (rows.length === 0) return
      for (const { seq, value } of rows) {
        if (!isBeyond()) return
        this.#remove(seq)
        this.#removeOrphans()
        this.#inflation = Math.max(this.#inflation, value)
      }
    }
  }

  /** Bytes of the file that are in use. */
  #sizeBytes(): number {
    const { page_count: pages } = this.#get('PRAGMA page_count') as { page_count: number }
    return (pages - this.#freePages()) * PAGE_BYTES
  }

  #freePages(): number {
    return (this.#get('PRAGMA freelist_count') as { freelist_count: number }).freelist_count
  }

  #shrink(commands: number): void {
    if (this.#freePages() > FREE_PAGES) this.#db.exec(`PRAGMA incremental_vacuum(${commands * VACUUMED_PAGES})`)
  }

  #stillThere(seq: number | undefined): number | undefined {
    if (seq === undefined) return undefined
    return this.#get('SELECT 1 FROM versions WHERE seq = ?', seq) === undefined ? undefined : seq
  }

  #usage(name: string): number {
    const row = this.#get('SELECT bytes FROM usage WHERE name = ?', name) as { bytes: number } | undefined
    return row?.bytes ?? 0
  }

  #meta(name: string): number {
    return (this.#get('SELECT value FROM meta WHERE name = ?', name) as { value: number } | undefined)?.value ?? 0
  }

  #setMeta(name: string, value: number): void {
    this.#run('INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)', name, value)
  }

  #statement(sql: string): StatementSync {
    const known = this.#sql.get(sql)
    if (known) return known
    const statement = this.#db.prepare(sql)
    this.#sql.set(sql, statement)
    return statement
  }

  #get(sql: string, ...values: readonly SqlValue[]): unknown {
    return this.#statement(sql).get(...values)
  }

  #all(sql: string, ...values: readonly SqlValue[]): unknown[] {
    return this.#statement(sql).all(...values)
  }

  #rows(sql: string, ...values: readonly SqlValue[]): { seq: number }[] {
    return this.#all(sql, ...values) as { seq: number }[]
  }

  #run(sql: string, ...values: readonly SqlValue[]) {
    return this.#statement(sql).run(...values)
  }
}

type SqlValue = number | string | Uint8Array
