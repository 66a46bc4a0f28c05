// Tells the manager of services what to do: systemd (of the system, or of a user) or launchd.
// Knows: systemctl, launchctl. Does not know: what is served.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { NEAR_LABEL } from './units.ts'

/** What could not be done, with the lines that a person may run instead; undefined when all was. */
export type Undone = { readonly why: string; readonly lines: readonly string[] } | undefined

export interface Manager {
  /** Has it run now and whenever the machine or the user comes back; begins it anew where it runs. */
  start(): Undone
  /** Ends it, and has it run no more. */
  stop(): Undone
  /** After its file was removed. */
  forget(): void
}

/** systemd's: `--user` in `scope` for that of this user. */
export function systemd(unit: string, scope: readonly string[]): Manager {
  const systemctl = (...words: string[]) => ['systemctl', ...scope, ...words] as const
  return {
    start: () => runAll([systemctl('daemon-reload'), systemctl('enable', unit), systemctl('restart', unit)]),
    stop: () => runAll([systemctl('disable', '--now', unit)]),
    forget: () => void runAll([systemctl('daemon-reload')]),
  }
}

/** launchd's, of this user. */
export function launchd(plist: string): Manager {
  const domain = `gui/${process.getuid?.() ?? ''}`
  const stop = ['launchctl', 'bootout', `${domain}/${NEAR_LABEL}`]
  return {
    start: () => {
      // It is not loaded at the first time.
      runAll([stop])
      return runAll([['launchctl', 'bootstrap', domain, plist]])
    },
    stop: () => runAll([stop]),
    forget: () => undefined,
  }
}

/** The manager of an image that does not run: its files are all there is. */
export const absent: Manager = { start: () => undefined, stop: () => undefined, forget: () => undefined }

/** For a person; empty when all was done. */
export function describeUndone(undone: Undone): string {
  if (!undone) return ''
  // sd_booted(3).
  const isBooted = process.platform !== 'linux' || existsSync('/run/systemd/system')
  const hint = isBooted ? '' : ' (systemd does not run this machine)'
  return `Not done: ${undone.why}${hint}. What is left:\n${undone.lines.map(line => `  ${line}\n`).join('')}`
}

function runAll(lines: readonly (readonly string[])[]): Undone {
  for (const [index, [command = '', ...words]] of lines.entries()) {
    const { status, stderr, error } = spawnSync(command, words, { encoding: 'utf8' })
    if (status === 0) continue
    const why = error?.message ?? (stderr.trim().split('\n')[0] || `${command} ended with ${status}`)
    return { why, lines: lines.slice(index).map(line => line.join(' ')) }
  }
  return undefined
}
