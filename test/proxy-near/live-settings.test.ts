// Claims about settings that change while near runs: what they change, refuse and keep.
import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { LiveSettings } from '../../proxy-near/live-settings.ts'
import { parseSites } from '../../shared/config/site-settings.ts'
import { thresholds } from '../shared/sample-version.ts'

const configured = { thresholds, sites: parseSites({ 'a.example': { policy: 'tunnel' } }, 'sites') }

t.test('what is set holds at once, is kept, and can be taken back', async t => {
  const directory = join(t.testdir(), 'data')
  const settings = await LiveSettings.open(configured, directory)
  t.equal(settings.of('a.example').policy, 'tunnel')
  await settings.change({ thresholds: { maxDeltaRatio: 0.3 }, sites: { 'b.example': { policy: 'bypass' } } })
  t.equal(settings.thresholds.maxDeltaRatio, 0.3)
  t.equal(settings.of('b.example').policy, 'bypass')
  t.equal((await stat(join(directory, 'settings.json'))).mode & 0o777, 0o600)
  const again = await LiveSettings.open(configured, directory)
  t.equal(again.of('b.example').policy, 'bypass')
  await again.change({ thresholds: { maxDeltaRatio: null }, sites: { 'b.example': null } })
  t.equal(again.thresholds.maxDeltaRatio, thresholds.maxDeltaRatio)
  t.equal(again.of('b.example').policy, 'on')
})

t.test('what does not fit is refused as a whole', async t => {
  const directory = join(t.testdir(), 'data')
  const settings = await LiveSettings.open(configured, directory)
  for (const change of [
    undefined,
    [],
    { threshold: {} },
    { thresholds: [] },
    { thresholds: { maxDeltaRatio: 0.2, speculation: 'always' } },
    { thresholds: { minBaseBytes: 2048, maxBaseBytes: 1024 } },
    { thresholds: { maxDeltaRatio: 0.2 }, sites: { 'a b': {} } },
  ]) {
    await t.rejects(settings.change(change), { code: 'CONFIG' })
  }
  t.strictSame(settings.thresholds, thresholds)
  await t.rejects(readFile(join(directory, 'settings.json')), { code: 'ENOENT' })
})

t.test('another configuration is taken, and what was set by hand stays over it', async t => {
  const settings = LiveSettings.inMemory(configured)
  await settings.change({ thresholds: { maxDeltaRatio: 0.3 } })
  settings.reload({ thresholds: { ...thresholds, maxDeltaRatio: 0.9, minExpectedGainMs: 7 }, sites: new Map() })
  t.match(settings.thresholds, { maxDeltaRatio: 0.3, minExpectedGainMs: 7 })
  t.equal(settings.of('a.example').policy, 'on')
})

t.test('a file that holds no settings is named', async t => {
  const directory = t.testdir()
  await writeFile(join(directory, 'settings.json'), 'nothing')
  await t.rejects(LiveSettings.open(configured, directory), { code: 'CONFIG', message: /settings\.json is not JSON/ })
})
