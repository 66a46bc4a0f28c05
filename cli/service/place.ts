// Where the files of services are, and whether a service could read this program where it is.
// Knows: directories of systemd, XDG and macOS; modes. Does not know: what is in the files.
import { realpathSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { FAR_STATE, NEAR_LABEL, type Program } from './units.ts'

export const farPlace = {
  data: `/var/lib/${FAR_STATE}`,
  // Where systemd keeps it for a user that it makes (systemd.exec(5), StateDirectory=).
  privateData: `/var/lib/private/${FAR_STATE}`,
  config: '/etc/hunch/far.json',
  unit: '/etc/systemd/system/hunch-far.service',
} as const

export interface NearPlace {
  readonly config: string
  /** systemd's unit, or launchd's list. */
  readonly service: string
  readonly log: string
}

type Environment = { readonly [name: string]: string | undefined }

export function nearPlace(home: string, env: Environment, platform: NodeJS.Platform): NearPlace {
  // XDG Base Directory Specification: a relative path is invalid and ignored.
  const given = env['XDG_CONFIG_HOME']
  const configHome = given?.startsWith('/') === true ? given : join(home, '.config')
  const service =
    platform === 'darwin'
      ? join(home, 'Library/LaunchAgents', `${NEAR_LABEL}.plist`)
      : join(configHome, 'systemd/user/hunch-near.service')
  return { config: join(configHome, 'hunch/near.json'), service, log: join(home, 'Library/Logs/hunch-near.log') }
}

export function thisProgram(): Program {
  return { node: process.execPath, hunch: fileURLToPath(new URL('../hunch.js', import.meta.url)) }
}

// What a hardened service does not see (ProtectHome=, PrivateTmp=).
const hidden = ['/home/', '/root/', '/run/user/', '/tmp/', '/var/tmp/']

/** The first file or directory that keeps a service of another user from running `program`; undefined when none does. */
export function findUnreadable({ node, hunch }: Program): string | undefined {
  for (const path of [node, hunch].map(each => realpathSync(each))) {
    if (hidden.some(prefix => path.startsWith(prefix))) return path
    for (let each = path; each !== dirname(each); each = dirname(each)) {
      // A directory is passed by who may execute it, a file read by who may read it.
      const needed = each === path ? 0o004 : 0o001
      if ((statSync(each).mode & needed) === 0) return each
    }
  }
  return undefined
}
