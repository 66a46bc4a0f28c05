// The commands of hunch: one table, and the one place that turns what a person typed into a run and an exit code.
// Knows: names, summaries, how faults are shown. Does not know: what a command does.
//
// Exit codes: 0 done, 1 failed, 2 the command line or the configuration is wrong. Every failure is one line on stderr.

import { readFile } from 'node:fs/promises'
import { describeOptions } from '../shared/config/describe.ts'
import { suggestNearest } from '../shared/config/nearest.ts'
import type { ConfiguredCommand } from '../shared/config/options.ts'
import { Fault } from '../shared/fault.ts'

/** Runs a command with what follows its name; gives the exit code. Raises a Fault for what a person can mend. */
export type RunCommand = (argv: readonly string[]) => Promise<number>

/** A command under a command, which reads its arguments, and explains them, itself. */
interface VerbRow {
  readonly usage: string
  readonly summary: string
  readonly load: () => Promise<RunCommand>
}

interface CommandRow extends VerbRow {
  /** Whose options in shared/config/options.ts; a command without reads its arguments, and explains them, itself. */
  readonly options?: ConfiguredCommand
  readonly verbs?: Readonly<Record<string, VerbRow>>
}

// Modules are imported when they are run, so that `hunch delta` does not wait for a web server to load.
export const commands = {
  demo: {
    usage: 'hunch demo [--link PRESET]',
    summary: 'A site whose pages age, a slow link and both proxies, in one command',
    options: 'demo',
    load: async () => (await import('./demo.ts')).runDemo,
  },
  near: {
    usage: "hunch near --far 'hunch://TOKEN@HOST:PORT?pin=…' [--port 8080]",
    summary: 'The proxy on your machine: the browser talks to it',
    options: 'near',
    load: async () => (await import('./near.ts')).runNear,
    verbs: {
      install: {
        usage: 'hunch near install [OPTIONS]',
        summary: 'Runs near whenever you are logged in: a service of systemd or launchd',
        load: async () => (await import('./near-service.ts')).runNearInstall,
      },
      uninstall: {
        usage: 'hunch near uninstall [--purge]',
        summary: 'Takes the service away again; with --purge all that near keeps, too',
        load: async () => (await import('./near-service.ts')).runNearUninstall,
      },
      cache: {
        usage: 'hunch near cache list | show URL | clear | verify',
        summary: 'What near keeps on the disk',
        load: async () => argv => import('./cache.ts').then(({ runCache }) => runCache('near', argv)),
      },
    },
  },
  far: {
    usage: 'hunch far [--listen 127.0.0.1:8443] [--allow-private]',
    summary: 'The proxy on a well-connected host: prints the line to run on your machine',
    options: 'far',
    load: async () => (await import('./far.ts')).runFar,
    verbs: {
      init: {
        usage: 'hunch far init [--install] [--name HOST] [OPTIONS]',
        summary: 'Sets a host up: key, configuration, service; prints the line for near',
        load: async () => (await import('./far-init.ts')).runFarInit,
      },
      invite: {
        usage: 'hunch far invite [NAME]',
        summary: 'Prints the line for one more near; also while far runs',
        load: async () => (await import('./far-nears.ts')).runFarInvite,
      },
      nears: {
        usage: 'hunch far nears',
        summary: 'Lists the nears that joined',
        load: async () => (await import('./far-nears.ts')).runFarNears,
      },
      revoke: {
        usage: 'hunch far revoke ID',
        summary: 'Shuts a near out, at once',
        load: async () => (await import('./far-nears.ts')).runFarRevoke,
      },
      uninstall: {
        usage: 'hunch far uninstall [--purge]',
        summary: 'Takes the service away again; with --purge its key, nears and versions, too',
        load: async () => (await import('./far-init.ts')).runFarUninstall,
      },
      cache: {
        usage: 'hunch far cache list | show URL | clear | verify',
        summary: 'What far keeps on the disk',
        load: async () => argv => import('./cache.ts').then(({ runCache }) => runCache('far', argv)),
      },
    },
  },
  loadtest: {
    usage: 'hunch loadtest [--link PRESET] [--mode optimistic,plain] [--out DIR]',
    summary: 'Compares ways to load pages over emulated links, with a report',
    load: async () => (await import('./loadtest.ts')).runLoadtest,
  },
  tune: {
    usage: 'hunch tune TRACE… [--config OUT.json]',
    summary: 'Says which thresholds would have been best for what near traced',
    load: async () => (await import('./tune.ts')).runTune,
  },
  link: {
    usage: 'hunch link --preset NAME --listen HOST:PORT --to HOST:PORT',
    summary: 'A slow link in front of any TCP service, to try things on',
    load: async () => (await import('./link.ts')).runLink,
  },
  ca: {
    usage: 'hunch ca install | remove | show',
    summary: 'Lets your programs trust near, so that HTTPS gets faster too; and takes it back',
    load: async () => (await import('./ca.ts')).runCa,
  },
  delta: {
    usage: 'hunch delta encode BASE TARGET -o DELTA',
    summary: 'Deltas of files: encode, decode, show',
    load: async () => (await import('./delta.ts')).runDelta,
  },
} as const satisfies Record<string, CommandRow>

const rows: ReadonlyMap<string, CommandRow> = new Map(Object.entries(commands))

/** Runs `hunch ARGV…` to its end, and ends the process with its exit code. */
export async function runHunch(argv: readonly string[]): Promise<void> {
  const [word = ''] = argv
  const shown = rows.has(word) ? `hunch ${word}` : 'hunch'
  process.on('uncaughtException', error => endProcess(reportFailure(shown, error)))
  // `hunch delta show F | head` closes our output early; that is not a failure.
  process.stdout.on('error', error => process.exit('code' in error && error.code === 'EPIPE' ? 0 : 1))
  try {
    endProcess(await runArguments(argv))
  } catch (error) {
    endProcess(reportFailure(shown, error))
  }
}

async function runArguments(argv: readonly string[]): Promise<number> {
  const [word, ...rest] = argv
  if (word === '--version' || word === '-v') return print(`${await readVersion()}\n`)
  if (word === '--help' || word === '-h' || (word === 'help' && rest.length === 0)) return print(describeCommands())
  if (word === 'help') return runArguments([...rest, '--help'])
  if (word === undefined || word === '') {
    process.stderr.write(describeCommands())
    return 2
  }
  const row = rows.get(word)
  if (row === undefined) {
    const what = word.startsWith('-') ? 'option' : 'command'
    throw new Fault(
      'USAGE',
      `there is no ${what} ${word}.${suggestNearest(word, [...rows.keys(), '--help', '--version'])}`,
    )
  }
  const [next = ''] = rest
  const verb = row.verbs && Object.hasOwn(row.verbs, next) ? row.verbs[next] : undefined
  if (verb) return (await verb.load())(rest.slice(1))
  const asksHelp = rest.includes('--help') || rest.includes('-h')
  if (asksHelp && row.options !== undefined) return print(describeCommand(row, row.options))
  const run = await row.load()
  return run(rest)
}

function describeCommands(): string {
  const lines = [...rows].map(([name, { summary }]) => `  ${name.padEnd(10)}${summary}\n`)
  return `hunch makes the web fast behind slow, far and metered links.

Usage: hunch COMMAND [OPTIONS]

${lines.join('')}
hunch COMMAND --help explains one command; hunch --version says which version this is.
`
}

function describeCommand({ usage, summary, verbs = {} }: CommandRow, options: ConfiguredCommand): string {
  const lines = Object.values(verbs).map(verb => `  ${verb.usage}\n      ${verb.summary}\n`)
  const more = lines.length === 0 ? '' : `Also:\n${lines.join('')}\n`
  return `${summary}.\n\nUsage: ${usage}\n\n${more}${describeOptions(options)}`
}

/** Writes one line about `error` to stderr; gives the exit code that goes with it. */
function reportFailure(shown: string, error: unknown): number {
  process.stderr.write(`${shown}: ${describeFailure(shown, error).replaceAll(/\s*\n\s*/g, ' ')}\n`)
  return error instanceof Fault && (error.code === 'USAGE' || error.code === 'CONFIG') ? 2 : 1
}

function describeFailure(shown: string, error: unknown): string {
  if (error instanceof Fault) {
    const advice = error.code === 'USAGE' ? `Run ${shown} --help for what there is.` : error.advice
    return `${endSentence(error.message)} ${advice}`
  }
  if (!(error instanceof Error)) return `failed unexpectedly: ${String(error)}`
  // Nobody can mend a bug by its message alone; the place where it was raised is what a report needs.
  const [, place = ''] = /^\s+(at .*)$/m.exec(error.stack ?? '') ?? []
  return `failed unexpectedly: ${error.message} ${place}`
}

function endSentence(message: string): string {
  return /[.?!]$/.test(message) ? message : `${message}.`
}

async function readVersion(): Promise<string> {
  const manifest: unknown = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8'))
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest ? String(manifest.version) : ''
}

function print(text: string): number {
  process.stdout.write(text)
  return 0
}

/** Ends when all that was written to stdout has left: a pipe may be slower than we are. */
function endProcess(code: number): void {
  process.stdout.write('', () => process.exit(code))
}
