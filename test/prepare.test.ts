// Claims about what happens before the tests when a program is missing. `apt-get` is a script that stands for Debian's.
import { spawnSync } from 'node:child_process'
import { chmodSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'

const script = fileURLToPath(new URL('prepare.js', import.meta.url))
const isRoot = process.getuid?.() === 0

/** Writes programs as shell scripts into a folder, and runs the preparation with nothing else on the PATH. */
function prepare(t: Test, programs: Readonly<Record<string, string>>) {
  const folder = t.testdir(programs)
  for (const name of Object.keys(programs)) chmodSync(`${folder}/${name}`, 0o755)
  return spawnSync(process.execPath, [script], { env: { PATH: folder }, encoding: 'utf8' })
}

/** The programs that the tests need, as the preparation names them where there is none. */
function namesOf(stderr: string): string[] {
  return [...stderr.matchAll(/^prepare: (\S+) is missing/gm)].map(match => match[1] ?? '')
}

t.test('programs that cannot be installed are named, with their packages, and fail the run', async t => {
  const { status, stderr } = prepare(t, {})
  t.equal(status, 1)
  t.ok(namesOf(stderr).includes('xdelta3'))
  for (const line of stderr.trimEnd().split('\n')) {
    t.match(line, /^prepare: \S+ is missing \(.+\): install it \(Debian: apt-get install \S+\)$/)
  }
})

t.test('nothing is done or said when all is there', async t => {
  const names = namesOf(prepare(t, {}).stderr)
  const { status, stdout, stderr } = prepare(t, Object.fromEntries(names.map(name => [name, ''])))
  t.same([status, stdout, stderr], [0, '', ''])
})

t.test('on Debian root installs what is missing and goes on, and nobody else tries', async t => {
  const names = namesOf(prepare(t, {}).stderr)
  const install = names.map(name => `/bin/cp "$0" "$(/usr/bin/dirname "$0")/${name}"`).join('\n')
  const { status, stderr } = prepare(t, { 'apt-get': `#!/bin/sh\n[ "$1" = install ] || exit 0\n${install}\n` })
  t.equal(status, isRoot ? 0 : 1)
  const asked = /^prepare: apt-get update\nprepare: apt-get install --yes --no-install-recommends \S.*\n$/
  if (isRoot) t.match(stderr, asked)
  else t.notMatch(stderr, /apt-get update/)
})

t.test('an installation that fails fails the run', async t => {
  const { status, stderr } = prepare(t, { 'apt-get': '#!/bin/sh\necho no network >&2\nexit 100\n' })
  t.equal(status, 1)
  if (isRoot) t.match(stderr, /no network\n.*prepare: xdelta3 is missing/s)
  else t.same(namesOf(stderr), namesOf(prepare(t, {}).stderr))
})
