// What a person wants of a load test: its flags, read and checked.
// Knows: names, defaults, limits, help. Does not know: how anything is run.
import { parseArgs } from 'node:util'
import { asFault, Fault } from '../../shared/fault.ts'
import { type LinkFigures, isPresetName, parseFigures, presetFigures, presetNames } from '../link/presets.ts'
import type { Waits } from '../origin/waits.ts'
import { type Means, parseMeans } from './contender.ts'
import type { LoadFigures, UserModel } from './plan.ts'
import type { SourceForm } from './sources.ts'

export interface Settings {
  /** Files to read URLs from; `-` is standard input. Empty: the built-in site. */
  readonly sources: readonly { readonly form: SourceForm; readonly path: string }[]
  readonly corpus: string | undefined
  readonly links: readonly { readonly name: string; readonly figures: LinkFigures | undefined }[]
  readonly contenders: readonly { readonly name: string; readonly means: Means }[]
  readonly figures: LoadFigures
  readonly nears: number
  readonly caches: 'warm' | 'near-cold' | 'cold'
  readonly withParts: boolean
  readonly waits: Waits
  readonly patienceMs: number
  /** For each contender and link; Infinity: until the visits are done. */
  readonly durationMs: number
  readonly study: boolean
  readonly out: string | undefined
  /** Where nears write their traces. */
  readonly traces: string | undefined
  readonly json: boolean
  readonly nearArguments: readonly string[]
  readonly farArguments: readonly string[]
  readonly isHelp: boolean
}

const flags = {
  urls: row('FILE', undefined, 'URLs to draw from, one a line, the most popular first; - reads standard input'),
  har: row('FILE', undefined, 'replay the GETs of a HAR file in its order'),
  log: row('FILE', undefined, "replay the GETs of a proxy log (Common Log Format, or Squid's) in its order"),
  corpus: row('DIR', undefined, 'replay recorded documents in the order of their versions'),
  link: row('NAME[,NAME]', '3g', `the links, one after the other: ${presetNames.join(', ')}, or none`),
  down: row('RATE', undefined, 'a link of your own: this rate down, and --up and --rtt'),
  up: row('RATE', undefined, 'its rate up'),
  rtt: row('MS', undefined, 'its round trip'),
  loss: row('SHARE', undefined, 'its losses'),
  mode: row('WORD[,WORD]', 'optimistic,plain', 'what is compared: optimistic, simple, plain, direct, http://HOST:PORT'),
  users: row('N', '4', 'users at the same time'),
  nears: row(
    'N',
    undefined,
    'links, each with a near of its own; users share them in turn (default: one each, 8 at most)',
  ),
  visits: row('N', '100', 'pages that each contender is asked for on each link'),
  duration: row('SECONDS', undefined, 'stop each contender on each link after so long'),
  think: row('MS', '0', 'how long users think between pages, on average'),
  rate: row(
    'PER-SECOND',
    undefined,
    'visits come at random at this rate, whether or not earlier ones are done (open loop)',
  ),
  zipf: row('S', '0.8', 'how unequal popularity is: 0 all alike, 1 as the web'),
  ageing: row('SHARE', '0.3', 'visits before which their page changes (built-in site and corpus)'),
  wait: row('MS', 'typical', 'how long the built-in site thinks: typical, none, or milliseconds'),
  caches: row('WORD', 'warm', 'between rounds: warm keeps all, near-cold starts nears anew, cold far as well'),
  rounds: row('N', '5', 'each contender runs a share of the visits in turn'),
  seed: row('N', '1', 'of all that is left to chance'),
  patience: row('SECONDS', '300', 'how long a response may take'),
  near: row('WORDS', '', 'more options for every near, such as "--max-delta-ratio 0.5"'),
  far: row('WORDS', '', 'more options for far'),
  out: row('DIR', undefined, 'write report.html, report.json, samples.csv and plots as SVG'),
  traces: row('DIR', undefined, "keep near's traces, for hunch tune"),
  parts: row(undefined, undefined, 'also load what pages refer to'),
  study: row(undefined, undefined, 'only time the origins, and say how much idle time a link could use'),
  json: row(undefined, undefined, 'print the summary as JSON'),
  help: row(undefined, undefined, 'this text'),
} as const

interface FlagRow {
  readonly value: string | undefined
  readonly fallback: string | undefined
  readonly meaning: string
}

function row(value: string | undefined, fallback: string | undefined, meaning: string): FlagRow {
  return { value, fallback, meaning }
}

type Words = { readonly [Name in keyof typeof flags]?: string | boolean }

/** @throws Fault USAGE naming what is wrong */
export function readSettings(argv: readonly string[]): Settings {
  const words = readWords(argv)
  const users = integer(words, 'users', 1, 1000)
  const links = readLinks(words)
  return {
    sources: (['urls', 'har', 'log'] as const).flatMap(name => {
      const path = word(words, name)
      return path === undefined ? [] : [{ form: name === 'urls' ? 'list' : name, path }]
    }),
    corpus: word(words, 'corpus'),
    links,
    contenders: readContenders(words),
    figures: {
      visits: integer(words, 'visits', 1, 1_000_000),
      users,
      model: readModel(words),
      zipf: decimal(words, 'zipf', 0, 5),
      ageing: decimal(words, 'ageing', 0, 1),
      rounds: integer(words, 'rounds', 1, 1000),
      seed: integer(words, 'seed', 0, 999_999_999),
    },
    nears: words.nears === undefined ? Math.min(users, 8) : integer(words, 'nears', 1, 64),
    caches: oneOf(words, 'caches', ['warm', 'near-cold', 'cold']),
    withParts: words.parts === true,
    waits: readWaits(words),
    patienceMs: integer(words, 'patience', 1, 3600) * 1000,
    durationMs: words.duration === undefined ? Number.POSITIVE_INFINITY : integer(words, 'duration', 1, 86_400) * 1000,
    study: words.study === true,
    traces: word(words, 'traces'),
    out: word(words, 'out'),
    json: words.json === true,
    nearArguments: split(word(words, 'near')),
    farArguments: split(word(words, 'far')),
    isHelp: words.help === true,
  }
}

function readWords(argv: readonly string[]): Words {
  const options = Object.fromEntries(
    Object.entries(flags).map(
      ([name, { value }]) => [name, { type: value === undefined ? 'boolean' : 'string' }] as const,
    ),
  )
  try {
    return parseArgs({ args: [...argv], options, strict: true, allowPositionals: false }).values
  } catch (error) {
    throw asFault(error, 'USAGE')
  }
}

function word(words: Words, name: keyof typeof flags): string | undefined {
  const value = words[name] ?? flags[name].fallback
  return typeof value === 'string' ? value : undefined
}

function integer(words: Words, name: keyof typeof flags, least: number, most: number): number {
  const text = word(words, name) ?? ''
  const value = Number(text)
  if (/^\d+$/.test(text) && value >= least && value <= most) return value
  throw new Fault('USAGE', `--${name} ${text} is not a whole number from ${least} to ${most}`)
}

function decimal(words: Words, name: keyof typeof flags, least: number, most: number): number {
  const text = word(words, name) ?? ''
  const value = Number(text)
  if (/^\d+(?:\.\d+)?$/.test(text) && value >= least && value <= most) return value
  throw new Fault('USAGE', `--${name} ${text} is not a number from ${least} to ${most}`)
}

function oneOf<Word extends string>(words: Words, name: keyof typeof flags, known: readonly Word[]): Word {
  const text = word(words, name)
  const found = known.find(each => each === text)
  if (found !== undefined) return found
  throw new Fault('USAGE', `--${name} ${text} is not one of ${known.join(', ')}`)
}

function readLinks(words: Words): Settings['links'] {
  const own = { down: word(words, 'down'), up: word(words, 'up'), rtt: word(words, 'rtt'), loss: word(words, 'loss') }
  if (Object.values(own).some(each => each !== undefined)) return [{ name: 'own', figures: parseFigures(own) }]
  return split(word(words, 'link')).map(name => {
    if (name === 'none') return { name, figures: undefined }
    if (isPresetName(name)) return { name, figures: presetFigures(name) }
    throw new Fault('USAGE', `There is no link preset "${name}". Presets: ${presetNames.join(', ')}, or none.`)
  })
}

function readContenders(words: Words): Settings['contenders'] {
  const names = split(word(words, 'mode'))
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) throw new Fault('USAGE', `--mode names ${twice} twice`)
  if (names.length === 0) throw new Fault('USAGE', '--mode names nothing to run')
  return names.map(name => ({ name, means: parseMeans(name) }))
}

function readModel(words: Words): UserModel {
  if (words.rate === undefined) return { kind: 'closed', thinkMs: integer(words, 'think', 0, 3_600_000) }
  const perSecond = decimal(words, 'rate', 0, 100_000)
  if (perSecond > 0) return { kind: 'open', perSecond }
  throw new Fault('USAGE', '--rate 0 brings no visits')
}

function readWaits(words: Words): Waits {
  const text = word(words, 'wait')
  if (text === 'typical' || text === 'none') return text
  return integer(words, 'wait', 0, 600_000)
}

function split(text = ''): readonly string[] {
  return text.split(/[\s,]+/).filter(each => each !== '')
}

export function describeSettings(): string {
  const lines = Object.entries(flags).map(([name, { value, fallback, meaning }]) => {
    const shown = `--${name}${value === undefined ? '' : ` ${value}`}`
    return `  ${shown.padEnd(24)} ${meaning}${fallback === undefined || fallback === '' ? '' : ` [${fallback}]`}\n`
  })
  return `Load tests: the same visits through each contender, in turns, over an emulated link, compared.

Usage: hunch loadtest [OPTIONS]

${lines.join('')}
Without --urls, --har, --log or --corpus the pages are those of the built-in site, whose contents age.
Ctrl-C ends the run, and the report is of what was measured until then.
`
}
