// Runs `hunch` as a person does: as a child process.
// Knows: how to start it, with which Node and environment, and how to wait for what it prints. Does not know: commands.

import { type ChildProcessByStdio, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'

export const program = fileURLToPath(new URL('../../cli/hunch.js', import.meta.url))

export interface RunOptions {
  /** The Node to start with; this test's own by default. */
  readonly node?: string
  /** Variables beside PATH and HOME. */
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  /** The file to run instead of this checkout's cli/hunch.js. */
  readonly program?: string
}

export interface Finished {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs `hunch ARGV…` to its end. */
export function runHunch(argv: readonly string[], options: RunOptions = {}): Finished {
  const { node = process.execPath, cwd } = options
  const { status, stdout, stderr } = spawnSync(node, [options.program ?? program, ...argv], {
    cwd,
    env: environment(options),
    encoding: 'utf8',
  })
  return { code: status, stdout, stderr }
}

/** Starts `hunch ARGV…`; it is ended with the test. Its errors are collected in `stderr()`. */
export function startHunch(t: Test, argv: readonly string[], options: RunOptions = {}) {
  const { node = process.execPath, cwd } = options
  return startChild(t, node, [options.program ?? program, ...argv], { cwd, env: environment(options) })
}

/** Starts any child whose output is waited for; it is ended with the test. */
export function startChild(
  t: Test,
  command: string,
  argv: readonly string[],
  options: { readonly cwd?: string | undefined; readonly env?: Record<string, string | undefined> } = {},
) {
  const child: ChildProcessByStdio<null, Readable, Readable> = spawn(command, argv, {
    ...options,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const seen = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      seen[name] += text
      child.emit('seen')
    })
  }
  const ended = once(child, 'close')
  t.teardown(async () => {
    child.kill('SIGKILL')
    await ended
  })
  return {
    pid: child.pid,
    stdout: () => seen.stdout,
    stderr: () => seen.stderr,
    kill: (signal: NodeJS.Signals) => child.kill(signal),
    /** Resolves with the match once standard output (or error) has it; rejects when the child ends without. */
    waitFor: async (pattern: RegExp, stream: 'stdout' | 'stderr' = 'stdout'): Promise<RegExpExecArray> => {
      for (;;) {
        const match = pattern.exec(seen[stream])
        if (match !== null) return match
        if (child.exitCode !== null) throw new Error(`it ended without ${pattern}: ${seen.stdout}${seen.stderr}`)
        await Promise.race([once(child, 'seen'), ended])
      }
    },
    /** Resolves with the exit code, or the signal, when it has ended and all that it wrote has been read. */
    waitForEnd: async (): Promise<number | NodeJS.Signals | null> => {
      await ended
      return child.exitCode ?? child.signalCode
    },
  }
}

/**
 * A folder for what the children of a test keep, removed when they have ended: to be made before they start. (What
 * `testdir` makes is removed while they may still write there.)
 */
export function makeDataDir(t: Test): string {
  const directory = mkdtempSync(join(tmpdir(), 'hunch-test-'))
  t.teardown(() => rmSync(directory, { recursive: true }))
  return directory
}

/** A Node of this machine that is too old to run hunch, if it has one. */
export function findOldNode(): string | undefined {
  const folders = ['/usr/bin', '/usr/local/bin', ...(process.env['PATH'] ?? '').split(delimiter)]
  return folders
    .map(folder => join(folder, 'node'))
    .filter(path => existsSync(path))
    .find(path => {
      const [major = 0] = spawnSync(path, ['--version'], { encoding: 'utf8' }).stdout.slice(1).split('.').map(Number)
      return major >= 14 && major < 24
    })
}

function environment({ env }: RunOptions): Record<string, string | undefined> {
  return { PATH: process.env['PATH'], HOME: process.env['HOME'], ...env }
}
