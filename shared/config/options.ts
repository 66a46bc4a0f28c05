// The one table of options of near, far and demo. Flags, HUNCH_ environment, keys of the configuration file, checks,
// help, docs/options.md and the types of the configurations all come from it.
// Knows: names, kinds, defaults, meanings. Does not know: where values come from (read-config.ts).
//
// A row lists the commands that have the option, each with its default in the text that a person would write;
// null means that there is none, and that the value may be undefined.

import {
  bytes,
  bytesOrNone,
  bytesOrNothing,
  directory,
  effort,
  file,
  host,
  hostPatterns,
  hostPort,
  integer,
  joinUrl,
  type Kind,
  milliseconds,
  millisecondsOrNone,
  percent,
  port,
  portRanges,
  processes,
  ratio,
  storeUrl,
  toggle,
  word,
} from './kinds.ts'

import type { Sites } from './site-settings.ts'

/** The commands whose options are in the table. */
export type ConfiguredCommand = 'near' | 'far' | 'demo'

export interface OptionRow {
  readonly kind: Kind<unknown>
  readonly defaults: { readonly [Command in ConfiguredCommand]?: string | null }
  readonly meaning: string
}

const MiB = 1024 ** 2
const GiB = 1024 ** 3
const TiB = 1024 ** 4
// Ten minutes: a person has given up by then, and so has every browser.
const LONGEST_WAIT_MS = 600_000
// A day.
const LONGEST_SILENCE_MS = 86_400_000

/** DESIGN §8: what the policy weighs. All three commands have them; demo gives them to both of its proxies. */
export const thresholdOptions = {
  minBaseBytes: everywhere(bytes(0, GiB), '512', 'Smaller contents are never a base: sending them whole costs as much'),
  maxBaseBytes: everywhere(bytes(1024, GiB), '8MiB', 'Larger contents are not kept as a base'),
  maxVersionsPerUrl: everywhere(integer('versions', 1, 64), '4', 'How many versions of one URL each proxy keeps'),
  maxDeltaRatio: everywhere(ratio, '0.8', 'A delta larger than this part of the whole, both compressed, is not sent'),
  minExpectedGainMs: everywhere(milliseconds(0, 60_000), '20', 'Speculate only when it is expected to save this much'),
  speculation: everywhere(
    word('latency', 'balanced', 'off'),
    'balanced',
    'What to optimise: time alone, time against wasted bytes, or never speculate',
  ),
  maxWastePercent: everywhere(percent, '20', 'The part of the bytes on the link that speculation may waste'),
  monthlyBudgetBytes: everywhere(bytesOrNone(MiB, 1024 * TiB), 'none', 'The data plan: bytes a month on the link'),
  deltaEffort: everywhere(
    effort,
    'auto',
    'How hard far tries for a small delta: 1 fastest, 5 smallest, auto by the link',
  ),
} as const

export const options = {
  config: row(file, { near: null, far: null, demo: null }, 'Read options from this JSON file as well'),
  far: row(joinUrl, { near: null }, 'The far proxy; needed at the first start only'),
  listen: row(
    hostPort,
    { near: '127.0.0.1:8080', far: '127.0.0.1:8443', demo: '127.0.0.1:8080' },
    'The address to listen on',
  ),
  port: row(port, { near: null, far: null, demo: null }, 'The port to listen on; replaces the one in --listen'),
  open: row(
    toggle,
    { near: 'false', demo: 'false' },
    'Let everybody in who reaches the address; without it there is a password beyond loopback',
  ),
  proxyPasswordFile: row(
    file,
    { near: null },
    'The password of programs, its first line; default: beyond loopback, one kept under --data',
  ),
  data: row(
    directory,
    { near: '~/.local/share/hunch/near', far: '~/.local/share/hunch/far' },
    'Where keys, credentials and versions are kept',
  ),
  mode: row(
    word('optimistic', 'simple', 'plain', 'direct'),
    { near: 'optimistic', demo: 'optimistic' },
    'Deltas with speculation, deltas alone, compression alone, or not through far',
  ),
  whenLinkFails: row(
    word('fail', 'direct'),
    { near: 'fail' },
    'Without far: an error page, or the sites themselves, which then see your address',
  ),
  intercept: row(toggle, { near: 'false', demo: 'false' }, 'Open HTTPS, too; see docs/https.md'),
  exclude: row(hostPatterns, { near: 'none', demo: 'none' }, 'Hosts that are tunnelled, *. for all below one'),
  name: row(host, { far: null }, 'The name or address under which near reaches this host; default: that of --listen'),
  invite: row(toggle, { far: 'true' }, 'Print the line for one more near at the start; later ones by hunch far invite'),
  metrics: row(
    hostPort,
    { far: null },
    'Serve /metrics and /healthz there, in clear, to all who reach it: a loopback address',
  ),
  allowPrivate: row(toggle, { far: 'false' }, 'Also fetch from private and loopback addresses'),
  allowPorts: row(portRanges, { far: '80,443,1024-65535' }, 'The ports that far connects to'),
  processes: row(processes, { far: '1' }, 'How many processes share the port and --memory; auto: one for each core'),
  cleartext: row(toggle, { far: 'false' }, 'HTTP/2 without TLS; only when listening on loopback'),
  link: row(
    word('modem-28.8', 'gprs', 'edge', '3g', 'geo', 'leo', 'plane', 'lan'),
    { demo: 'edge' },
    'The link to emulate between near and far',
  ),
  corpus: row(directory, { demo: null }, 'Serve the documents in this directory instead of the built-in pages'),
  memory: row(
    bytes(MiB, TiB),
    { near: '256MiB', far: '256MiB', demo: '256MiB' },
    'How much memory the kept versions may take',
  ),
  // A laptop's browser takes about as much; a host has disks.
  store: row(
    bytesOrNothing(4 * MiB, 1024 * TiB),
    { near: '1GiB', far: '10GiB', demo: 'none' },
    'How much of the disk under --data versions may take; none: a restart forgets them',
  ),
  storePerOrigin: row(percent, { near: '25', far: '10' }, 'The part of it that one site may take'),
  storePerUser: row(percent, { far: '25' }, "The part of it that one near's private versions may take"),
  sharedStore: row(
    storeUrl,
    { far: null },
    'Valkey or Redis that several fars share: redis:// or redis-cluster://, with TLS rediss…',
  ),
  linkTimeoutMs: row(
    milliseconds(1, LONGEST_WAIT_MS),
    { near: '30000' },
    'The longest wait for far to answer a dial, and the hello',
  ),
  // Each holds some 50 kB; what a host of 1 GiB bears.
  maxConnections: row(integer('connections', 1, 1_000_000), { far: '4096' }, 'The most connections to far at once'),
  // HTTP/2 announces room for 1000 streams; tabs with long polls and tunnels seldom have more than two hundred.
  asksAtOncePerUser: row(
    integer('requests', 1, 1_000_000),
    { far: '512' },
    'The most requests, tunnels among them, that one near may have under way',
  ),
  asksPerSecondPerUser: row(
    integer('requests', 1, 1_000_000),
    { far: '300' },
    'How often one near may ask on average; ten seconds of it at once',
  ),
  bytesPerDayPerUser: row(bytesOrNone(MiB, 1024 * TiB), { far: 'none' }, 'How much far sends to one near in a day'),
  speculationsPerSecondPerUser: row(
    integer('speculations', 0, 1_000_000),
    { far: '30' },
    'How often far speculates for one near; beyond it, answers come without',
  ),
  deltaCpuPercentPerUser: row(
    integer('percent', 0, 100_000),
    { far: '100' },
    'How much of a processor deltas for one near may take; beyond it, contents come whole',
  ),
  auditLog: row(
    file,
    { far: null },
    'Append joins, refusals, lock-outs and revocations to this file, too, as JSON lines',
  ),
  // Long polls are answered after one to two minutes; browsers and undici wait for five.
  originTimeoutMs: row(milliseconds(1, LONGEST_WAIT_MS), { far: '300000' }, 'The longest wait for a site to answer'),
  // Event streams are silent for as long as nothing happens. A host that vanished is found by TCP's keep-alive, a client
  // that left by its connection; what is left to be found here is a site that hangs.
  originSilenceMs: row(
    millisecondsOrNone(1, LONGEST_SILENCE_MS),
    { far: 'none' },
    'The longest silence of a site inside a content',
  ),
  connectTimeoutMs: row(milliseconds(1, LONGEST_WAIT_MS), { far: '10000' }, 'The longest wait to connect to a site'),
  trace: row(
    file,
    { near: null, far: null },
    'Write a line about each exchange there: sizes, times, decisions, keyed hashes of names',
  ),
  traceUrls: row(toggle, { near: 'false', far: 'false' }, 'Name URLs and hosts, and nears, in the trace as they are'),
  logLevel: everywhere(
    word('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'),
    'info',
    'The least important log line to write',
  ),
  logQueries: everywhere(toggle, 'false', 'Log the query strings of URLs as well; they may hold secrets'),
  ...thresholdOptions,
} as const

export type OptionName = keyof typeof options
export type ThresholdName = keyof typeof thresholdOptions

type ValueOf<Row extends OptionRow> = Exclude<ReturnType<Row['kind']['parse']>, undefined>

/** What each option can be once it is read. */
export type Values = { readonly [Name in OptionName]?: ValueOf<(typeof options)[Name]> }

// Where to read, and the shorthand for a part of `listen`, are used up while reading.
type UsedUp = 'config' | 'port'

type Owned<Command extends ConfiguredCommand> = {
  [Name in OptionName]: Command extends keyof (typeof options)[Name]['defaults'] ? Name : never
}[OptionName]

/** The DESIGN §8 thresholds. `monthlyBudgetBytes` is Infinity when there is no budget. */
export type Thresholds = { readonly [Name in ThresholdName]: ValueOf<(typeof thresholdOptions)[Name]> }

/** All that one command was told; sizes are in bytes. */
export type Config<Command extends ConfiguredCommand> = {
  readonly [Name in Exclude<Owned<Command>, UsedUp | ThresholdName>]:
    | ValueOf<(typeof options)[Name]>
    | (null extends (typeof options)[Name]['defaults'][Command & keyof (typeof options)[Name]['defaults']]
        ? undefined
        : never)
} & {
  readonly thresholds: Thresholds
  /** Only near has any; in the configuration file under `sites`. */
  readonly sites: Sites
}

export type NearConfig = Config<'near'>
export type FarConfig = Config<'far'>
export type DemoConfig = Config<'demo'>

/** Every option, in the order of the table. */
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the table is complete and const
export const optionNames = Object.keys(options) as readonly OptionName[]

/** `maxDeltaRatio` → `--max-delta-ratio`. */
export function flagOf(name: string): string {
  return `--${name.replace(/[A-Z]/g, capital => `-${capital.toLowerCase()}`)}`
}

/** `maxDeltaRatio` → `HUNCH_MAX_DELTA_RATIO`. */
export function variableOf(name: string): string {
  return `HUNCH_${name.replace(/[A-Z]/g, capital => `_${capital}`).toUpperCase()}`
}

/** The options of one command, in the order of the table. */
export function optionsOf(command: ConfiguredCommand): readonly OptionName[] {
  return optionNames.filter(name => command in options[name].defaults)
}

function row<Value, const Defaults extends OptionRow['defaults']>(
  kind: Kind<Value>,
  defaults: Defaults,
  meaning: string,
) {
  return { kind, defaults, meaning } as const
}

function everywhere<Value>(kind: Kind<Value>, text: string, meaning: string) {
  return row(kind, { near: text, far: text, demo: text }, meaning)
}
