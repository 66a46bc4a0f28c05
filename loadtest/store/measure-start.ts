// Measures how long a proxy takes until it can serve from a store of many versions, and what a hit in memory costs with
// a store below and without:
//   node loadtest/store/measure-start.ts [--versions 100000] [--csv loadtest/results/store-start.csv]
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Freshness } from '../../shared/http/freshness.ts'
import { toRecord } from '../../shared/store/record.ts'
import { digestOf, type Version } from '../../shared/version.ts'
import { openToWrite, storePath } from '../../store/database.ts'
import { KeptVersions } from '../../store/kept-versions.ts'
import { Writer } from '../../store/writer.ts'

const { values } = parseArgs({ options: { versions: { type: 'string', default: '100000' }, csv: { type: 'string' } } })
const GiB = 1024 ** 3
const BATCH = 1000
const HITS = 20_000
const quotas = { totalBytes: 64 * GiB, perOrigin: 1, perUser: 1, maxVersionsPerUrl: 4 }
const dataDir = mkdtempSync(join(tmpdir(), 'hunch-start-'))
const count = Number(values.versions)
const rows: string[] = ['what,value,unit']

function note(what: string, value: number, unit: string): void {
  rows.push(`${what},${value.toFixed(value < 10 ? 3 : 0)},${unit}`)
  console.log(rows.at(-1))
}

function make(at: number): Version {
  const url = `http://site-${at % 500}.example/pages/${at}`
  const content = createHash('sha256').update(url).digest()
  const response = { status: 200, fields: [['Content-Type', 'text/html']] } as const
  const freshness = Freshness.of({ method: 'GET', url, fields: [] }, response, 'shared', 0)
  return { url, scope: 'public', ...response, digest: digestOf(content), content, freshness, storedAt: 0 }
}

function fill(): void {
  const { db } = openToWrite(storePath(dataDir), console.log)
  const writer = new Writer(db, quotas)
  for (let first = 0; first < count; first += BATCH) {
    const batch = Array.from({ length: Math.min(BATCH, count - first) }, (_, at) => make(first + at))
    writer.apply(
      batch.map(version => ({
        kind: 'put',
        record: toRecord(version),
        answersByItself: false,
        content: { form: 'identity', bytes: version.content },
      })),
    )
  }
  db.close()
}

function open(disk: boolean): KeptVersions {
  const log = { info: () => {}, warn: (facts: object, text: string) => console.log(text, facts) }
  const memory = { maxBytes: 64 * 1024 ** 2, maxVersionsPerUrl: 4 }
  return new KeptVersions({ memory, disk: disk ? { dataDir, quotas } : undefined, log, now: Date.now })
}

async function time(work: () => unknown): Promise<number> {
  const started = performance.now()
  await work()
  return performance.now() - started
}

async function measureHits(kept: KeptVersions): Promise<number> {
  const wanted = { url: make(1).url, scopes: ['public'], siblings: true } as const
  const ms = await time(async () => {
    for (let at = 0; at < HITS; at++) {
      await kept.recall(wanted)
      if (kept.of(wanted.url, wanted.scopes).length !== 1) throw new Error('lost')
    }
  })
  return (ms * 1000) / HITS
}

fill()
note('versions', count, '')
note('file', statSync(storePath(dataDir)).size / 1e6, 'MB')
let kept = open(true)
await kept.close()
const openMs = await time(() => (kept = open(true)))
note('opening the store', openMs, 'ms')
const wanted = { url: make(count - 1).url, scopes: ['public'], siblings: true } as const
note('the first version from the disk', await time(() => kept.recall(wanted)), 'ms')
await kept.recall({ ...wanted, url: make(1).url })
const withStore: number[] = []
const without: number[] = []
const memoryOnly = open(false)
memoryOnly.add(make(1))
for (let round = 0; round < 5; round++) {
  withStore.push(await measureHits(kept))
  without.push(await measureHits(memoryOnly))
}
const median = (all: number[]) => all.sort((one, other) => one - other)[all.length >> 1] ?? 0
note('a hit in memory with the store below', median(withStore), 'µs')
note('a hit in memory without a store', median(without), 'µs')
await kept.close()
rmSync(dataDir, { recursive: true, force: true })
if (values.csv) writeFileSync(values.csv, `${rows.join('\n')}\n`)
