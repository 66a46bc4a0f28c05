// Claims about what happens before the tests when a program is missing. `apt-get` is a script that stands for Debian's.
import { spawnSync } from 'node:child_process'
import { chmodSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const script = fileURLToPath(new URL('prepare.js', import.meta.url))
const isRoot = process.getuid?.() === 0

function prepare(folder: string) {
  return spawnSync(process.execPath, [script], { env: { PATH: folder }, encoding: 'utf8' })
}

t.test('nothing is done or said when all is there', async t => {
  const folder = t.testdir({ xdelta3: t.fixture('file', '') })
  makeExecutable(folder, 'xdelta3')
  const { status, stdout, stderr } = prepare(folder)
  t.same([status, stdout, stderr], [0, '', ''])
})

t.test('a program that cannot be installed is named, with its package, and fails the run', async t => {
  const { status, stderr } = prepare(t.testdir())
  t.equal(status, 1)
  t.match(stderr, /^prepare: xdelta3 is missing \(.*\): install it \(Debian: apt-get install xdelta3\)\n$/)
})

t.test('on Debian root installs it and goes on', { skip: !isRoot && 'needs root' }, async t => {
  const folder = t.testdir({
    'apt-get': '#!/bin/sh\n[ "$1" = install ] && /bin/cp "$0" "$(/usr/bin/dirname "$0")/$4"\n',
  })
  makeExecutable(folder, 'apt-get')
  const { status, stderr } = prepare(folder)
  t.equal(status, 0)
  t.match(stderr, /apt-get update\nprepare: apt-get install --yes --no-install-recommends xdelta3\n$/)
})

t.test('an installation that fails fails the run', { skip: !isRoot && 'needs root' }, async t => {
  const folder = t.testdir({ 'apt-get': '#!/bin/sh\necho no network >&2\nexit 100\n' })
  makeExecutable(folder, 'apt-get')
  const { status, stderr } = prepare(folder)
  t.equal(status, 1)
  t.match(stderr, /no network\n.*prepare: xdelta3 is missing/s)
})

function makeExecutable(folder: string, name: string): void {
  chmodSync(`${folder}/${name}`, 0o755)
}
