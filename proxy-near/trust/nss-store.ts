// The stores of browsers on Linux, and of Firefox everywhere: databases of NSS, one for each user or profile.
// Knows: where they are, certutil. Does not know: systems' own stores.
import { X509Certificate } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { AuthorityCertificate } from '../authority.ts'
import { type Outcome, type Surroundings, type TrustStore, nameOf, runTool } from './store.ts'

// In the order in which Chromium looks: it takes the first that exists.
const sharedFolders = ['.pki/nssdb', '.local/share/pki/nssdb']
const snapFolders = ['snap/chromium/current/.pki/nssdb']
const firefoxFolders = [
  '.mozilla/firefox',
  '.config/mozilla/firefox',
  'snap/firefox/common/.mozilla/firefox',
  '.var/app/org.mozilla.firefox/.mozilla/firefox',
  'Library/Application Support/Firefox/Profiles',
]
const TOOLS =
  'Install certutil (Debian, Ubuntu: apt-get install libnss3-tools; Fedora: dnf install nss-tools), then run this again.'

/** All of this user; on Linux that of Chrome even when it does not exist yet. */
export function findNssStores(surroundings: Surroundings): readonly TrustStore[] {
  const { home, platform } = surroundings
  const existing = (folders: readonly string[]) => folders.filter(folder => existsSync(join(home, folder)))
  const shared = existing(sharedFolders)
  const chrome =
    platform === 'linux' ? [...(shared.length > 0 ? shared : sharedFolders.slice(0, 1)), ...existing(snapFolders)] : []
  const chromes = chrome.map(folder => new NssStore('Chrome and Chromium', join(home, folder), surroundings))
  const profiles = existing(firefoxFolders).flatMap(folder => findProfiles(join(home, folder)))
  return [...chromes, ...profiles.map(path => new NssStore('Firefox', path, surroundings))]
}

/** Folders in which Firefox has started once. */
function findProfiles(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter(entry => entry.isDirectory())
    .map(({ name }) => join(folder, name))
    .filter(path => existsSync(join(path, 'cert9.db')) || existsSync(join(path, 'prefs.js')))
}

class NssStore implements TrustStore {
  readonly name: string
  readonly path: string
  readonly #surroundings: Surroundings

  constructor(name: string, path: string, surroundings: Surroundings) {
    this.name = name
    this.path = path
    this.#surroundings = surroundings
  }

  holds(authority: AuthorityCertificate): boolean | undefined {
    if (!this.#exists) return false
    const run = this.#run('-L', '-n', nameOf(authority), '-a')
    if (run.missing) return undefined
    return run.ok && new X509Certificate(run.stdout).fingerprint256 === authority.fingerprint
  }

  install(authority: AuthorityCertificate): Outcome {
    if (this.holds(authority) === true) return { kind: 'unchanged' }
    if (!this.#exists) {
      mkdirSync(this.path, { recursive: true, mode: 0o700 })
      const made = this.#run('-N', '--empty-password')
      if (!made.ok) return this.#fail(made)
    }
    // C: a trusted authority of servers; nothing for mail, nothing for programs.
    const run = this.#run('-A', '-n', nameOf(authority), '-t', 'C,,', '-i', authority.path)
    return run.ok ? { kind: 'installed' } : this.#fail(run)
  }

  remove(authority: AuthorityCertificate): Outcome {
    if (this.holds(authority) === false) return { kind: 'unchanged' }
    const run = this.#run('-D', '-n', nameOf(authority))
    return run.ok ? { kind: 'removed' } : this.#fail(run)
  }

  get #exists(): boolean {
    return existsSync(join(this.path, 'cert9.db'))
  }

  #run(verb: string, ...words: readonly string[]) {
    return runTool('certutil', [verb, '-d', `sql:${this.path}`, ...words], this.#surroundings)
  }

  #fail({ missing, said }: { missing: boolean; said: string }): Outcome {
    if (missing) return { kind: 'failed', why: 'there is no certutil', todo: TOOLS }
    return { kind: 'failed', why: `certutil: ${said}`, todo: 'Close the browser and run this again.' }
  }
}
