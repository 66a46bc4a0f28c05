// `hunch ca`: lets the programs of this user trust the authority with which near opens HTTPS, and takes it back.
// Knows: its options, what a person has to know first. Does not know: stores (proxy-near/trust), certificates.

import { homedir } from 'node:os'
import {
  type AuthorityCertificate,
  deleteAuthority,
  findOwner,
  openAuthority,
  readAuthority,
} from '../proxy-near/authority.ts'
import { findNssStores } from '../proxy-near/trust/nss-store.ts'
import type { Outcome, TrustStore } from '../proxy-near/trust/store.ts'
import { findSystemStore } from '../proxy-near/trust/system-store.ts'
import { Fault } from '../shared/fault.ts'
import { loadConfig } from './config-file.ts'
import { parseWords } from './parse-words.ts'

const options = {
  data: { type: 'string' },
  'no-system': { type: 'boolean' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const

const HELP = `Usage: hunch ca install | remove | show

  install        make near's authority, if there is none, and let this user's programs trust it
  remove         take it out of them again, and delete it
  show           what it is, and what trusts it

  --data DIR     near's --data, when it has one of its own
  --no-system    leave the system's store alone: browsers only
  --json         print what was done as JSON
`

const MEANING = `What this means: near --intercept can now read and change what your programs and https sites say to each
other, to make it faster, and so can the far proxy that it talks to. Whoever gets the key file beside the
certificate can pose as any site to you. It never leaves this machine; hunch ca remove undoes all of this.
`

/**
 * Runs `hunch ca ARGV`; gives 1 when a store could not be changed.
 * @throws Fault USAGE, CANNOT_READ
 */
export async function runCa(argv: readonly string[]): Promise<number> {
  const { values, positionals } = readArguments(argv)
  if (values.help === true) {
    process.stdout.write(HELP)
    return 0
  }
  const [verb, ...more] = positionals
  if (more.length > 0) throw new Fault('USAGE', `there is nothing to say behind ${verb}`)
  const { data } = await loadConfig('near', values.data === undefined ? [] : ['--data', values.data])
  const stores = findStores(values['no-system'] !== true)
  const isJson = values.json === true
  if (verb === 'install') return install(data, stores, isJson)
  if (verb === 'remove') return remove(data, stores, isJson)
  if (verb === 'show') return show(data, stores, isJson)
  throw new Fault('USAGE', verb === undefined ? 'say install, remove or show' : `there is no verb ${verb}`)
}

interface Done {
  readonly store: TrustStore
  readonly outcome: Outcome
}

async function install(data: string, all: readonly TrustStore[], isJson: boolean): Promise<number> {
  const { certificate } = await openAuthority(data, findOwner(), Date.now())
  const done = all.map(store => ({ store, outcome: store.install(certificate) }))
  if (isJson) print(toJson(certificate, done))
  else print(`${describe(certificate)}\n${describeDone(done, 'trusts it already')}\n${MEANING}`)
  return done.some(isFailed) ? 1 : 0
}

async function remove(data: string, all: readonly TrustStore[], isJson: boolean): Promise<number> {
  const certificate = await readAuthority(data)
  // Without its key nobody can use what a store may still trust, so that goes first and whatever else happens.
  await deleteAuthority(data, 'key')
  const done = certificate ? all.map(store => ({ store, outcome: store.remove(certificate) })) : []
  if (!done.some(isFailed)) await deleteAuthority(data, 'key and certificate')
  if (isJson) print(toJson(certificate, done))
  else if (!certificate) print(`There is no authority in ${data}.\n`)
  else print(`${describeDone(done, 'did not trust it')}\nThe key is deleted. Restart near, without --intercept.\n`)
  return done.some(isFailed) ? 1 : 0
}

async function show(data: string, all: readonly TrustStore[], isJson: boolean): Promise<number> {
  const certificate = await readAuthority(data)
  if (!certificate) {
    print(isJson ? toJson(undefined, []) : `There is no authority in ${data}. hunch ca install makes one.\n`)
    return 0
  }
  const stores = all.map(store => ({ store, trusted: store.holds(certificate) }))
  if (isJson) {
    const trust = stores.map(({ store: { name, path }, trusted = null }) => ({ name, path, trusted }))
    print(`${JSON.stringify({ authority: toPlain(certificate), stores: trust })}\n`)
    return 0
  }
  const words = new Map([
    [true, 'trusts it'],
    [false, 'does not trust it'],
  ])
  const lines = stores.map(({ store, trusted }) =>
    line(store, trusted === undefined ? 'cannot be asked: certutil is missing' : (words.get(trusted) ?? '')),
  )
  print(`${describe(certificate)}\n${lines.join('')}`)
  return 0
}

function readArguments(argv: readonly string[]) {
  return parseWords({ args: [...argv], options, strict: true, allowPositionals: true })
}

function findStores(withSystem: boolean): readonly TrustStore[] {
  const surroundings = { platform: process.platform, home: homedir(), root: '/', env: process.env }
  const system = withSystem ? findSystemStore(surroundings) : undefined
  return [...(system ? [system] : []), ...findNssStores(surroundings)]
}

function describe({ subject, fingerprint, path, notBefore, notAfter }: AuthorityCertificate): string {
  return `authority    ${subject}
fingerprint  SHA-256 ${fingerprint}
certificate  ${path}
valid        ${notBefore.toISOString().slice(0, 10)} to ${notAfter.toISOString().slice(0, 10)}
`
}

function describeDone(done: readonly Done[], unchanged: string): string {
  if (done.length === 0) return 'No store of a system or a browser was found: install the certificate by hand.\n'
  const words = { installed: 'trusts it now', removed: 'trusts it no more', unchanged }
  return done
    .map(({ store, outcome }) =>
      outcome.kind === 'failed'
        ? `${line(store, `not changed: ${outcome.why}`)}    ${outcome.todo}\n`
        : line(store, words[outcome.kind]),
    )
    .join('')
}

function line({ name, path }: TrustStore, what: string): string {
  return `${name} (${path}): ${what}\n`
}

function toJson(certificate: AuthorityCertificate | undefined, done: readonly Done[]): string {
  const stores = done.map(({ store: { name, path }, outcome }) => ({ name, path, ...outcome }))
  return `${JSON.stringify({ authority: certificate && toPlain(certificate), stores })}\n`
}

function toPlain({ subject, fingerprint, path, notBefore, notAfter }: AuthorityCertificate) {
  return { subject, fingerprint, path, notBefore, notAfter }
}

function isFailed({ outcome }: Done): boolean {
  return outcome.kind === 'failed'
}

function print(text: string): void {
  process.stdout.write(text)
}
