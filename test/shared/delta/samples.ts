// Material for the delta tests: seeded bytes, pages that are edited, hand-made VCDIFF windows, ways to feed a stream.
// Knows: RFC 3284's layout, written out independently of the encoder. Does not know: the encoder.

import { type Duplex, finished } from 'node:stream'
import { promisify } from 'node:util'
import { makeRandom } from '../../../loadtest/delta/random.ts'

const words = 'the page list item news of a to and in story photo class href link title more old new day'.split(' ')

/** An HTML-like page of about `bytes` bytes. */
export function makePage(bytes: number, seed: number): Buffer {
  const random = makeRandom(seed)
  const word = () => words[Math.floor(random() * words.length)]!
  let text = '<!doctype html><title>sample</title>\n'
  while (text.length < bytes) {
    text += `<li class="${word()}"><a href="/${word()}/${Math.floor(random() * 1e6)}">${word()} ${word()} ${word()}</a></li>\n`
  }
  return Buffer.from(text.slice(0, bytes))
}

/** A copy of `page` with `edits` places inserted, replaced, removed, moved or filled. */
export function editPage(page: Uint8Array, edits: number, seed: number): Buffer {
  const random = makeRandom(seed)
  let edited = Buffer.from(page)
  for (let i = 0; i < edits; i++) {
    const at = Math.floor(random() * edited.length)
    const length = Math.floor(random() * 60)
    const kind = Math.floor(random() * 5)
    const fresh = Buffer.from(Array.from({ length }, () => 32 + Math.floor(random() * 90)))
    const moved = edited.subarray(Math.floor(random() * edited.length)).subarray(0, length * 4)
    const middle = [fresh, fresh, Buffer.alloc(0), moved, Buffer.alloc(length, 42)][kind]!
    edited = Buffer.concat([edited.subarray(0, at), middle, edited.subarray(kind === 0 ? at : at + length)])
  }
  return edited
}

export function randomBytes(bytes: number, seed: number): Buffer {
  const random = makeRandom(seed)
  const content = Buffer.alloc(bytes)
  for (let at = 0; at < bytes; at++) content[at] = Math.floor(random() * 256)
  return content
}

/** RFC 3284 §2. */
export function integer(value: number): number[] {
  const digits = [value % 128]
  for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128)) digits.unshift(128 + (rest % 128))
  return digits
}

export interface HandMadeWindow {
  readonly indicator?: number
  readonly segment?: readonly [bytes: number, at: number]
  readonly targetBytes: number
  readonly data?: readonly number[]
  readonly instructions?: readonly number[]
  readonly addresses?: readonly number[]
  readonly checksum?: readonly number[]
}

/** RFC 3284 §4.3. */
export function makeWindow(window: HandMadeWindow): number[] {
  const { data = [], instructions = [], addresses = [], checksum = [], segment } = window
  const body = [
    ...integer(window.targetBytes),
    0,
    ...integer(data.length),
    ...integer(instructions.length),
    ...integer(addresses.length),
    ...checksum,
    ...data,
    ...instructions,
    ...addresses,
  ]
  const indicator = window.indicator ?? (segment === undefined ? 0 : 1)
  const place = segment === undefined ? [] : [...integer(segment[0]), ...integer(segment[1])]
  return [indicator, ...place, ...integer(body.length), ...body]
}

export const header = [0xd6, 0xc3, 0xc4, 0x00, 0x00]

export function makeDelta(...windows: HandMadeWindow[]): Buffer {
  return Buffer.from([...header, ...windows.flatMap(makeWindow)])
}

export function bytesOf(text: string): number[] {
  return [...Buffer.from(text)]
}

/** Writes `chunks` to `stream`, ends it, and gives all that came out; rejects with its error. */
export async function feed(stream: Duplex, chunks: Iterable<Uint8Array>): Promise<Buffer> {
  const out: Uint8Array[] = []
  stream.on('data', (chunk: Uint8Array) => out.push(chunk))
  const end = promisify(finished)(stream)
  for (const chunk of chunks) stream.write(chunk)
  stream.end()
  await end
  return Buffer.concat(out)
}

export function* splitBytes(bytes: Uint8Array, size = 1): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

/** Pairs that have led parses astray: nothing, little, repeats, noise, runs longer than a block. */
export function parsePairs(): [Buffer, Buffer][] {
  const page = makePage(20_000, 1)
  const texts: [string, string][] = [
    ['', ''],
    ['', 'abc'],
    ['abc', 'abc'],
    ['abcd', 'abcdabcd'],
    ['aaaaaaaaaaaaaaaa', 'aaaaaaaaaaaaaaaaaaaaaaaaab'],
    ['abcdefgh', 'hgfedcba'],
  ]
  return [
    ...texts.map(([base, target]): [Buffer, Buffer] => [Buffer.from(base), Buffer.from(target)]),
    [page, editPage(page, 100, 2)],
    [page, Buffer.concat([page, page, page.subarray(7)])],
    [Buffer.alloc(10_000), Buffer.alloc(30_000)],
    [randomBytes(10_000, 3), randomBytes(20_000, 4)],
    [
      Buffer.alloc(9000, 'ab'),
      Buffer.concat([Buffer.alloc(9001, 'ba'), Buffer.alloc(9000, 'abc'), Buffer.alloc(20_000, 'x')]),
    ],
  ]
}

export interface RecordedVerb {
  readonly kind: 'add' | 'copy' | 'run'
  readonly bytes: number
}

/** Follows verbs as they are called, and gives the target they make. */
export function rebuild(base: Uint8Array, target: Uint8Array, parse: (verbs: RebuildVerbs) => void) {
  const verbs: RecordedVerb[] = []
  const all = Buffer.alloc(base.length + target.length + 1000)
  all.set(base)
  let end = base.length
  parse({
    add(at, bytes) {
      verbs.push({ kind: 'add', bytes })
      all.set(target.subarray(at, at + bytes), end)
      end += bytes
    },
    copy(address, bytes) {
      verbs.push({ kind: 'copy', bytes })
      for (let i = 0; i < bytes; i++) all[end + i] = all[address + i]!
      end += bytes
    },
    run(byte, bytes) {
      verbs.push({ kind: 'run', bytes })
      all.fill(byte, end, end + bytes)
      end += bytes
    },
  })
  return { verbs, made: all.subarray(base.length, end) }
}

interface RebuildVerbs {
  add(at: number, bytes: number): void
  copy(address: number, bytes: number): void
  run(byte: number, bytes: number): void
}
