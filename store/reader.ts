// Reads kept versions: which there are, and each with its content, verified.
// Knows: the tables, records and their seals, forms. Does not know: who may see what: scopes are given to it.
//
// 1. Nothing is given that its digest does not prove; a record without its seal is damaged.
// 2. The event loop is held for one piece of a content at a time (PIECE_BYTES), and for its digest.
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { setImmediate } from 'node:timers/promises'
import { nameByOrigin, nameByUrl, readRecord, type VersionRecord } from '../shared/store/record.ts'
import { openStored, type StoredContent } from '../shared/store/stored-content.ts'
import type { Scope, Version } from '../shared/version.ts'
import { MAX_PIECES } from './database.ts'
import type { Note } from './writer.ts'

/** One version as the index tells it: not proven. */
export interface Listed {
  readonly seq: number
  readonly url: string
  readonly scope: Scope
}

export type Loaded =
  | { readonly kind: 'version'; readonly version: Version }
  /** It is not there any more. */
  | { readonly kind: 'gone' }
  | { readonly kind: 'damaged'; readonly why: string }

/** What a person is told of a version. */
export interface Described extends Listed {
  readonly record: VersionRecord | undefined
  readonly storedBytes: number
  readonly uses: number
  readonly value: number
}

interface ContentRow {
  readonly id: number
  readonly length: number
  readonly form: StoredContent['form']
  readonly stored_bytes: number
}

const DIGEST_BYTES = 32
const DAMAGED = (why: string): Loaded => ({ kind: 'damaged', why })

export class Reader {
  readonly #db: DatabaseSync
  readonly #sql = new Map<string, StatementSync>()

  constructor(db: DatabaseSync) {
    this.#db = db
  }

  /** The versions of a URL in these scopes, oldest first. */
  of(url: string, scopes: readonly Scope[]): Listed[] {
    const sql = 'SELECT seq, url, scope FROM versions WHERE by_url = ? ORDER BY seq'
    const rows = scopes.flatMap(scope => this.#listed(sql, nameByUrl(url, scope)))
    return scopes.length === 1 ? rows : rows.sort((one, other) => one.seq - other.seq)
  }

  /** The newest versions of an origin in these scopes, newest first. */
  ofOrigin(url: string, scopes: readonly Scope[], limit: number): Listed[] {
    const sql = 'SELECT seq, url, scope FROM versions WHERE by_origin = ? ORDER BY seq DESC LIMIT ?'
    const rows = scopes.flatMap(scope => this.#listed(sql, nameByOrigin(url, scope), limit))
    return rows.sort((one, other) => other.seq - one.seq)
  }

  /** The newest versions of an origin in these scopes that are dictionaries (RFC 9842). */
  dictionariesOf(url: string, scopes: readonly Scope[], limit: number): Listed[] {
    const sql = `SELECT seq, url, scope FROM versions WHERE by_origin = ? AND is_dictionary ORDER BY seq DESC LIMIT ?`
    return scopes.flatMap(scope => this.#listed(sql, nameByOrigin(url, scope), limit))
  }

  /** The newest version in these scopes whose digest begins so. */
  find(shortDigest: string, scopes: readonly Scope[]): Listed | undefined {
    const sql = 'SELECT seq, url, scope FROM versions WHERE digest BETWEEN ? AND ? ORDER BY seq DESC'
    const ends = ['0', 'f'].map(digit => Buffer.from(shortDigest.padEnd(2 * DIGEST_BYTES, digit), 'hex'))
    return this.#listed(sql, ...ends).find(({ scope }) => scopes.includes(scope))
  }

  /** A version with its content. Raises what SQLite says. */
  async load({ seq, url, scope }: Listed): Promise<Loaded> {
    const row = this.#get('SELECT record, seal FROM versions WHERE seq = ?', seq) as
      | { record: string; seal: Uint8Array }
      | undefined
    if (!row) return { kind: 'gone' }
    const record = readRecord(row.record, row.seal)
    if (!record) return DAMAGED('its record is not the one that was sealed')
    if (record.url !== url || record.scope !== scope) return DAMAGED('its record is not the one of its index')
    const found = this.#get('SELECT * FROM contents WHERE digest = ?', Buffer.from(record.digest, 'hex')) as
      | ContentRow
      | undefined
    if (!found) return DAMAGED('its content is missing')
    const bytes = await this.#readPieces(found)
    if (bytes === undefined) {
      const isThere = this.#get('SELECT 1 FROM versions WHERE seq = ?', seq) !== undefined
      return isThere ? DAMAGED('a piece of its content is missing') : { kind: 'gone' }
    }
    return openStored(record, { form: found.form, bytes })
  }

  /** Whether a content of this digest is there. */
  has(digest: string): boolean {
    return this.#get('SELECT 1 FROM contents WHERE digest = ?', Buffer.from(digest, 'hex')) !== undefined
  }

  /** Differs from what it was when another connection has changed the file since. */
  get changes(): number {
    return (this.#get('PRAGMA data_version') as { data_version: number }).data_version
  }

  /** How often a person has cleared it. */
  get clears(): number {
    const row = this.#get(`SELECT value FROM meta WHERE name = 'clears'`) as { value: number } | undefined
    return row?.value ?? 0
  }

  notes(kind: string): Note[] {
    const rows = this.#statement('SELECT name, text, noted_at FROM notes WHERE kind = ?').all(kind)
    return rows.map(({ name, text, noted_at: at }) => ({
      kind,
      name: String(name),
      text: String(text),
      at: Number(at),
    }))
  }

  /** All versions, for a person; the most valuable first. */
  *describe(url?: string): Generator<Described> {
    const where = url === undefined ? '' : 'WHERE url = ?'
    const sql = `SELECT seq, url, scope, record, seal, uses, value,
        (SELECT stored_bytes FROM contents WHERE contents.digest = versions.digest) AS stored_bytes
      FROM versions ${where} ORDER BY value DESC, seq DESC`
    for (const row of this.#db.prepare(sql).iterate(...(url === undefined ? [] : [url]))) {
      yield {
        seq: Number(row['seq']),
        url: String(row['url']),
        scope: row['scope'] as Scope,
        record: readRecord(String(row['record']), row['seal'] as Uint8Array),
        storedBytes: Number(row['stored_bytes'] ?? 0),
        uses: Number(row['uses']),
        value: Number(row['value']),
      }
    }
  }

  /** How many versions there are. */
  get count(): number {
    return (this.#get('SELECT count(*) AS count FROM versions') as { count: number }).count
  }

  close(): void {
    this.#db.close()
  }

  /** Undefined when it is not whole, or was removed meanwhile. */
  async #readPieces({ id, stored_bytes: storedBytes }: ContentRow): Promise<Uint8Array | undefined> {
    const pieces: Uint8Array[] = []
    let length = 0
    while (length < storedBytes) {
      if (pieces.length > 0) await setImmediate()
      const sql = 'SELECT bytes FROM pieces WHERE id = ?'
      const row = this.#get(sql, id * MAX_PIECES + pieces.length) as { bytes: Uint8Array } | undefined
      if (!row) return undefined
      pieces.push(row.bytes)
      length += row.bytes.length
      if (row.bytes.length === 0) return undefined
    }
    return pieces.length === 1 ? pieces[0] : Buffer.concat(pieces)
  }

  #listed(sql: string, ...values: readonly (number | Uint8Array)[]): Listed[] {
    return this.#statement(sql).all(...values) as unknown as Listed[]
  }

  #get(sql: string, ...values: readonly (number | string | Uint8Array)[]): unknown {
    return this.#statement(sql).get(...values)
  }

  #statement(sql: string): StatementSync {
    const known = this.#sql.get(sql)
    if (known) return known
    const statement = this.#db.prepare(sql)
    this.#sql.set(sql, statement)
    return statement
  }
}
