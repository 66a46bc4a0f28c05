// The instruction code tables of VCDIFF: what each of the 256 opcodes stands for (RFC 3284 §5.4 to §5.6).
// Knows: the default table, its serial form (§7). Does not know: sections, addresses, who encodes or decodes.

export const NOOP = 0
export const ADD = 1
export const RUN = 2
export const COPY = 3

/** The number of slots of the two address caches that the default table is made for (RFC 3284 §5.1). */
export const RECENT_SLOTS = 4
export const SAME_SLOTS = 3

/** Each opcode is one or two instructions: kind, size (0: the size follows as an integer) and address mode. */
export interface CodeTable {
  readonly kind1: Uint8Array
  readonly kind2: Uint8Array
  readonly size1: Uint8Array
  readonly size2: Uint8Array
  readonly mode1: Uint8Array
  readonly mode2: Uint8Array
}

/** The serial form of a table: six runs of 256 bytes (RFC 3284 §7). */
export const TABLE_BYTES = 6 * 256

/** Reads a table from its serial form. The caller checks the kinds and modes. */
export function readTable(bytes: Uint8Array): CodeTable {
  // A Buffer's slice would be a view.
  const column = (n: number) => Uint8Array.from(bytes.subarray(n * 256, n * 256 + 256))
  return { kind1: column(0), kind2: column(1), size1: column(2), size2: column(3), mode1: column(4), mode2: column(5) }
}

/** Writes a table in its serial form. */
export function writeTable(table: CodeTable): Uint8Array {
  const columns = [table.kind1, table.kind2, table.size1, table.size2, table.mode1, table.mode2]
  const bytes = new Uint8Array(TABLE_BYTES)
  columns.forEach((column, n) => bytes.set(column, n * 256))
  return bytes
}

/** The default table of RFC 3284 §5.6, for four `recent` and three `same` slots. */
export const defaultTable: CodeTable = makeDefaultTable()

function makeDefaultTable(): CodeTable {
  const table = readTable(new Uint8Array(TABLE_BYTES))
  let code = 0
  const put = (kind1: number, size1: number, mode1: number, kind2 = NOOP, size2 = 0, mode2 = 0) => {
    table.kind1[code] = kind1
    table.size1[code] = size1
    table.mode1[code] = mode1
    table.kind2[code] = kind2
    table.size2[code] = size2
    table.mode2[code] = mode2
    code++
  }
  put(RUN, 0, 0)
  for (let size = 0; size <= 17; size++) put(ADD, size, 0)
  for (let mode = 0; mode <= 8; mode++) {
    put(COPY, 0, mode)
    for (let size = 4; size <= 18; size++) put(COPY, size, mode)
  }
  for (let mode = 0; mode <= 5; mode++) {
    for (let add = 1; add <= 4; add++) for (let copy = 4; copy <= 6; copy++) put(ADD, add, 0, COPY, copy, mode)
  }
  for (let mode = 6; mode <= 8; mode++) for (let add = 1; add <= 4; add++) put(ADD, add, 0, COPY, 4, mode)
  for (let mode = 0; mode <= 8; mode++) put(COPY, 4, mode, ADD, 1, 0)
  return table
}
