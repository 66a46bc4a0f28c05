// Kills processes that store versions, at random moments, and looks at what they left:
//   node loadtest/store/kill.ts [--kills 200] [--csv loadtest/results/store-kills.csv]
// Two processes write to one store at a time. One row for each kill: how long the next process took to open the store and
// recall a version, how many versions that were said to be stored are missing, and how many are damaged (every tenth time
// all are read).
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { KeptVersions } from '../../store/kept-versions.ts'
import { openToRead, storePath } from '../../store/database.ts'
import { Reader } from '../../store/reader.ts'
import { numbered } from './writing-child.ts'

const { values } = parseArgs({ options: { kills: { type: 'string', default: '200' }, csv: { type: 'string' } } })
const MiB = 1024 * 1024
// Each process numbers its versions from here on.
const STRIDE = 1_000_000
const MOST_WRITTEN = 40

const child = fileURLToPath(new URL('./writing-child.ts', import.meta.url))
const dataDir = mkdtempSync(join(tmpdir(), 'hunch-kill-'))
const rows = ['kill,stored,missing,read,damaged,recovery_ms,file_bytes']
const said: number[] = []
let [totalMissing, totalDamaged] = [0, 0]

for (let kill = 0; kill < Number(values.kills); kill += 2) {
  const ends = await Promise.all([kill, kill + 1].map(number => writeUntilKilled(number)))
  for (const numbers of ends) said.push(...numbers)
  const stored = ends.flat().length
  const started = performance.now()
  const kept = open()
  const last = said.at(-1) ?? 0
  await kept.recall({ url: numbered(last).url, scopes: ['public'], siblings: false })
  const recoveryMs = performance.now() - started
  // All of this round, and some of those before; at the end all that was ever said to be stored.
  const isLast = kill + 2 >= Number(values.kills)
  const asked = isLast ? said : [...ends.flat(), ...said.filter((_, at) => at % 20 === kill % 20)]
  const missing = await countMissing(kept, asked)
  await kept.close()
  const { read, damaged } = isLast || kill % 20 === 0 ? await verifyAll() : { read: 0, damaged: 0 }
  totalMissing += missing
  totalDamaged += damaged
  rows.push([kill + 2, stored, missing, read, damaged, recoveryMs.toFixed(1), statSync(storePath(dataDir)).size].join())
  console.log(rows.at(-1))
}
rmSync(dataDir, { recursive: true, force: true })
console.log(`${values.kills} kills: ${said.length} versions stored, ${totalMissing} missing, ${totalDamaged} damaged`)
if (values.csv) writeFileSync(values.csv, `${rows.join('\n')}\n`)
process.exitCode = totalMissing + totalDamaged > 0 ? 1 : 0

function open(): KeptVersions {
  const disk = { dataDir, quotas: { totalBytes: 1024 * MiB, perOrigin: 1, perUser: 1, maxVersionsPerUrl: 4 } }
  const log = { info: () => {}, warn: (facts: object, text: string) => console.log(text, facts) }
  return new KeptVersions({ memory: { maxBytes: 256 * MiB, maxVersionsPerUrl: 4 }, disk, log, now: Date.now })
}

/** The numbers that the child said are on the disk before it was killed. */
async function writeUntilKilled(kill: number): Promise<number[]> {
  const writing = spawn(process.execPath, [child, dataDir, String(kill * STRIDE)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const wanted = 1 + Math.floor(Math.random() * MOST_WRITTEN)
  let text = ''
  let timer: NodeJS.Timeout | undefined
  writing.stdout.on('data', chunk => {
    text += String(chunk)
    if (text.split('\n').length > wanted) timer ??= setTimeout(() => writing.kill('SIGKILL'), Math.random() * 20)
  })
  await once(writing, 'close')
  return text.split('\n').slice(0, -1).map(Number)
}

/** How many of these are not there; nothing is given up within the quota. */
async function countMissing(kept: KeptVersions, numbers: readonly number[]): Promise<number> {
  let missing = 0
  for (const number of numbers) {
    const { url, digest } = numbered(number)
    await kept.recall({ url, scopes: ['public'], siblings: false })
    if (kept.of(url, ['public'])[0]?.digest !== digest) missing += 1
  }
  return missing
}

async function verifyAll(): Promise<{ read: number; damaged: number }> {
  const opened = openToRead(storePath(dataDir))
  if (!opened) return { read: 0, damaged: 1 }
  const reader = new Reader(opened.db)
  let [read, damaged] = [0, 0]
  for (const each of Array.from(reader.describe())) {
    read += 1
    if ((await reader.load(each)).kind !== 'version') damaged += 1
  }
  reader.close()
  return { read, damaged }
}
