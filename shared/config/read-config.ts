// One command's configuration, from its arguments, the environment and a parsed file.
// Knows: the table, who beats whom. Does not know: files, the process, help.
//
// 1. A flag beats the environment, the environment beats the file, the file beats the default.
// 2. Nothing is ignored silently: an unknown flag, HUNCH_ variable or key, and an unreadable value, is a fault.
//    (A variable of another command is passed over: one environment serves all commands.)

import { parseArgs } from 'node:util'
import { Fault } from '../fault.ts'
import { isLoopback } from '../link/join-url.ts'
import { formatHostPort, type HostPort } from './host-port.ts'
import { suggestNearest } from './nearest.ts'
import { parseSites } from './site-settings.ts'
import {
  type Config,
  type ConfiguredCommand,
  flagOf,
  type OptionName,
  optionNames,
  type OptionRow,
  options,
  optionsOf,
  thresholdOptions,
  type Values,
  variableOf,
} from './options.ts'

export type Environment = { readonly [name: string]: string | undefined }

export interface ConfigSources {
  /** What follows the command's name. */
  readonly argv: readonly string[]
  readonly env: Environment
  /** The configuration file, when there is one: its name for messages, and what JSON.parse gave. */
  readonly file?: { readonly name: string; readonly content: unknown } | undefined
}

/** One value as it was written, who wrote it, and how far that reaches: a higher rank beats a lower. */
interface Setting {
  readonly text: string
  readonly shown: string
  readonly rank: number
  readonly code: 'USAGE' | 'CONFIG'
}

type Settings = Map<OptionName, Setting>

const DEFAULT_RANK = 0
const FILE_RANK = 1
const ENVIRONMENT_RANK = 2
const FLAG_RANK = 3

/**
 * The configuration of `command`. Raises USAGE for a flag and CONFIG for a variable or key that is unknown or has a
 * value that does not fit, and for values that contradict each other.
 */
export function readConfig<Command extends ConfiguredCommand>(
  command: Command,
  { argv, env, file }: ConfigSources,
): Config<Command> {
  const settings: Settings = new Map([
    ...readDefaults(command, env),
    ...(file === undefined ? [] : readKeys(command, file)),
    ...readVariables(command, env),
    ...readFlags(command, argv),
  ])
  const values = readValues(settings, env)
  const listen = joinPort(settings, values)
  checkTogether(values, listen)
  const own: Record<string, unknown> = {}
  const thresholds: Record<string, unknown> = {}
  for (const name of optionsOf(command)) {
    if (name === 'config' || name === 'port') continue
    const group = name in thresholdOptions ? thresholds : own
    group[name] = name === 'listen' ? listen : values[name]
  }
  const sites = parseSites(sitesOf(command, file?.content), `sites in ${file?.name}`)
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- each value was read by its row's kind
  return { ...own, thresholds, sites } as Config<Command>
}

// The one key whose value is no single word; only near has sites of its own.
const SITES_KEY = 'sites'

function sitesOf(command: ConfiguredCommand, content: unknown): unknown {
  const hasSites = command === 'near' && typeof content === 'object' && content !== null && SITES_KEY in content
  return hasSites ? content[SITES_KEY] : {}
}

/** The flags of `argv` as keys of a configuration file, each as it was written. Raises USAGE. */
export function readFlagTexts(
  command: ConfiguredCommand,
  argv: readonly string[],
): Readonly<Partial<Record<OptionName, string>>> {
  return Object.fromEntries(Array.from(readFlags(command, argv), ([name, { text }]) => [name, text]))
}

/** The configuration file that the arguments or the environment name, if any; the caller reads it. */
export function findConfigFile(
  command: ConfiguredCommand,
  { argv, env }: Pick<ConfigSources, 'argv' | 'env'>,
): string | undefined {
  const settings: Settings = new Map([...readVariables(command, env), ...readFlags(command, argv)])
  const setting = settings.get('config')
  return setting && readValues(new Map([['config', setting]]), env).config
}

function* readDefaults(command: ConfiguredCommand, env: Environment): Generator<[OptionName, Setting]> {
  for (const name of optionsOf(command)) {
    const text = rowOf(name).defaults[command]
    if (text === undefined || text === null) continue
    const shown = `the default of ${flagOf(name)}`
    yield [name, { text: replaceDataHome(text, env), shown, rank: DEFAULT_RANK, code: 'CONFIG' }]
  }
}

function* readKeys(
  command: ConfiguredCommand,
  file: { readonly name: string; readonly content: unknown },
): Generator<[OptionName, Setting]> {
  const { name: fileName, content } = file
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    throw new Fault('CONFIG', `${fileName} does not hold a JSON object, like {"logLevel": "warn"}`)
  }
  const known = optionsOf(command).filter(name => name !== 'config')
  for (const [key, value] of Object.entries(content)) {
    if (command === 'near' && key === SITES_KEY) continue
    const name = known.find(knownName => knownName === key)
    if (name === undefined) {
      throw new Fault('CONFIG', `${fileName}: there is no key ${key} for ${command}.${suggestNearest(key, known)}`)
    }
    if (!['string', 'number', 'boolean'].includes(typeof value)) {
      throw new Fault('CONFIG', `${fileName}: the value of ${key} is not a string, a number, true or false`)
    }
    yield [name, { text: String(value), shown: `${key} in ${fileName}`, rank: FILE_RANK, code: 'CONFIG' }]
  }
}

function* readVariables(command: ConfiguredCommand, env: Environment): Generator<[OptionName, Setting]> {
  const all = new Map(optionNames.map(name => [variableOf(name), name]))
  for (const [variable, text] of Object.entries(env)) {
    // An empty variable is one that somebody unset in the only way that their tool has.
    if (!variable.startsWith('HUNCH_') || text === undefined || text === '') continue
    const name = all.get(variable)
    if (name === undefined) {
      throw new Fault('CONFIG', `there is no environment variable ${variable}.${suggestNearest(variable, all.keys())}`)
    }
    if (!(command in options[name].defaults)) continue
    yield [name, { text, shown: variable, rank: ENVIRONMENT_RANK, code: 'CONFIG' }]
  }
}

function* readFlags(command: ConfiguredCommand, argv: readonly string[]): Generator<[OptionName, Setting]> {
  const known = new Map(optionsOf(command).map(name => [flagOf(name).slice(2), name]))
  const declared = [...known].map(([flag, name]) => [flag, { type: isSwitch(name) ? 'boolean' : 'string' } as const])
  const parsed = parseArgs({ args: [...argv], options: Object.fromEntries(declared), strict: false, tokens: true })
  for (const token of parsed.tokens) {
    if (token.kind === 'option-terminator') continue
    if (token.kind === 'positional') {
      throw new Fault('USAGE', `only options are understood, not "${token.value}"`)
    }
    const negated = token.name.startsWith('no-') && !known.has(token.name)
    const name = known.get(negated ? token.name.slice(3) : token.name)
    if (name === undefined || (negated && !isSwitch(name))) {
      const flags = Array.from(known.keys(), flag => `--${flag}`)
      const nearest = suggestNearest(token.rawName, flags)
      throw new Fault('USAGE', `there is no option ${token.rawName}.${nearest}`)
    }
    const text = readFlagText(name, token, negated)
    yield [name, { text, shown: token.rawName, rank: FLAG_RANK, code: 'USAGE' }]
  }
}

interface FlagToken {
  readonly rawName: string
  readonly value: string | undefined
  readonly inlineValue: boolean | undefined
}

function readFlagText(name: OptionName, token: FlagToken, negated: boolean): string {
  const { rawName, value, inlineValue } = token
  if (isSwitch(name)) {
    if (!negated) return value ?? 'true'
    if (value === undefined) return 'false'
    throw new Fault('USAGE', `${rawName} takes no value`)
  }
  // `--data --port 1` lacks the directory; one that begins so can still be given as `--data=--port`.
  if (value === undefined || (inlineValue !== true && value.startsWith('-'))) {
    throw new Fault('USAGE', `${rawName} needs ${rowOf(name).kind.expects}`)
  }
  return value
}

function readValues(settings: Settings, env: Environment): Values {
  const values = [...settings].map(([name, setting]) => [name, readValue(name, setting, env)])
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- each value was read by its row's kind
  return Object.fromEntries(values) as Values
}

function readValue(name: OptionName, { text, shown, code }: Setting, env: Environment): unknown {
  const { kind } = rowOf(name)
  const value = kind.parse(kind.path === true ? replaceHome(text, env, shown) : text)
  // Whoever lists processes sees the command line.
  if (code === 'USAGE' && value instanceof URL && value.password !== '') {
    const elsewhere = `${variableOf(name)} or in the configuration file`
    throw new Fault(
      'USAGE',
      `${shown} holds a password, which everybody on this machine can read: give it in ${elsewhere}`,
    )
  }
  if (value !== undefined) return value
  throw new Fault(code, `${shown} ${JSON.stringify(text)} is not ${kind.expects}`)
}

/** `--port` stands for a part of `--listen`: the one of higher rank says the port. */
function joinPort(settings: Settings, { listen, port }: Values): HostPort | undefined {
  const [whole, part] = [settings.get('listen'), settings.get('port')]
  if (!listen || port === undefined || !whole || !part || part.rank < whole.rank) return listen
  if (part.rank === whole.rank && port !== listen.port) {
    throw new Fault(part.code, `${whole.shown} says port ${listen.port} and ${part.shown} says ${port}: keep one`)
  }
  return { host: listen.host, port }
}

function checkTogether({ cleartext, minBaseBytes = 0, maxBaseBytes = Infinity }: Values, listen?: HostPort): void {
  if (cleartext === true && listen !== undefined && !isLoopback(listen.host)) {
    throw new Fault(
      'CONFIG',
      `cleartext is for loopback only, not for ${formatHostPort(listen)}: change one of the two`,
    )
  }
  if (minBaseBytes > maxBaseBytes) {
    throw new Fault('CONFIG', `minBaseBytes (${minBaseBytes}) is more than maxBaseBytes (${maxBaseBytes})`)
  }
}

function replaceHome(path: string, env: Environment, shown: string): string {
  if (path !== '~' && !path.startsWith('~/')) return path
  const home = env['HOME'] || env['USERPROFILE']
  if (home === undefined || home === '') {
    throw new Fault('CONFIG', `${shown} is under ${path}, but HOME is not set: give the whole path`)
  }
  return home + path.slice(1)
}

// XDG Base Directory Specification: a relative path in the variable is invalid and ignored.
function replaceDataHome(text: string, env: Environment): string {
  const dataHome = env['XDG_DATA_HOME']
  return dataHome?.startsWith('/') === true ? text.replace(/^~\/\.local\/share(?=\/)/, () => dataHome) : text
}

function isSwitch(name: OptionName): boolean {
  return rowOf(name).kind.label === ''
}

function rowOf(name: OptionName): OptionRow {
  return options[name]
}
