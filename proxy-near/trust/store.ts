// What a place is, in which programs look for the authorities that they trust, and how its tools are run.
// Knows: processes, PATH. Does not know: any one store.
import { spawnSync } from 'node:child_process'
import type { AuthorityCertificate } from '../authority.ts'

export type Outcome =
  | { readonly kind: 'installed' | 'removed' | 'unchanged' }
  /** `todo`: what a person can do about it. */
  | { readonly kind: 'failed'; readonly why: string; readonly todo: string }

export interface TrustStore {
  /** For a person: whose it is. */
  readonly name: string
  readonly path: string
  /** Whether it trusts this authority; undefined when that cannot be found out. */
  holds(authority: AuthorityCertificate): boolean | undefined
  install(authority: AuthorityCertificate): Outcome
  remove(authority: AuthorityCertificate): Outcome
}

/** Where stores are looked for; tests give another world. */
export interface Surroundings {
  readonly platform: NodeJS.Platform
  readonly home: string
  /** The root of the file system. */
  readonly root: string
  readonly env: Readonly<Record<string, string | undefined>>
}

export interface ToolRun {
  readonly ok: boolean
  readonly missing: boolean
  readonly stdout: string
  /** The last line that it said, for a person. */
  readonly said: string
}

/** Runs a program to its end. */
export function runTool(command: string, words: readonly string[], { env }: Surroundings): ToolRun {
  const { status, error, stdout, stderr } = spawnSync(command, words, {
    env: { ...env },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const missing = error !== undefined && 'code' in error && error.code === 'ENOENT'
  const said = `${stdout ?? ''}\n${stderr ?? ''}`.trim().split('\n').at(-1) ?? ''
  return { ok: status === 0, missing, stdout: stdout ?? '', said: said || (error?.message ?? `exit code ${status}`) }
}

/** One name for each authority: two on one machine do not meet. */
export function nameOf(authority: AuthorityCertificate): string {
  return `hunch-${authority.fingerprint.replaceAll(':', '').slice(0, 12).toLowerCase()}`
}
