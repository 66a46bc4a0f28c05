// Claims about disks that are full, read-only or forbidden, on file systems of the test's own (as root).
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { RETRY_MS } from '../../shared/store/health.ts'
import { makeVersion } from '../shared/sample-version.ts'
import { openKept, recall } from './open-kept.ts'

const url = (at: number) => `http://site.example/${at}`
const make = (at: number) => makeVersion({ url: url(at), content: randomBytes(100_000).toString('hex') })

/** A file system of that size below the test's directory; undefined, and the test is skipped, where none may be made. */
function mountSmall(t: Test, sizeKiB: number): string | undefined {
  // Not `testdir`, which is removed before teardown unmounts it.
  const directory = mkdtempSync(join(tmpdir(), 'hunch-'))
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeKiB}k`, 'tmpfs', directory])
  t.teardown(() => {
    spawnSync('umount', ['-l', directory])
    rmSync(directory, { recursive: true, force: true })
  })
  if (status !== 0) {
    t.comment('no file system may be mounted here: this needs root')
    return undefined
  }
  return directory
}

t.test(
  'when the disk is full that is logged once, service goes on from memory, and the disk is used again later',
  async t => {
    const directory = mountSmall(t, 1024)
    if (!directory) return
    const clock = { now: 0 }
    const { kept, lines } = openKept(t, directory, { clock })
    for (let at = 0; at < 12; at++) {
      kept.add(make(at))
      await kept.written()
    }
    t.equal(lines.length, 1)
    t.match(lines[0], /the store cannot be used: versions are kept in memory only .*(full|no space)/i)
    for (let at = 0; at < 12; at++) t.equal((await recall(kept, url(at))).length, 1, 'memory has them all')
    spawnSync('mount', ['-o', 'remount,size=20m', directory])
    kept.add(make(12))
    await kept.written()
    t.equal(lines.length, 1, 'not before its time')
    clock.now = RETRY_MS
    const late = make(13)
    kept.add(late)
    await kept.written()
    t.match(lines[1], /the store can be used again/)
    await kept.close()
    const { kept: next, lines: none } = openKept(t, directory)
    t.strictSame(await recall(next, url(13)), [Buffer.from(late.content).toString()])
    t.strictSame(none, [])
    await next.close()
  },
)

t.test('a disk that became read-only is logged, and nothing is lost but what is new', async t => {
  const directory = mountSmall(t, 20_000)
  if (!directory) return
  const { kept, lines } = openKept(t, directory)
  const before = make(0)
  kept.add(before)
  await kept.close()
  t.strictSame(lines, [])
  t.equal(spawnSync('mount', ['-o', 'remount,ro', directory]).status, 0)
  const { kept: next, lines: said } = openKept(t, directory)
  next.add(make(1))
  await next.written()
  t.equal(said.length, 1)
  t.match(said[0], /the store cannot be used: versions are kept in memory only .*(read.?only)/i)
  t.equal((await recall(next, url(1))).length, 1)
  await next.close()
})

t.test('a directory that cannot be is one line, and service goes on from memory', async t => {
  const directory = t.testdir()
  writeFileSync(`${directory}/file`, '')
  const clock = { now: 0 }
  const { kept, lines } = openKept(t, `${directory}/file/data`, { clock })
  const version = make(0)
  kept.add(version)
  await kept.written()
  t.equal(lines.length, 1)
  t.strictSame(kept.of(url(0), ['public']), [version])
  rmSync(`${directory}/file`)
  mkdirSync(`${directory}/file`)
  clock.now = 2 * RETRY_MS
  kept.add(make(1))
  await kept.written()
  t.match(lines[1], /the store can be used again/)
  await kept.close()
})
