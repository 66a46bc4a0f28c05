// Writes docs/hunch.1, the manual page, from the tables of commands and options: `npm run docs`. A test checks that it was run.
import { readFileSync, writeFileSync } from 'node:fs'
import { commands } from '../cli/commands.ts'
import {
  flagOf,
  type OptionName,
  type OptionRow,
  optionNames,
  options,
  thresholdOptions,
  variableOf,
} from '../shared/config/options.ts'

interface Row {
  readonly usage: string
  readonly summary: string
  readonly verbs?: Readonly<Record<string, Row>>
}

/** The whole of docs/hunch.1, in roff with the macros of man(7). */
export function describeManPage(version: string): string {
  const rows: readonly Row[] = Object.values(commands)
  const all = rows.flatMap(row => [row, ...Object.values(row.verbs ?? {})])
  const thresholds = optionNames.filter(name => name in thresholdOptions)
  const others = optionNames.filter(name => !(name in thresholdOptions))
  return `.\\" Made from the tables in cli/commands.ts and shared/config/options.ts by \`npm run docs\`; do not edit.
.TH HUNCH 1 "" "Hunch ${version}" "User Commands"
.SH NAME
hunch \\- makes the web fast behind slow, far and metered links
.SH SYNOPSIS
.B hunch
.I COMMAND
.RI [ OPTIONS ]
.SH DESCRIPTION
${text(`Hunch is a pair of web proxies. Near runs on your machine, and your browser uses it; far runs on a well-connected host. When far has an old version of what is asked for, it sends that at once, while the site is still thinking, and then a confirmation or a small delta; where both hold the same version, only the delta crosses the link. Every rebuilt byte is verified before the browser gets it.`)}
.PP
${text(`Start far; it prints the line that starts near. Point the browser at near, http://localhost:8080/, which says how.`)}
.SH COMMANDS
${all.map(row => entry(bold(row.usage), `${row.summary}.`)).join('')}.PP
${bold('hunch')} ${italic('COMMAND')} ${bold('--help')}
explains one command with all its options.
.SH OPTIONS
${text(`Of the commands that are named behind each. A switch is turned off by --no- before its name; bytes are written like 65536, 500kB or 64MiB.`)}
${others.map(describeOption).join('')}.SS Thresholds of the policy
${thresholds.map(describeOption).join('')}.SH ENVIRONMENT
${text(`Each option can also be given as a variable: --log-level is ${variableOf('logLevel')}; or as a key of the JSON file that --config names: logLevel. A flag beats the environment, which beats the file, which beats the default. What is unknown is an error.`)}
.SH FILES
${entry(italic('~/.local/share/hunch/near'), "Near's --data: its credential, its versions, its authority. Files are readable by their owner alone.")}${entry(italic('~/.local/share/hunch/far'), "Far's --data: its key, the nears that joined, its versions.")}${entry(italic('~/.config/hunch/near.json'), 'The configuration that hunch near install writes.')}${entry(italic('/etc/hunch/far.json, /var/lib/hunch-far'), 'Configuration and --data of hunch far init --install.')}.SH SIGNALS
${entry('SIGTERM, SIGINT', 'End when what is under way has ended, after five seconds at most; a second one ends at once.')}${entry('SIGHUP', 'Near and far read the file of --config again.')}.SH EXIT STATUS
${entry('0', 'Done.')}${entry('1', 'Failed; one line on standard error says what and what to do.')}${entry('2', 'The command line or the configuration is not right.')}.SH EXAMPLES
${text('A trial on one machine:')}
${example('hunch demo --link edge')}${text('A host, and the machine of its user:')}
${example("hunch far --listen 0.0.0.0:8443 --name far.example.org\nhunch near --far 'hunch://TOKEN@far.example.org:8443?pin=sha256-…'")}${text('HTTPS, too; docs/https.md says what that means:')}
${example('hunch ca install\nhunch near --intercept')}.SH SEE ALSO
.BR curl (1),
.BR systemd.service (5)
.PP
${text('The directory docs of the package: guide/, troubleshooting.md, faq.md, security.md, options.md.')}
`
}

function describeOption(name: OptionName): string {
  const { kind, defaults, meaning }: OptionRow = options[name]
  const label = kind.label === '' ? '' : ` ${italic(kind.label)}`
  const given = Object.entries(defaults).map(([command, value]) =>
    value === null || kind.label === '' ? command : `${command} (${value})`,
  )
  return entry(`${bold(flagOf(name))}${label}`, `${meaning}. ${given.join(', ')}.`)
}

function entry(label: string, meaning: string): string {
  return `.TP\n${label}\n${text(meaning)}\n`
}

function example(lines: string): string {
  return `.PP\n.RS\n.nf\n${lines.split('\n').map(text).join('\n')}\n.fi\n.RE\n.PP\n`
}

function bold(words: string): string {
  return `\\fB${text(words)}\\fR`
}

function italic(words: string): string {
  return `\\fI${text(words)}\\fR`
}

/** What roff prints as it stands: hyphens that can be copied, quotes, dots at the start of a line, signs beyond ASCII. */
function text(words: string): string {
  return words
    .replaceAll('\\', String.raw`\e`)
    .replaceAll('-', String.raw`\-`)
    .replaceAll("'", String.raw`\(aq`)
    .replaceAll('~', String.raw`\(ti`)
    .replace(/^(?=\.)/, String.raw`\&`)
    .replaceAll(/[^\n -~]/g, sign => `\\[u${sign.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}]`)
}

export function readVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest ? String(manifest.version) : ''
}

if (import.meta.main) writeFileSync(new URL('../docs/hunch.1', import.meta.url), describeManPage(readVersion()))
