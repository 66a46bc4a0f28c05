// A process that does nothing but store versions until it is killed: prints the number of each that is on the disk.
//   node loadtest/store/writing-child.ts DATA_DIR FIRST
// Knows: how its versions are made, for those who check them. Does not know: who kills it.
import { createHash } from 'node:crypto'
import { KeptVersions } from '../../store/kept-versions.ts'
import { Freshness } from '../../shared/http/freshness.ts'
import { digestOf, type Version } from '../../shared/version.ts'

/** The version number `at`: text that compresses, 2 to 100 kB of it. */
export function numbered(at: number): Version {
  const seed = createHash('sha256').update(String(at)).digest('hex')
  const content = Buffer.from(`${seed} ${at} `.repeat(20 + ((at * 37) % 1400)))
  const url = `http://site.example/${at}`
  const response = { status: 200, fields: [['Content-Type', 'text/html']] } as const
  const freshness = Freshness.of({ method: 'GET', url, fields: [] }, response, 'shared', 0)
  return { url, scope: 'public', ...response, digest: digestOf(content), content, freshness, storedAt: 0 }
}

if (import.meta.main) {
  const [, , dataDir = '', first = '0'] = process.argv
  const MiB = 1024 * 1024
  const kept = new KeptVersions({
    memory: { maxBytes: 16 * MiB, maxVersionsPerUrl: 4 },
    disk: { dataDir, quotas: { totalBytes: 1024 * MiB, perOrigin: 1, perUser: 1, maxVersionsPerUrl: 4 } },
    log: { info: () => {}, warn: (_facts, message) => void process.stderr.write(`${message}\n`) },
    now: Date.now,
  })
  for (let at = Number(first); ; at++) {
    kept.add(numbered(at))
    await kept.written()
    process.stdout.write(`${at}\n`)
  }
}
