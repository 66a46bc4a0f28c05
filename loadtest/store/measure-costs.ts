// What the store costs of a processor, all threads counted: to store a version, to get one from the disk, to see that memory
// is as the disk is, and to learn that nothing is known of a URL but its origin. One process, no HTTP.
//   node loadtest/store/measure-costs.ts [--rounds 5] [--store DIR] [--csv loadtest/results/store-costs.csv]
// `--store`: another checkout, in turns with this one. Contents are random bytes that nobody tries to compress, and are put
// in batches of 16, whose commands the writing thread gathers in transactions.
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import type { Version } from '../../shared/version.ts'
import type { KeptVersions as Kept } from '../../store/kept-versions.ts'
import { median } from '../get.ts'
import { makeVersion } from './small-version.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    store: { type: 'string' },
    csv: { type: 'string' },
    child: { type: 'string' },
    bytes: { type: 'string', default: '5000' },
  },
})
const here = fileURLToPath(new URL('../..', import.meta.url))
const SIZES = { 5000: 3000, 50_000: 800, 1_000_000: 60 } as const
const BATCH = 16
const SITES = 50
const LOOKS = 5000
const MiB = 1024 ** 2

const figures = { put: 'put', get: 'get from disk', known: 'recall what memory has', unknown: 'recall an unknown URL' }
type Figures = Record<keyof typeof figures, number>

if (values.child === undefined) compare()
else process.stdout.write(JSON.stringify(await measure(values.child, Number(values.bytes) as keyof typeof SIZES)))

/** Microseconds for each. */
async function measure(root: string, bytes: keyof typeof SIZES): Promise<Figures> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- of a checkout that may be another one
  const { KeptVersions } = (await import(pathToFileURL(join(root, 'store/kept-versions.ts')).href)) as {
    KeptVersions: typeof Kept
  }
  const dataDir = mkdtempSync(join(tmpdir(), 'hunch-costs-'))
  const quotas = { totalBytes: 8 * 1024 * MiB, perOrigin: 1, perUser: 1, maxVersionsPerUrl: 4 }
  const log = { info: () => {}, warn: (_facts: object, message: string) => process.stderr.write(`${message}\n`) }
  // A get is one from the disk; of what is looked at again and again memory has all.
  const memory = { maxBytes: Math.max(4 * MiB, 40 * bytes), maxVersionsPerUrl: 4 }
  const kept = new KeptVersions({ memory, disk: { dataDir, quotas }, log, now: Date.now })
  // Statements and the thread are made once.
  kept.add(makeVersion('http://first.example/', randomBytes(100)))
  await kept.written()
  const count = SIZES[bytes]
  const versions = Array.from({ length: count }, (_, at) =>
    makeVersion(`http://site-${at % SITES}.example/a/path/${at}?of=${bytes}`, randomBytes(bytes)),
  )
  const put = await time(count, async () => {
    for (let at = 0; at < count; at += BATCH) {
      for (const version of versions.slice(at, at + BATCH)) kept.add(version)
      await kept.written()
    }
  })
  const get = await time(count, async () => {
    for (let at = 0; at < count; at++) {
      const { url } = versions[(at * 7919) % count] as Version
      await kept.recall({ url, scopes: ['public'], siblings: false })
      if (kept.of(url, ['public'])[0]?.content.length !== bytes) throw new Error(`${url} is lost`)
    }
  })
  const scopes = ['public', 'private:near'] as const
  const look = (url: string) => kept.recall({ url, scopes, digests: [], siblings: true, dictionaries: true })
  const some = versions.slice(0, 20)
  for (const { url } of some) await look(url)
  const known = await time(LOOKS, async () => {
    for (let at = 0; at < LOOKS; at++) await look((some[at % some.length] as Version).url)
  })
  const unknown = await time(LOOKS, async () => {
    for (let at = 0; at < LOOKS; at++) await look(`http://site-${at % SITES}.example/a/path/unknown-${at}`)
  })
  await kept.close()
  rmSync(dataDir, { recursive: true })
  return { put, get, known, unknown }
}

async function time(count: number, work: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / count
}

function compare(): void {
  const roots = values.store === undefined ? [here] : [values.store, here]
  const rows = ['store,bytes,what,microseconds_of_processor']
  for (const bytes of Object.keys(SIZES)) {
    const found = new Map<string, Figures[]>()
    for (let round = 0; round < Number(values.rounds); round++) {
      for (const root of roots) {
        const words = [fileURLToPath(import.meta.url), '--child', root, '--bytes', bytes]
        const { status, stdout, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8' })
        if (status !== 0) throw new Error(stderr)
        found.set(root, [...(found.get(root) ?? []), JSON.parse(stdout) as Figures])
      }
    }
    for (const root of roots) {
      for (const [key, title] of Object.entries(figures)) {
        const of = median((found.get(root) ?? []).map(each => each[key as keyof Figures]))
        rows.push([root === here ? 'this one' : 'before', bytes, title, of.toFixed(0)].join())
        process.stdout.write(`${rows.at(-1)}\n`)
      }
    }
  }
  rows.push('', `load average ${loadavg()[0]?.toFixed(1)} on this machine`)
  if (values.csv) writeFileSync(values.csv, `${rows.join('\n')}\n`)
}
