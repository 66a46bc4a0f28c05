// Claims about what stays when there is not room for all.
import { randomBytes } from 'node:crypto'
import { statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import t from 'tap'
import { storePath } from '../../store/database.ts'
import type { Scope } from '../../shared/version.ts'
import { makeVersion } from '../shared/sample-version.ts'
import { type Opening, openKept, recall } from './open-kept.ts'

const MiB = 1024 * 1024
const make = (url: string, sizeBytes: number, scope: Scope = 'public') =>
  makeVersion({ url: `http://${url}`, content: randomBytes(sizeBytes), scope })

/** The URLs on the disk. */
function urlsIn(dataDir: string): string[] {
  const db = new DatabaseSync(storePath(dataDir), { readOnly: true })
  const rows = db.prepare('SELECT url FROM versions ORDER BY url').all()
  db.close()
  return rows.map(({ url }) => String(url))
}

t.test('the file stays within its quota, but for what is written at once, whatever is added', async t => {
  const dataDir = t.testdir()
  const { kept } = openKept(t, dataDir, { quotas: { totalBytes: 4 * MiB } })
  for (let at = 0; at < 60; at++) {
    kept.add(make(`site.example/${at}`, 200_000))
    if (at % 20 === 19) await kept.written()
  }
  await kept.close()
  const sizeBytes = statSync(storePath(dataDir)).size
  // What is written in one go lies on top until it is looked at.
  t.ok(sizeBytes <= 4 * MiB + 4 * MiB + 400_000, `${sizeBytes}`)
  t.ok(urlsIn(dataDir).length >= 15 && urlsIn(dataDir).length <= 21, `${urlsIn(dataDir).length}`)
})

t.test('what is used stays, what is worth least goes; what was used long ago goes in the end', async t => {
  const dataDir = t.testdir()
  const opening: Opening = { quotas: { totalBytes: 2 * MiB } }
  const { kept } = openKept(t, dataDir, opening)
  kept.add(make('site.example/used', 200_000))
  kept.add(make('site.example/unused', 200_000))
  await kept.written()
  for (let use = 0; use < 5; use++) await recall(kept, 'http://site.example/used')
  await kept.close()
  const { kept: next } = openKept(t, dataDir, opening)
  for (let at = 0; at < 10; at++) {
    next.add(make(`site.example/${at}`, 200_000))
    await next.written()
  }
  const there = urlsIn(dataDir)
  t.ok(there.includes('http://site.example/used'))
  t.notOk(there.includes('http://site.example/unused'))
  for (let at = 10; at < 70; at++) {
    next.add(make(`site.example/${at}`, 200_000))
    await next.written()
  }
  t.notOk(urlsIn(dataDir).includes('http://site.example/used'), 'newer ones have overtaken it')
})

t.test('one site, and one user, take no more than their part; others are not touched for it', async t => {
  const dataDir = t.testdir()
  const { kept } = openKept(t, dataDir, { quotas: { totalBytes: 8 * MiB, perOrigin: 0.25, perUser: 0.125 } })
  kept.add(make('other.example/', 200_000))
  kept.add(make('third.example/', 200_000, 'private:b'))
  for (let at = 0; at < 30; at++) kept.add(make(`site.example/${at}`, 200_000))
  for (let at = 0; at < 30; at++) kept.add(make(`host-${at}.example/`, 200_000, 'private:a'))
  await kept.close()
  const there = urlsIn(dataDir)
  t.equal(there.filter(url => url.startsWith('http://site.example/')).length, 10)
  t.equal(there.filter(url => url.startsWith('http://host-')).length, 5)
  t.ok(there.includes('http://other.example/') && there.includes('http://third.example/'))
})

t.test('of one URL and scope no more versions are kept than wanted, the newest', async t => {
  const dataDir = t.testdir()
  const { kept } = openKept(t, dataDir, { quotas: { maxVersionsPerUrl: 2 } })
  const url = 'http://site.example/'
  for (const content of ['one', 'two', 'three']) kept.add(makeVersion({ url, content }))
  await kept.close()
  const { kept: next } = openKept(t, dataDir)
  t.strictSame(await recall(next, url), ['three', 'two'])
})
