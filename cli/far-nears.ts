// `hunch far invite`, `nears` and `revoke`: who may use a far, also while it runs.
// Knows: its options, how nears are shown. Does not know: how codes and credentials are kept (proxy-far/credentials.ts).
import { existsSync } from 'node:fs'
import { openIdentity, type FarIdentity } from '../proxy-far/identity.ts'
import { makeJoinLine, recallUrl } from '../proxy-far/invitation.ts'
import { Fault } from '../shared/fault.ts'
import type { JoinUrl } from '../shared/link/join-url.ts'
import { loadConfig } from './config-file.ts'
import { farPlace } from './service/place.ts'
import { parseWords } from './parse-words.ts'

const options = {
  data: { type: 'string' },
  config: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const

const WHERE = `  --data DIR       far's --data, when it has one of its own
  --config FILE    far's configuration file; for root that of hunch far init --install, where there is one
`

const INVITE_HELP = `Usage: hunch far invite [NAME]

Prints the line that one more near is started with. The code in it works once, for an hour. NAME is what the list of
nears calls it. Far may run meanwhile, and need not be told.

${WHERE}`

const NEARS_HELP = `Usage: hunch far nears

Lists the nears that joined: ID, when, name.

${WHERE}  --json           print as JSON
`

const REVOKE_HELP = `Usage: hunch far revoke ID

Takes the credential of a near back. A far that runs shuts it out within a second, with all that is under way.

${WHERE}`

/** Gives 0. @throws Fault USAGE, CANNOT_READ */
export async function runFarInvite(argv: readonly string[]): Promise<number> {
  const { values, positionals } = readArguments(argv)
  if (values.help === true) return print(INVITE_HELP)
  const [name, ...more] = positionals
  if (more.length > 0) throw new Fault('USAGE', 'a name with spaces stands in quotes')
  const { identity, url } = await openFar(values)
  return print(`${await makeJoinLine(identity, url, Date.now(), name)}\n`)
}

/** Gives 0. @throws Fault USAGE, CANNOT_READ */
export async function runFarNears(argv: readonly string[]): Promise<number> {
  const { values, positionals } = readArguments(argv)
  if (values.help === true) return print(NEARS_HELP)
  if (positionals.length > 0) throw new Fault('USAGE', 'there is nothing to say behind nears')
  const { nears } = (await openFar(values)).identity
  const plain = nears.map(({ id, name, joinedAt }) => ({ id, name, joinedAt: new Date(joinedAt).toISOString() }))
  if (values.json === true) return print(`${JSON.stringify(plain)}\n`)
  if (plain.length === 0) return print('No near has joined. hunch far invite prints the line for one.\n')
  return print(plain.map(({ id, name, joinedAt }) => `${id}  ${joinedAt.slice(0, 16)}Z  ${name}\n`).join(''))
}

/** Gives 1 when there is no such near. @throws Fault USAGE, CANNOT_READ */
export async function runFarRevoke(argv: readonly string[]): Promise<number> {
  const { values, positionals } = readArguments(argv)
  if (values.help === true) return print(REVOKE_HELP)
  const [id, ...more] = positionals
  if (id === undefined || more.length > 0)
    throw new Fault('USAGE', 'say the ID of one near; hunch far nears lists them')
  const { identity } = await openFar(values)
  if (await identity.revoke(id)) return print(`${id} is shut out.\n`)
  process.stderr.write(`hunch far: no near has the ID ${JSON.stringify(id)}; hunch far nears lists them\n`)
  return 1
}

type Values = ReturnType<typeof readArguments>['values']

async function openFar(values: Values): Promise<{ identity: FarIdentity; url: JoinUrl }> {
  const { data } = await loadConfig('far', placeWords(values))
  // Before anything is made there.
  const url = await recallUrl(data)
  if (url) return { identity: await openIdentity(data), url }
  const hint = process.getuid?.() === 0 ? '' : ' One that was installed as a service belongs to root: sudo.'
  throw new Fault('CANNOT_READ', `No far ran with --data ${data} yet: start it, or run hunch far init.${hint}`)
}

function placeWords({ data, config }: Values): string[] {
  const words = [...(data === undefined ? [] : ['--data', data]), ...(config === undefined ? [] : ['--config', config])]
  const isInstalled = process.getuid?.() === 0 && existsSync(farPlace.config)
  return words.length === 0 && isInstalled ? ['--config', farPlace.config] : words
}

function readArguments(argv: readonly string[]) {
  return parseWords({ args: [...argv], options, strict: true, allowPositionals: true })
}

function print(text: string): number {
  process.stdout.write(text)
  return 0
}
