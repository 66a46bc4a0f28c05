// The stores of whole systems: a file in a folder and a program that reads the folder anew (Debian, Fedora), or a keychain
// (macOS).
// Knows: folders, programs and their words. Does not know: browsers.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { AuthorityCertificate } from '../authority.ts'
import { type Outcome, type Surroundings, type TrustStore, nameOf, runTool } from './store.ts'

interface FolderSystem {
  readonly name: string
  /** Under the root. */
  readonly folder: string
  readonly suffix: string
  readonly program: string
  /** Makes the program forget what is gone, too. */
  readonly refresh: readonly string[]
}

const folderSystems: readonly FolderSystem[] = [
  {
    name: 'system (Debian, Ubuntu)',
    folder: 'usr/local/share/ca-certificates',
    suffix: '.crt',
    program: 'update-ca-certificates',
    refresh: ['--fresh'],
  },
  {
    name: 'system (Fedora)',
    folder: 'etc/pki/ca-trust/source/anchors',
    suffix: '.pem',
    program: 'update-ca-trust',
    refresh: ['extract'],
  },
]

/** The store of this system; undefined when it is one that we do not know. */
export function findSystemStore(surroundings: Surroundings): TrustStore | undefined {
  if (surroundings.platform === 'darwin') return new Keychain(surroundings)
  const system = folderSystems.find(({ folder }) => existsSync(join(surroundings.root, folder)))
  return system && new FolderStore(system, surroundings)
}

class FolderStore implements TrustStore {
  readonly name: string
  readonly path: string
  readonly #system: FolderSystem
  readonly #surroundings: Surroundings

  constructor(system: FolderSystem, surroundings: Surroundings) {
    this.name = system.name
    this.path = join(surroundings.root, system.folder)
    this.#system = system
    this.#surroundings = surroundings
  }

  holds(authority: AuthorityCertificate): boolean {
    const file = this.#fileOf(authority)
    return existsSync(file) && readFileSync(file, 'utf8').trim() === authority.pem.trim()
  }

  install(authority: AuthorityCertificate): Outcome {
    if (this.holds(authority)) return { kind: 'unchanged' }
    const file = this.#fileOf(authority)
    const { program } = this.#system
    const todo = `Run: sudo install -m 644 ${quote(authority.path)} ${quote(file)} && sudo ${program}`
    try {
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, authority.pem, { mode: 0o644 })
    } catch (error) {
      return { kind: 'failed', why: describe(error), todo }
    }
    const run = runTool(program, [], this.#surroundings)
    if (run.ok) return { kind: 'installed' }
    rmSync(file, { force: true })
    return { kind: 'failed', why: `${program}: ${run.said}`, todo }
  }

  remove(authority: AuthorityCertificate): Outcome {
    const file = this.#fileOf(authority)
    const { program, refresh } = this.#system
    if (!existsSync(file)) return { kind: 'unchanged' }
    const todo = `Run: sudo rm ${quote(file)} && sudo ${program} ${refresh.join(' ')}`
    try {
      rmSync(file)
    } catch (error) {
      return { kind: 'failed', why: describe(error), todo }
    }
    const run = runTool(program, refresh, this.#surroundings)
    return run.ok ? { kind: 'removed' } : { kind: 'failed', why: `${program}: ${run.said}`, todo }
  }

  #fileOf(authority: AuthorityCertificate): string {
    return join(this.path, `${nameOf(authority)}${this.#system.suffix}`)
  }
}

/** The login keychain: the system asks the user for their password itself. */
class Keychain implements TrustStore {
  readonly name = 'keychain (macOS)'
  readonly path: string
  readonly #surroundings: Surroundings

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings
    this.path = join(surroundings.home, 'Library/Keychains/login.keychain-db')
  }

  holds(authority: AuthorityCertificate): boolean | undefined {
    const run = this.#run('find-certificate', '-a', '-Z', this.path)
    return run.missing ? undefined : run.stdout.includes(this.#hashOf(authority))
  }

  install(authority: AuthorityCertificate): Outcome {
    if (this.holds(authority) === true) return { kind: 'unchanged' }
    const words = ['add-trusted-cert', '-r', 'trustRoot', '-p', 'ssl', '-k', this.path, authority.path]
    return this.#finish('installed', words)
  }

  remove(authority: AuthorityCertificate): Outcome {
    if (this.holds(authority) === false) return { kind: 'unchanged' }
    return this.#finish('removed', ['delete-certificate', '-Z', this.#hashOf(authority), '-t', this.path])
  }

  #finish(kind: 'installed' | 'removed', words: readonly string[]): Outcome {
    const run = this.#run(...words)
    if (run.ok) return { kind }
    return { kind: 'failed', why: `security: ${run.said}`, todo: `Run: security ${words.map(quote).join(' ')}` }
  }

  #run(...words: readonly string[]) {
    return runTool('security', words, this.#surroundings)
  }

  #hashOf(authority: AuthorityCertificate): string {
    return authority.fingerprint.replaceAll(':', '')
  }
}

function describe(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return /EACCES|EPERM/.test(message) ? 'only root may change it' : message
}

/** As a shell reads it. */
function quote(word: string): string {
  return /^[\w./:=-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`
}
