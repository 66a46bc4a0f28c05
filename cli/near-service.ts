// `hunch near install` and `uninstall`: near as a service of its user, and the way back.
// Knows: the order of the steps, what a person is told. Does not know: units (service/units.ts), the link.
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, resolve } from 'node:path'
import { pino } from 'pino'
import { readAuthority } from '../proxy-near/authority.ts'
import { meetFar } from '../proxy-near/credential.ts'
import { openLink } from '../proxy-near/link.ts'
import { formatHostPort } from '../shared/config/host-port.ts'
import type { NearConfig } from '../shared/config/options.ts'
import { readConfig, readFlagTexts } from '../shared/config/read-config.ts'
import { Fault } from '../shared/fault.ts'
import { loadConfig } from './config-file.ts'
import { readKeys, remove, removeIfEmpty, writeText } from './service/files.ts'
import { describeUndone, launchd, type Manager, systemd } from './service/manager.ts'
import { type NearPlace, nearPlace, thisProgram } from './service/place.ts'
import { nearPlist, nearUnit } from './service/units.ts'
import { parseWords } from './parse-words.ts'

const INSTALL_HELP = `Usage: hunch near install [--far URL] [OPTIONS]

Runs near now and whenever you log in, as a service of your own: of systemd, or of launchd on macOS. Joins far first
where --far says one. Run it again to change an option; the others stay.

  OPTIONS        those of hunch near; they are kept in the configuration file that it names
`

const UNINSTALL_HELP = `Usage: hunch near uninstall [--purge]

Ends the service and removes its files.

  --purge        also all that near keeps: its credential, its versions, and its authority, which your programs
                 trust no more after that (hunch ca remove)
`

/** Gives 0, or 1 when the service could not be started. @throws Fault USAGE, CONFIG, CANNOT_READ, LINK_… */
export async function runNearInstall(argv: readonly string[]): Promise<number> {
  if (argv.includes('--help') || argv.includes('-h')) return print(INSTALL_HELP)
  const place = findPlace()
  const { config, far, ...said } = readFlagTexts('near', argv)
  if (config !== undefined) throw new Fault('USAGE', 'install chooses --config itself')
  const { port, ...flags } = said
  const { data, ...kept } = { ...(await readKeys(place.config)), ...flags }
  const keys = { ...kept, ...(typeof data === 'string' ? { data: resolve(data) } : {}) }
  const words = [...(far === undefined ? [] : ['--far', far]), ...(port === undefined ? [] : ['--port', port])]
  const file = { name: place.config, content: keys }
  const read = readConfig('near', { argv: words, env: { HOME: homedir(), ...process.env }, file })
  if (read.mode !== 'direct') await joinFar(read)
  const all = { ...keys, listen: formatHostPort(read.listen), data: read.data }
  await writeText(place.config, `${JSON.stringify(all, null, 2)}\n`, 0o600)
  const isMac = process.platform === 'darwin'
  const program = thisProgram()
  const text = isMac ? nearPlist(program, place.config, place.log) : nearUnit(program, place.config)
  await writeText(place.service, text, 0o600)
  const undone = chooseManager(place).start()
  print(`Near is a service: ${place.service}
Configuration:     ${place.config}
Your browser:      http://${formatHostPort(read.listen)}/ leads through pointing it at near
Take it away:      hunch near uninstall
${describeUndone(undone)}`)
  return undone ? 1 : 0
}

/** Gives 0, or 1 when something could not be taken away. @throws Fault USAGE, CANNOT_READ */
export async function runNearUninstall(argv: readonly string[]): Promise<number> {
  const { values } = readArguments(argv)
  if (values.help === true) return print(UNINSTALL_HELP)
  const place = findPlace()
  const { data } = await loadConfig('near', existsSync(place.config) ? ['--config', place.config] : [])
  const isPurge = values.purge === true
  // Before its certificate is gone, by which the stores know what to remove.
  const mistrusted = isPurge && (await readAuthority(data)) ? await removeAuthority(data) : 0
  const isInstalled = existsSync(place.service)
  const manager = chooseManager(place)
  const undone = isInstalled ? manager.stop() : undefined
  await remove(place.service)
  if (isInstalled) manager.forget()
  await remove(place.config)
  await removeIfEmpty(dirname(place.config))
  // What stores still trust can be taken out later, but only with the certificate.
  if (isPurge && mistrusted === 0) {
    await remove(data)
    await remove(place.log)
    await removeIfEmpty(dirname(data))
  }
  print(`${isInstalled ? 'The service is removed.' : 'There was no service.'}${isPurge ? '' : ` ${data} keeps the credential and the versions: --purge.`}
Set your browser or system back to no proxy.
${describeUndone(undone)}`)
  return undone || mistrusted !== 0 ? 1 : 0
}

/** Exchanges the join code for a credential, so that the service needs none. */
async function joinFar({ far, data, linkTimeoutMs }: NearConfig): Promise<void> {
  const { code, joined } = await meetFar(far, data)
  if (code === undefined || joined) return
  const log = pino({ level: 'silent' })
  const link = await openLink({ far, dataDir: data, log, timeoutMs: linkTimeoutMs })
  try {
    await new Promise<void>((done, fail) => {
      link.on('state', (state, fault) => {
        if (state === 'up') done()
        else if (fault) fail(fault)
      })
    })
  } finally {
    await link.close()
  }
}

async function removeAuthority(data: string): Promise<number> {
  const { runCa } = await import('./ca.ts')
  return runCa(['remove', '--data', data])
}

function findPlace(): NearPlace {
  return nearPlace(homedir(), process.env, process.platform)
}

function chooseManager(place: NearPlace): Manager {
  return process.platform === 'darwin' ? launchd(place.service) : systemd('hunch-near.service', ['--user'])
}

function readArguments(argv: readonly string[]) {
  const known = { purge: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } as const
  return parseWords({ args: [...argv], options: known, strict: true })
}

function print(text: string): number {
  process.stdout.write(text)
  return 0
}
