// What the tests need and npm does not bring: looked for, and on Debian as root installed, before they run.
// Knows: programs and the Debian packages that hold them. Does not know: which test needs them.
//
// Plain JavaScript for any Node, as it may be the first thing that runs.

import { spawnSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

const programs = [
  { command: 'xdelta3', debianPackage: 'xdelta3', purpose: 'reads and writes the deltas ours are tried on' },
  { command: 'chromium', debianPackage: 'chromium', purpose: 'loads pages through the pair' },
  { command: 'certutil', debianPackage: 'libnss3-tools', purpose: 'lets Chromium trust an authority' },
  { command: 'redis-server', debianPackage: 'redis-server', purpose: 'is what fars on several machines share' },
  { command: 'openssl', debianPackage: 'openssl', purpose: 'verifies the certificates that near makes' },
]

const missing = programs.filter(({ command }) => !isInstalled(command))
if (missing.length > 0) prepare(missing.map(({ debianPackage }) => debianPackage))

const stillMissing = programs.filter(({ command }) => !isInstalled(command))
for (const { command, debianPackage, purpose } of stillMissing) {
  process.stderr.write(
    `prepare: ${command} is missing (${purpose}): install it (Debian: apt-get install ${debianPackage})\n`,
  )
}
process.exitCode = stillMissing.length === 0 ? 0 : 1

function isInstalled(command) {
  return (process.env.PATH || '').split(delimiter).some(folder => {
    try {
      accessSync(join(folder, command), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

function prepare(packages) {
  const isRoot = typeof process.getuid === 'function' && process.getuid() === 0
  if (!isRoot || !isInstalled('apt-get')) return
  run('apt-get', 'update')
  run('apt-get', 'install', '--yes', '--no-install-recommends', ...packages)
}

// A failure shows below, as a program that is still missing.
function run(command, ...args) {
  process.stderr.write(`prepare: ${command} ${args.join(' ')}\n`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  spawnSync(command, args, { stdio: ['ignore', 2, 2], env })
}
