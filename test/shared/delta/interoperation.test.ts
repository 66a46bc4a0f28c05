// Claims about VCDIFF between Hunch and others: xdelta3 as WebAssembly always, Debian's xdelta3 where it is installed.
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { init, xd3_decode_memory, xd3_encode_memory, xd3_smatch_cfg } from 'xdelta3-wasm'
import { decodeDelta, encodeDelta } from '../../../shared/delta/format.ts'
import { applyVcdiff } from '../../../shared/delta/vcdiff-patch.ts'
import { editPage, makePage, randomBytes } from './samples.ts'

const pairs: readonly [Uint8Array, Uint8Array][] = [
  [makePage(40_000, 1), editPage(makePage(40_000, 1), 30, 2)],
  [makePage(120_000, 3), editPage(makePage(120_000, 3), 160, 4)],
  [makePage(2000, 5), makePage(2000, 5)],
  [makePage(2000, 5), makePage(2000, 6)],
  [randomBytes(5000, 7), Buffer.concat([randomBytes(5000, 7), Buffer.alloc(500), randomBytes(900, 8)])],
  [makePage(100, 9), Buffer.alloc(200_000, 'ab')],
]

await init()
const folder = t.testdir({})
const xdelta3 = (...args: string[]) => spawnSync('xdelta3', args, { cwd: folder, maxBuffer: 2 ** 28 })
const notInstalled = xdelta3('-V').error === undefined ? false : 'xdelta3 is not installed'

t.test('xdelta3-wasm reads what Hunch writes, with checksums and without', async t => {
  for (const [base, target] of pairs) {
    for (const checksum of [true, false]) {
      for (const effort of [1, 3] as const) {
        const delta = await encodeDelta('vcdiff', base, target, { framing: 'file', checksum, effort })
        const made = xd3_decode_memory(delta, base, target.length)
        t.equal(made.str, 'SUCCESS')
        t.ok(Buffer.from(made.output).equals(target))
      }
    }
  }
})

t.test('Hunch reads what xdelta3-wasm writes', async t => {
  for (const [base, target] of pairs) {
    const { output } = xd3_encode_memory(target, base, target.length + 1000, xd3_smatch_cfg.DEFAULT)
    t.ok(Buffer.from(applyVcdiff(base, output, { maxTargetBytes: target.length })).equals(target))
  }
})

t.test(
  'xdelta3 and Hunch read each other: checksums, application headers, windows',
  { skip: notInstalled },
  async t => {
    for (const [base, target] of pairs) {
      writeFileSync(join(folder, 'base'), base)
      writeFileSync(join(folder, 'target'), target)
      for (const checksum of [true, false]) {
        const delta = await encodeDelta('vcdiff', base, target, { framing: 'file', checksum })
        writeFileSync(join(folder, 'ours'), delta)
        t.ok(xdelta3('-d', '-c', '-s', 'base', 'ours').stdout.equals(target))
      }
      for (const options of [
        ['-A'],
        ['-A', '-n'],
        [],
        ['-n'],
        ['-A=note'],
        ['-A', '-W', '16384'],
        ['-A', '-9'],
        ['-A', '-1'],
      ]) {
        xdelta3('-e', '-f', '-S', 'none', ...options, '-s', 'base', 'target', 'theirs')
        const theirs = readFileSync(join(folder, 'theirs'))
        const made = await decodeDelta('vcdiff', base, theirs, { framing: 'file', maxTargetBytes: target.length })
        t.ok(Buffer.from(made).equals(target), options.join(' '))
      }
      xdelta3('-e', '-f', '-S', 'djw', '-A', '-s', 'base', 'target', 'theirs')
      const djw = readFileSync(join(folder, 'theirs'))
      const refused = decodeDelta('vcdiff', base, djw, { framing: 'file', maxTargetBytes: target.length })
      await t.rejects(refused, { code: 'DELTA_UNSUPPORTED' })
    }
  },
)
