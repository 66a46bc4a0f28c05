// What a delta says, as records: its header, its windows, and each instruction.
// Knows: VCDIFF's layout and dcb's frame. Does not know: the base, printing.
// Addresses are within segment + target window (RFC 3284 §3); `in` says which of the two, and `from` where in it.

import { Fault } from '../fault.ts'
import { AddressCache } from './vcdiff-address.ts'
import { type InstructionSet, walkInstructions } from './vcdiff-apply.ts'
import { DCB_HEADER_BYTES, DCB_MAGIC } from './dcb.ts'
import { MAX_ADDRESS } from './vcdiff-layout.ts'
import { type VcdiffHeader, VcdiffReader, type VcdiffWindow } from './vcdiff-reader.ts'
import { defaultTable } from './vcdiff-table.ts'
import { readInstructionSet } from './vcdiff-patch.ts'

export type DeltaRecord =
  | { readonly kind: 'vcdiff'; readonly application: string | undefined; readonly customCodeTable: boolean }
  | { readonly kind: 'dcb'; readonly baseSha256: string; readonly contentBytes: number }
  | WindowRecord
  | InstructionRecord
  | EndRecord

export interface WindowRecord {
  readonly kind: 'window'
  readonly number: number
  /** Where the window begins in the whole target. */
  readonly targetAt: number
  readonly targetBytes: number
  readonly segment: 'base' | 'target' | 'none'
  readonly segmentAt: number
  readonly segmentBytes: number
  readonly adler32: string | undefined
  readonly deltaBytes: number
  readonly dataBytes: number
  readonly instructionBytes: number
  readonly addressBytes: number
}

export type InstructionRecord =
  | { readonly kind: 'add'; readonly at: number; readonly bytes: number; readonly data: Uint8Array }
  | { readonly kind: 'run'; readonly at: number; readonly bytes: number; readonly byte: number }
  | {
      readonly kind: 'copy'
      readonly at: number
      readonly bytes: number
      readonly in: 'segment' | 'window'
      readonly from: number
      readonly mode: number
    }

export interface EndRecord {
  readonly kind: 'end'
  readonly windows: number
  readonly targetBytes: number
  readonly deltaBytes: number
  readonly addedBytes: number
  readonly ranBytes: number
  readonly copiedBytes: number
}

/** Reads records out of a delta that arrives in chunks; `finish` after the last. */
export class DeltaInspector {
  #reader: VcdiffReader | undefined
  #set: InstructionSet = { table: defaultTable, cache: new AddressCache() }
  #first: Uint8Array = new Uint8Array(0)
  #totals = { windows: 0, targetBytes: 0, deltaBytes: 0, addedBytes: 0, ranBytes: 0, copiedBytes: 0 }

  /** Records of what `chunk` completes. Raises DELTA_ faults. */
  push(chunk: Uint8Array): DeltaRecord[] {
    this.#totals.deltaBytes += chunk.length
    if (this.#reader === undefined) {
      if (this.#first.length < DCB_HEADER_BYTES) this.#first = Buffer.concat([this.#first, chunk])
      if (this.#first.length < DCB_MAGIC.length || this.#isDcb()) return []
      this.#reader = new VcdiffReader(MAX_ADDRESS)
      this.#reader.push(this.#first)
    } else {
      this.#reader.push(chunk)
    }
    const records: DeltaRecord[] = []
    for (let item = this.#reader.next(); item !== undefined; item = this.#reader.next()) {
      if (item.kind === 'header') records.push(this.#header(item))
      else this.#readWindow(item, records)
    }
    return records
  }

  /** The last record. Raises DELTA_TRUNCATED when the delta is not whole. */
  finish(): DeltaRecord {
    if (this.#isDcb()) {
      if (this.#first.length < DCB_HEADER_BYTES) throw new Fault('DELTA_TRUNCATED', 'the delta ends within its header')
      const baseSha256 = Buffer.from(this.#first.subarray(DCB_MAGIC.length, DCB_HEADER_BYTES)).toString('hex')
      return { kind: 'dcb', baseSha256, contentBytes: this.#totals.deltaBytes - DCB_HEADER_BYTES }
    }
    if (this.#reader === undefined) throw new Fault('DELTA_TRUNCATED', 'the delta ends within its header')
    this.#reader.end()
    return { kind: 'end', ...this.#totals }
  }

  #isDcb(): boolean {
    return this.#first.length >= DCB_MAGIC.length && DCB_MAGIC.every((byte, i) => this.#first[i] === byte)
  }

  #header({ application, codeTable }: VcdiffHeader): DeltaRecord {
    if (codeTable !== undefined) this.#set = readInstructionSet(codeTable)
    const text = application === undefined ? undefined : Buffer.from(application).toString('latin1')
    return { kind: 'vcdiff', application: text, customCodeTable: codeTable !== undefined }
  }

  #readWindow(window: VcdiffWindow, records: DeltaRecord[]): void {
    const totals = this.#totals
    const { segmentBytes } = window
    records.push({
      kind: 'window',
      number: ++totals.windows,
      targetAt: totals.targetBytes,
      targetBytes: window.targetBytes,
      segment: window.segment,
      segmentAt: window.segmentAt,
      segmentBytes,
      adler32: window.checksum?.toString(16).padStart(8, '0'),
      deltaBytes: window.deltaBytes,
      dataBytes: window.data.length,
      instructionBytes: window.instructions.length,
      addressBytes: window.addresses.length,
    })
    let at = totals.targetBytes
    walkInstructions(window, this.#set, {
      add(from, bytes) {
        records.push({ kind: 'add', at, bytes, data: window.data.subarray(from, from + bytes) })
        totals.addedBytes += bytes
        at += bytes
      },
      run(byte, bytes) {
        records.push({ kind: 'run', at, bytes, byte })
        totals.ranBytes += bytes
        at += bytes
      },
      copy(address, bytes, mode) {
        const inSegment = address < segmentBytes
        const from = inSegment ? address : address - segmentBytes
        records.push({ kind: 'copy', at, bytes, in: inSegment ? 'segment' : 'window', from, mode })
        totals.copiedBytes += bytes
        at += bytes
      },
    })
    totals.targetBytes = at
  }
}
