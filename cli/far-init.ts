// `hunch far init` and `uninstall`: a host becomes a far, and stops being one.
// Knows: the order of the steps, what a person is told. Does not know: units (service/units.ts), keys (proxy-far/).
import { networkInterfaces, userInfo } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { openIdentity } from '../proxy-far/identity.ts'
import { makeJoinLine, rememberUrl } from '../proxy-far/invitation.ts'
import { formatHostPort } from '../shared/config/host-port.ts'
import type { FarConfig, OptionName } from '../shared/config/options.ts'
import { readConfig, readFlagTexts } from '../shared/config/read-config.ts'
import { Fault } from '../shared/fault.ts'
import { kindOfAddress } from '../shared/http/reach.ts'
import { isLoopback } from '../shared/link/join-url.ts'
import { loadConfig } from './config-file.ts'
import { readKeys, remove, removeIfEmpty, writeText } from './service/files.ts'
import { absent, describeUndone, type Manager, systemd, type Undone } from './service/manager.ts'
import { farPlace, findUnreadable, thisProgram } from './service/place.ts'
import { farUnit } from './service/units.ts'
import { parseWords } from './parse-words.ts'

const INIT_HELP = `Usage: hunch far init [--install] [--name HOST] [OPTIONS]

Makes far's key and certificate, writes a configuration file and a unit for systemd, and prints, as the only line of
standard output, the command that starts near. Run it again to change an option: key, nears and other options stay.

  --install      as root: put them in their places (${farPlace.config}, ${farPlace.data},
                 ${farPlace.unit}) and start far as a service
  --root DIR     with --install: the places under DIR, without starting anything; for images
  OPTIONS        those of hunch far; what is not said: --listen on all addresses, port 8443, and --name
                 the public address of this host
`

const UNINSTALL_HELP = `Usage: hunch far uninstall [--purge]

Ends the service of hunch far init --install and removes its unit and configuration.

  --purge        also its key, its nears and its versions: every near has to join anew after that
  --root DIR     under DIR, as with init
`

/** Where the files of one far are. */
interface Place {
  readonly data: string
  readonly config: string
  readonly unit: string
}

/**
 * Gives 0, or 1 when the service could not be started.
 * @throws Fault USAGE, CONFIG, CANNOT_READ
 */
export async function runFarInit(argv: readonly string[]): Promise<number> {
  if (argv.includes('--help') || argv.includes('-h')) return print(INIT_HELP)
  const isInstall = argv.includes('--install')
  const { root, rest } = takeRoot(argv.filter(word => word !== '--install'))
  const given = readFlagTexts('far', rest)
  for (const name of ['config', ...(isInstall ? ['data'] : [])]) {
    if (name in given) throw new Fault('USAGE', `init ${isInstall ? '--install ' : ''}chooses --${name} itself`)
  }
  const place = isInstall ? { ...farPlace } : placeUnder((await loadConfig('far', rest)).data)
  if (isInstall && root === '/') checkMayInstall()
  const under = (path: string) => join(root, path)
  const { keys, config } = await chooseKeys(under(place.config), place, given)
  const identity = await openIdentity(under(place.data))
  const url = { host: config.name ?? config.listen.host, port: config.listen.port, security: pinned(identity.pin) }
  await rememberUrl(under(place.data), url)
  // Not secret, and read by a user of its own.
  await writeText(under(place.config), `${JSON.stringify(keys, null, 2)}\n`, 0o644)
  const user = isInstall ? undefined : userInfo().username
  const service = { program: thisProgram(), config: place.config, data: place.data, user, port: config.listen.port }
  await writeText(under(place.unit), farUnit(service), 0o644)
  const line = await makeJoinLine(identity, url, Date.now())
  const undone = isInstall ? chooseManager(root).start() : undefined
  tell(describe(place, config, isInstall && root === '/', undone))
  print(`${line}\n`)
  return undone ? 1 : 0
}

/** Gives 0, or 1 when the service could not be ended. @throws Fault USAGE, CANNOT_READ */
export async function runFarUninstall(argv: readonly string[]): Promise<number> {
  const { root, rest } = takeRoot(argv)
  const { values } = readArguments(rest)
  if (values.help === true) return print(UNINSTALL_HELP)
  if (root === '/' && process.getuid?.() !== 0) throw new Fault('USAGE', 'the service belongs to root: use sudo')
  const manager = chooseManager(root)
  const undone = manager.stop()
  await remove(join(root, farPlace.unit))
  manager.forget()
  await remove(join(root, farPlace.config))
  // Another configuration may be kept there.
  await removeIfEmpty(join(root, dirname(farPlace.config)))
  if (values.purge === true) {
    await remove(join(root, farPlace.privateData))
    await remove(join(root, farPlace.data))
  }
  const kept = values.purge === true ? '' : ` ${farPlace.data} keeps the key, the nears and the versions: --purge.`
  tell(`The service is removed.${kept}\n${describeUndone(undone)}`)
  return undone ? 1 : 0
}

/** The keys of the configuration file: what was chosen before, what is missing by default, what is said now. */
async function chooseKeys(
  path: string,
  { data }: Place,
  given: Readonly<Partial<Record<OptionName, string>>>,
): Promise<{ keys: Readonly<Record<string, unknown>>; config: FarConfig }> {
  const defaults = { listen: `${hasIPv6() ? '[::]' : '0.0.0.0'}:8443`, name: findOwnAddress(), invite: false }
  const { port, ...said } = given
  const keys: Record<string, unknown> = { ...defaults, ...(await readKeys(path)), ...said, data }
  const argv = port === undefined ? [] : ['--port', port]
  const config = readConfig('far', { argv, env: {}, file: { name: path, content: keys } })
  if (config.listen.port === 0) throw new Fault('USAGE', 'nears must find far again: choose a port other than 0')
  keys['listen'] = formatHostPort(config.listen)
  if (config.name === undefined && /^(?:0\.0\.0\.0|::)$/.test(config.listen.host)) {
    throw new Fault('USAGE', 'this host has no address of its own to tell: say its name with --name')
  }
  return { keys, config }
}

function placeUnder(data: string): Place {
  const whole = resolve(data)
  return { data: whole, config: join(whole, 'far.json'), unit: join(whole, 'hunch-far.service') }
}

/** A public address of this host, or else any that others may reach; clouds that translate addresses need --name. */
function findOwnAddress(): string | undefined {
  const all = Object.values(networkInterfaces()).flatMap(each => each ?? [])
  const outer = all.filter(({ internal, scopeid = 0 }) => !internal && scopeid === 0)
  const sorted = outer.sort((one, other) => rankOf(one) - rankOf(other))
  return sorted[0]?.address
}

function rankOf({ address, family }: { address: string; family: string }): number {
  return (kindOfAddress(address) === 'public' ? 0 : 2) + (family === 'IPv4' ? 0 : 1)
}

function hasIPv6(): boolean {
  return Object.values(networkInterfaces()).some(each => each?.some(({ family }) => family === 'IPv6'))
}

function pinned(pin: string) {
  return { kind: 'pinned', pin } as const
}

function checkMayInstall(): void {
  if (process.platform !== 'linux')
    throw new Fault('USAGE', '--install is for hosts with systemd; init without it is not')
  if (process.getuid?.() !== 0) throw new Fault('USAGE', '--install writes files of the system: use sudo')
  const path = findUnreadable(thisProgram())
  if (path === undefined) return
  throw new Fault(
    'CANNOT_READ',
    `The service could not read ${path}: move Hunch where everybody may read it, like /opt/hunch.`,
  )
}

function chooseManager(root: string): Manager {
  return root === '/' ? systemd('hunch-far.service', []) : absent
}

function describe(place: Place, config: FarConfig, isRunning: boolean, undone: Undone): string {
  const { host, port } = { host: config.name ?? config.listen.host, port: config.listen.port }
  const run = isRunning
    ? `far runs as the service hunch-far, and whenever this host starts. Its log: journalctl -u hunch-far
`
    : `Start far:         hunch far --config ${place.config}
As a service:      hunch far init --install, as root; or the unit ${place.unit}
`
  const isPrivate = isLoopback(host) || (/^[\d.:a-f]+$/.test(host) && kindOfAddress(host) !== 'public')
  const warning = isPrivate ? `${host} is not a public address: say the one that near can reach with --name.\n` : ''
  return `${undone ? '' : run}Configuration:     ${place.config}
Key and nears:     ${place.data}
Open the firewall: TCP port ${port}
More nears:        hunch far invite${isRunning ? '' : ` --data ${place.data}`}
${warning}${describeUndone(undone)}Run this on your machine, within an hour:
`
}

function takeRoot(argv: readonly string[]): { readonly root: string; readonly rest: readonly string[] } {
  const at = argv.findIndex(word => word === '--root' || word.startsWith('--root='))
  if (at < 0) return { root: '/', rest: argv }
  const [word = '', next = ''] = argv.slice(at)
  const isInline = word.startsWith('--root=')
  const root = isInline ? word.slice('--root='.length) : next
  if (root === '') throw new Fault('USAGE', '--root needs the path of a directory')
  return { root: resolve(root), rest: argv.toSpliced(at, isInline ? 1 : 2) }
}

function readArguments(argv: readonly string[]) {
  const known = { purge: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } as const
  return parseWords({ args: [...argv], options: known, strict: true })
}

function tell(text: string): void {
  process.stderr.write(text)
}

function print(text: string): number {
  process.stdout.write(text)
  return 0
}
