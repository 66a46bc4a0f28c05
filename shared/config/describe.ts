// What a person reads about the options: the lines of --help and the page docs/options.md.
// Knows: the table. Does not know: terminals, files.

import {
  type ConfiguredCommand,
  flagOf,
  type OptionName,
  type OptionRow,
  optionNames,
  options,
  optionsOf,
  thresholdOptions,
  variableOf,
} from './options.ts'

const commands: readonly ConfiguredCommand[] = ['near', 'far', 'demo']

// A label longer than this gets a line of its own, so that meanings stay aligned.
const LABEL_COLUMNS = 28

/** One option a line (two when its label is long), the thresholds under a heading of their own; ends in a newline. */
export function describeOptions(command: ConfiguredCommand): string {
  const names = optionsOf(command)
  const own = names.filter(name => !(name in thresholdOptions)).map(name => describeLine(name, command))
  const thresholds = names.filter(name => name in thresholdOptions).map(name => describeLine(name, command))
  return `Options:
${own.join('')}
Thresholds of the policy:
${thresholds.join('')}
An option may also stand in the environment (${flagOf('logLevel')} is ${variableOf('logLevel')}) or in the file of
--config (as "logLevel"). A flag beats the environment, which beats the file. A switch is turned off by --no- before it.
`
}

/** The whole of docs/options.md. */
export function describePage(): string {
  const own = optionNames.filter(name => !(name in thresholdOptions))
  const thresholds = optionNames.filter(name => name in thresholdOptions)
  return `# Options of \`hunch near\`, \`hunch far\` and \`hunch demo\`

Made from the table in \`shared/config/options.ts\` by \`npm run docs\`; do not edit.

Each option can be given as a flag, as a variable in the environment, or as a key of the JSON file that \`--config FILE\`
names. A flag beats the environment, the environment beats the file, the file beats the default. What is unknown is an
error. What of the file holds at once when it changes, and how else settings change while Hunch runs, is in settings.md.
A switch is turned on by its flag alone and off by \`--no-\` before its name; bytes are written like \`65536\`,
\`500kB\` or \`64MiB\`.

${describeTable(own)}
## Thresholds of the policy

${describeTable(thresholds)}`
}

function describeLine(name: OptionName, command: ConfiguredCommand): string {
  const { kind, defaults, meaning }: OptionRow = options[name]
  const label = `  ${flagOf(name)} ${kind.label}`.trimEnd()
  const given = defaults[command]
  const start = label.length < LABEL_COLUMNS ? label.padEnd(LABEL_COLUMNS) : `${label}\n${' '.repeat(LABEL_COLUMNS)}`
  return `${start}${meaning}${given === undefined || given === null || kind.label === '' ? '' : ` (${given})`}\n`
}

function describeTable(names: readonly OptionName[]): string {
  const heads = ['Flag', 'Variable', 'Key', 'Commands and defaults', 'Meaning']
  const rows = names.map(name => {
    const { kind, meaning }: OptionRow = options[name]
    const flag = `\`${`${flagOf(name)} ${kind.label}`.trimEnd()}\``
    // The file cannot name another file.
    const key = name === 'config' ? '' : `\`${name}\``
    return [flag, `\`${variableOf(name)}\``, key, describeDefaults(options[name].defaults), meaning]
  })
  const lines = [heads, heads.map(() => '---'), ...rows].map(cells => `| ${cells.map(escapeCell).join(' | ')} |\n`)
  return lines.join('')
}

/** `near, demo: `optimistic`; far: none`: commands with the same default share one entry. */
function describeDefaults(defaults: OptionRow['defaults']): string {
  const byText = new Map<string, string[]>()
  for (const command of commands) {
    const given = defaults[command]
    if (given === undefined) continue
    const text = given === null ? '' : `: \`${given}\``
    byText.set(text, [...(byText.get(text) ?? []), command])
  }
  return [...byText].map(([text, names]) => names.join(', ') + text).join('; ')
}

// A bar ends a cell, inside code as well (GitHub's tables).
function escapeCell(cell: string): string {
  return cell.replaceAll('|', String.raw`\|`)
}
