// Claims about the first lines of the program: which Node runs it, and where it is installed.
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { findOldNode, program, runHunch, startHunch } from './run-hunch.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const oldNode = findOldNode()
const hasBundled = process.platform === 'linux' && process.arch === 'x64'
const skipOld = (oldNode === undefined && 'no Node before 24 on this machine') || (!hasBundled && 'nothing is bundled')

t.test(
  'an old Node hands over to the one that npm installed, with arguments, output and exit code',
  { skip: skipOld },
  async t => {
    const node = String(oldNode)
    t.same(runHunch(['--version'], { node }), runHunch(['--version']))
    t.same(runHunch(['near', '--prot', '1'], { node }), runHunch(['near', '--prot', '1']))
  },
)

t.test(
  'an old Node passes on the signal that stops it, once, and ends as the new one does',
  { skip: skipOld },
  async t => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      const link = ['link', '--preset', 'lan', '--listen', '127.0.0.1:0', '--to', '127.0.0.1:9']
      const hunch = startHunch(t, link, { node: String(oldNode) })
      await hunch.waitFor(/127\.0\.0\.1:\d+/)
      hunch.kill(signal)
      // The link prints its counts when it closes gracefully; at a second signal it would not.
      t.equal(await hunch.waitForEnd(), 0, signal)
      t.match(hunch.stdout(), /connections: 0/)
    }
  },
)

t.test(
  'an old Node with nothing to hand over to is told what to do, in one line',
  { skip: oldNode === undefined && 'no old Node' },
  async t => {
    const { code, stdout, stderr } = runHunch(['--version'], {
      node: String(oldNode),
      program: install(t, { withDependencies: false }),
    })
    t.same([code, stdout], [1, ''])
    t.match(stderr, /^hunch: this is Node\.js \d+\.\d+\.\d+, and hunch needs 24\.15 or newer: install it from .*\n$/)
  },
)

t.test('a Node 24 that ignores Brotli dictionaries is too old', async t => {
  const folder = t.testdir({ 'older.mjs': `Object.defineProperty(process.versions, 'node', { value: '24.14.1' })` })
  const { code, stderr } = runHunch(['--version'], {
    env: { NODE_OPTIONS: `--import=${folder}/older.mjs` },
    program: install(t, { withDependencies: false }),
  })
  t.match({ code, stderr }, { code: 1, stderr: /this is Node\.js 24\.14\.1/ })
})

t.test('it runs where npm installs it, under node_modules, and through a link to a checkout', async t => {
  const installed = install(t, { withDependencies: true })
  t.same(runHunch(['near', '--prot', '1'], { program: installed }), runHunch(['near', '--prot', '1']))
  t.same(runHunch(['delta', '--help'], { program: installed }), runHunch(['delta', '--help']))
  const linked = `${t.testdir()}/hunch`
  symlinkSync(program, linked)
  t.same(runHunch(['--version'], { program: linked }), runHunch(['--version']))
})

t.test('it needs no Node newer than the package says, and no older', async t => {
  const manifest: unknown = JSON.parse(await readFile(`${root}/package.json`, 'utf8'))
  const text = await readFile(program, 'utf8')
  const [, major, minor] = /NEEDED = \[(\d+), (\d+)\]/.exec(text) ?? []
  t.match(manifest, { engines: { node: `>=${major}.${minor}` } })
})

t.test('npm exec runs it in a checkout', async t => {
  const { status, stdout } = spawnSync('npm', ['exec', 'hunch', '--', '--version'], { cwd: root, encoding: 'utf8' })
  t.equal(status, 0)
  t.equal(stdout, runHunch(['--version']).stdout)
})

/** Lays the package out as npm installs it, far from this checkout's own node_modules; gives the path of its program. */
function install(t: Test, { withDependencies }: { readonly withDependencies: boolean }): string {
  const temporary = mkdtempSync(`${tmpdir()}/hunch-`)
  t.teardown(() => rmSync(temporary, { recursive: true }))
  const folder = `${temporary}/node_modules/hunch`
  mkdirSync(folder, { recursive: true })
  for (const part of ['package.json', 'cli', 'shared', 'proxy-near', 'proxy-far', 'loadtest']) {
    cpSync(`${root}/${part}`, `${folder}/${part}`, { recursive: true })
  }
  if (withDependencies) symlinkSync(`${root}/node_modules`, `${folder}/node_modules`)
  return `${folder}/cli/hunch.js`
}
