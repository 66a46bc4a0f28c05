// Files for `hunch delta`: inputs as streams, a base in memory or on disk, an output that appears only when it is whole.
// Knows: paths, '-', descriptors. Does not know: deltas.

import { closeSync, createReadStream, createWriteStream, fstatSync, openSync, readSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import type { Readable, Writable } from 'node:stream'
import type { BaseReader } from '../shared/delta/base-reader.ts'
import { Fault } from '../shared/fault.ts'

const CHUNK_BYTES = 256 * 1024

/** Names standard input or output. */
export const STANDARD = '-'

export function openInput(path: string): Readable {
  return path === STANDARD ? process.stdin : createReadStream(path, { highWaterMark: CHUNK_BYTES })
}

/** A file that is read in places. The caller closes it. Raises CANNOT_READ when it is not a plain file. */
export function openBase(path: string): BaseReader & { close(): void } {
  if (path === STANDARD)
    throw new Fault('USAGE', 'the base is read in places, so it must be a file, not standard input')
  const descriptor = openSync(path, 'r')
  const stat = fstatSync(descriptor)
  if (!stat.isFile()) {
    closeSync(descriptor)
    throw new Fault('CANNOT_READ', `${path} is not a plain file`)
  }
  return {
    length: stat.size,
    read(at, bytes) {
      const piece = Buffer.allocUnsafeSlow(bytes)
      for (let filled = 0; filled < bytes; ) {
        const got = readSync(descriptor, piece, filled, bytes - filled, at + filled)
        if (got === 0) throw new Fault('CANNOT_READ', `${path} became shorter while it was read`)
        filled += got
      }
      return piece
    },
    close: () => closeSync(descriptor),
  }
}

/** An output: written beside its place, and put there by `commit`, so that no half of one is ever found there. */
export interface Output {
  readonly stream: Writable
  commit(): Promise<void>
  discard(): Promise<void>
}

export function openOutput(path: string): Output {
  if (path === STANDARD) {
    if (process.stdout.isTTY) throw new Fault('USAGE', 'the output is not text: name a file with -o, or pipe it')
    return { stream: process.stdout, commit: async () => {}, discard: async () => {} }
  }
  const unfinished = `${path}.unfinished-${process.pid}`
  return {
    stream: createWriteStream(unfinished, { highWaterMark: CHUNK_BYTES * 4 }),
    commit: () => rename(unfinished, path),
    discard: () => rm(unfinished, { force: true }),
  }
}
