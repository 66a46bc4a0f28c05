// Measures `hunch delta` on files too long for memory: time, bytes, and the most memory that each process took.
//   node loadtest/delta/measure-large.ts [--megabytes 1000] [--csv loadtest/delta/results/large.csv]
// The files are made: keyed noise, half of it as text, and a copy with an edit in each megabyte and stretches moved.
// What was decoded is compared with the target byte by byte; a difference ends the run. Linux only (/proc).
// Knows: the command line of `hunch delta`. Does not know: formats.

import { spawn } from 'node:child_process'
import { createCipheriv } from 'node:crypto'
import { once } from 'node:events'
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { makeRandom } from './random.ts'

const MB = 1_000_000
// How many megabytes a moved stretch has: more than a VCDIFF window, so that windows must look far away.
const MOVED_MB = 20
const LOOK_EVERY_MS = 50

const { values } = parseArgs({ options: { megabytes: { type: 'string' }, csv: { type: 'string' } } })
const megabytes = Number(values.megabytes ?? 1000)
const folder = mkdtempSync(join(tmpdir(), 'hunch-large-'))
const hunch = fileURLToPath(new URL('../../cli/hunch.js', import.meta.url))

/** The megabyte at `place` of the base. */
function makeMegabyte(place: number): Buffer {
  const counter = Buffer.alloc(16)
  counter.writeUInt32BE(place, 0)
  const noise = createCipheriv('aes-128-ctr', Buffer.alloc(16), counter).update(Buffer.alloc(MB))
  return place % 2 === 0 ? noise : Buffer.from(noise.toString('base64').slice(0, MB))
}

function writeFiles(): void {
  const random = makeRandom(1)
  const base = openSync(join(folder, 'base'), 'w')
  const target = openSync(join(folder, 'target'), 'w')
  for (let place = 0; place < megabytes; place++) writeSync(base, makeMegabyte(place))
  const stretches = Math.ceil(megabytes / MOVED_MB)
  for (let place = 0; place < megabytes; place++) {
    // Every second stretch is one from elsewhere.
    const stretch = Math.floor(place / MOVED_MB)
    const from = stretch % 2 === 0 ? stretch : (stretch * 7 + 3) % stretches
    const bytes = makeMegabyte(Math.min(megabytes - 1, from * MOVED_MB + (place % MOVED_MB)))
    const at = Math.floor(random() * (MB - 1000))
    const inserted = Buffer.from(String(random()).repeat(10))
    writeSync(target, Buffer.concat([bytes.subarray(0, at), inserted, bytes.subarray(at + 100)]))
  }
  closeSync(base)
  closeSync(target)
}

/** Runs `hunch delta` and gives its time and its peak of resident memory, which the kernel counts. */
async function run(...words: string[]): Promise<{ seconds: number; peakMb: number }> {
  const started = performance.now()
  const child = spawn(process.execPath, [hunch, 'delta', ...words, '-q'], { cwd: folder, stdio: ['ignore', 2, 2] })
  let peakMb = 0
  const look = setInterval(() => {
    const [, kibibytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readStatus(child.pid!)) ?? []
    if (kibibytes !== undefined) peakMb = (Number(kibibytes) * 1024) / MB
  }, LOOK_EVERY_MS)
  const [code] = await once(child, 'exit')
  clearInterval(look)
  if (code !== 0) throw new Error(`hunch delta ${words[0]} ended with ${String(code)}`)
  return { seconds: (performance.now() - started) / 1000, peakMb }
}

function readStatus(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8')
  } catch {
    return ''
  }
}

function isSame(one: string, other: string): boolean {
  if (statSync(one).size !== statSync(other).size) return false
  const [a, b] = [openSync(one, 'r'), openSync(other, 'r')]
  const [pieceA, pieceB] = [Buffer.alloc(MB), Buffer.alloc(MB)]
  let same = true
  for (let got = readSync(a, pieceA); got > 0 && same; got = readSync(a, pieceA)) {
    readSync(b, pieceB, 0, got, null)
    same = pieceA.subarray(0, got).equals(pieceB.subarray(0, got))
  }
  closeSync(a)
  closeSync(b)
  return same
}

const lines = ['what,MB,seconds,peak memory MB,bytes of delta']
try {
  writeFiles()
  const encoded = await run('encode', 'base', 'target', '-o', 'delta')
  const decoded = await run('decode', 'base', 'delta', '-o', 'made')
  if (!isSame(join(folder, 'target'), join(folder, 'made'))) throw new Error('what was decoded is not the target')
  const deltaBytes = statSync(join(folder, 'delta')).size
  for (const [what, { seconds, peakMb }] of Object.entries({ encode: encoded, decode: decoded }))
    lines.push([what, megabytes, seconds.toFixed(1), peakMb.toFixed(0), deltaBytes].join())
} finally {
  rmSync(folder, { recursive: true })
}
console.log(lines.join('\n'))
if (values.csv !== undefined) {
  mkdirSync(dirname(values.csv), { recursive: true })
  writeFileSync(values.csv, `${lines.join('\n')}\n`)
}
