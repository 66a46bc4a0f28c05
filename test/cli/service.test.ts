// Claims about `hunch far init` and `hunch near install`: the files they write, whom they tell, and that nothing stays.
import { existsSync } from 'node:fs'
import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { spawnSync } from 'node:child_process'
import t, { type Test } from 'tap'
import { nearPlist } from '../../cli/service/units.ts'
import { runHunch, startHunch } from './run-hunch.ts'

const LINE = /^hunch near --far 'hunch:\/\/[\w-]{22}@far\.example\.org:8444\?pin=sha256-[\w-]{43}'\n$/
const analyze = spawnSync('systemd-analyze', ['--version']).status === 0 ? undefined : 'systemd-analyze is missing'

t.test('far init makes all that far needs, and prints the line for near alone on standard output', async t => {
  const data = `${t.testdir()}/far`
  const words = ['far', 'init', '--data', data, '--name', 'far.example.org', '--port', '8444', '--store', '2GiB']
  const { code, stdout, stderr } = runHunch(words)
  t.equal(code, 0, stderr)
  t.match(stdout, LINE)
  t.match(stderr, /hunch far --config .*far\.json/)
  t.equal((await stat(data)).mode & 0o777, 0o700)
  const keys = JSON.parse(await readFile(`${data}/far.json`, 'utf8'))
  t.match(keys, { name: 'far.example.org', listen: /:8444$/, store: '2GiB', invite: false, data })

  const again = runHunch(['far', 'init', '--data', data, '--log-level', 'warn'])
  t.match(again.stdout, LINE, 'what is not said again stays')
  const pin = /pin=[^']*/
  t.equal(pin.exec(again.stdout)?.[0], pin.exec(stdout)?.[0])
  t.match(JSON.parse(await readFile(`${data}/far.json`, 'utf8')), { store: '2GiB', logLevel: 'warn' })

  const far = startHunch(t, ['far', '--config', `${data}/far.json`, '--listen', '127.0.0.1:0', '--log-level', 'info'])
  await far.waitFor(/"msg":"listening"/, 'stderr')
  t.equal(far.stdout(), '')
})

t.test(
  'far init --install puts a hardened unit in its place, which systemd accepts; uninstall leaves nothing',
  async t => {
    const root = t.testdir()
    const init = runHunch(['far', 'init', '--install', '--root', root, '--name', 'far.example.org', '--port', '8444'])
    t.match(init.stdout, LINE)
    const unit = join(root, 'etc/systemd/system/hunch-far.service')
    const text = await readFile(unit, 'utf8')
    t.match(text, /^DynamicUser=yes$/m)
    t.match(text, /^ExecStart=\/.* far --config \/etc\/hunch\/far\.json$/m)
    if (analyze === undefined) {
      const { stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', unit], { encoding: 'utf8' })
      t.equal(stderr, '')
      const judged = spawnSync('systemd-analyze', ['security', '--offline=true', '--threshold=20', unit])
      t.equal(judged.status, 0, 'exposure of 2.0 at most')
    }
    t.equal(runHunch(['far', 'uninstall', '--purge', '--root', root]).code, 0)
    t.strictSame(await filesUnder(root), [])
  },
)

t.test('a low port brings the one capability that it needs', async t => {
  const root = t.testdir()
  runHunch(['far', 'init', '--install', '--root', root, '--name', 'far.example.org', '--port', '443'])
  const text = await readFile(join(root, 'etc/systemd/system/hunch-far.service'), 'utf8')
  t.match(text, /^CapabilityBoundingSet=CAP_NET_BIND_SERVICE$/m)
  t.notMatch(text, /PrivateUsers/)
})

t.test('near install joins far, runs as the user’s service, and uninstall --purge leaves nothing', async t => {
  if (process.platform !== 'linux') return
  const { home, env, calls } = await makeHome(t)
  const far = startHunch(t, ['far', '--port', '0', '--data', `${home}/../far`])
  const [, url = ''] = await far.waitFor(/^hunch near --far '(.*)'\n/)
  const before = await filesUnder(home)
  const installed = runHunch(['near', 'install', '--far', url, '--port', '0', '--mode', 'plain'], { env })
  t.equal(installed.code, 0, installed.stderr)
  t.strictSame(await calls(), [
    '--user daemon-reload',
    '--user enable hunch-near.service',
    '--user restart hunch-near.service',
  ])
  const config = join(home, '.config/hunch/near.json')
  t.match(JSON.parse(await readFile(config, 'utf8')), { listen: '127.0.0.1:0', mode: 'plain' })
  t.notMatch(await readFile(config, 'utf8'), /hunch:/, 'no code is kept')
  const unit = await readFile(join(home, '.config/systemd/user/hunch-near.service'), 'utf8')
  t.match(unit, new RegExp(`^ExecStart=.* near --config ${config}$`, 'm'))
  // What the unit runs.
  const near = startHunch(t, ['near', '--config', config], { env })
  await near.waitFor(/^listening on /)
  near.kill('SIGTERM')
  t.equal(await near.waitForEnd(), 0)

  const removed = runHunch(['near', 'uninstall', '--purge'], { env })
  t.equal(removed.code, 0, removed.stderr)
  t.ok((await calls()).includes('--user disable --now hunch-near.service'))
  t.strictSame(await filesUnder(home), before)
})

t.test('a manager that cannot be told is said, with the lines that are left, and exit code 1', async t => {
  if (process.platform !== 'linux') return
  const { home, env } = await makeHome(t, 'echo "Failed to connect to bus" >&2; exit 1')
  const installed = runHunch(['near', 'install', '--mode', 'direct'], { env })
  t.equal(installed.code, 1)
  t.match(installed.stdout, /Not done: Failed to connect to bus.*What is left:\n {2}systemctl --user daemon-reload\n/)
  t.ok(existsSync(join(home, '.config/systemd/user/hunch-near.service')))
})

t.test('near without a far that it could join is not installed', async t => {
  const { home, env } = await makeHome(t)
  const before = await filesUnder(home)
  t.match(runHunch(['near', 'install'], { env }), { code: 2, stderr: /No far proxy is known yet/ })
  t.strictSame(await filesUnder(home), before)
})

t.test('launchd gets the same command, in its own words', t => {
  const text = nearPlist({ node: '/opt/a & b/node', hunch: '/opt/hunch.js' }, '/c.json', '/l.log')
  t.match(text, /<string>\/opt\/a &#38; b\/node<\/string>\n {4}<string>\/opt\/hunch\.js<\/string>\n {4}<string>near</)
  t.end()
})

/** A home, and a systemctl that notes how it is called. */
async function makeHome(t: Test, script = '') {
  const home = join(t.testdir({ home: { bin: {} } }), 'home')
  const path = join(home, 'bin/systemctl')
  const log = join(home, 'bin/calls')
  await mkdir(join(home, '.local/share'), { recursive: true })
  await writeFile(path, `#!/bin/sh\necho "$*" >> ${log}\n${script}\n`)
  await chmod(path, 0o755)
  await writeFile(log, '')
  const env = { HOME: home, PATH: `${join(home, 'bin')}:${process.env['PATH']}` }
  return { home, env, calls: async () => (await readFile(log, 'utf8')).trim().split('\n') }
}

/** Files, and the directories that hold none; those of systemd and XDG, which others use, may stay. */
async function filesUnder(root: string): Promise<readonly string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true })
  return entries
    .filter(entry => !entry.isDirectory())
    .map(entry => join(entry.parentPath, entry.name))
    .sort()
}
