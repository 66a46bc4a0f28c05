// `hunch near cache` and `hunch far cache`: what the proxies keep on the disk, for a person. Also while they run.
// Knows: its options, how versions are shown. Does not know: how they are kept (store/).
import { writeFile } from 'node:fs/promises'
import { Fault } from '../shared/fault.ts'
import { canonicalUrl } from '../shared/http/url.ts'
import { originOf, type Version } from '../shared/version.ts'
import { describeFailure, openToRead, openToWrite, storePath } from '../store/database.ts'
import { type Described, Reader } from '../store/reader.ts'
import { type ClearedPart, Writer } from '../store/writer.ts'
import { loadConfig } from './config-file.ts'
import { parseWords } from './parse-words.ts'

const options = {
  data: { type: 'string' },
  all: { type: 'boolean' },
  url: { type: 'string' },
  origin: { type: 'string' },
  output: { type: 'string', short: 'o' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const

const help = (side: string) => `Usage: hunch ${side} cache list | show URL | clear | verify

  list                  the kept versions, the most valuable first
  show URL [-o FILE]    what is known of the newest of a URL; its content goes to standard output, or into FILE
  clear --all           forget everything, also what was learnt of hosts
  clear --url URL | --origin ORIGIN
  verify                read everything, check it, drop what is damaged

  --data DIR            ${side}'s --data, when it has one of its own
  --json                print as JSON
`

type Parsed = ReturnType<typeof readArguments>['values']

/**
 * Runs `hunch SIDE cache ARGV`; gives 1 when something was damaged or is not there.
 * @throws Fault USAGE, CONFIG, CANNOT_READ, STORE_FORMAT
 */
export async function runCache(side: 'near' | 'far', argv: readonly string[]): Promise<number> {
  const { values, positionals } = readArguments(argv)
  if (values.help === true) return print(help(side))
  const [verb, url, ...more] = positionals
  if (more.length > 0 || (url !== undefined && verb !== 'show')) {
    throw new Fault('USAGE', `there is nothing to say behind ${verb}`)
  }
  const { data } = await loadConfig(side, values.data === undefined ? [] : ['--data', values.data])
  const path = storePath(data)
  switch (verb) {
    case 'list':
      return withReader(path, values, async reader => list(reader, values))
    case 'show': {
      if (url === undefined) throw new Fault('USAGE', 'say which URL to show')
      const shown = readUrl(url)
      return withReader(path, values, reader => show(reader, shown, values))
    }
    case 'verify':
      return withReader(path, values, reader => verify(reader, path, values))
    case 'clear': {
      const part = readPart(values)
      return withReader(path, values, async () => clear(path, part, values))
    }
    default:
      throw new Fault('USAGE', verb === undefined ? 'say list, show, clear or verify' : `there is no verb ${verb}`)
  }
}

async function withReader(path: string, values: Parsed, use: (reader: Reader) => Promise<number>): Promise<number> {
  try {
    const opened = openToRead(path)
    if (!opened) return print(values.json === true ? '[]\n' : `Nothing is kept in ${path}.\n`)
    try {
      return await use(new Reader(opened.db))
    } finally {
      opened.db.close()
    }
  } catch (error) {
    if (error instanceof Fault) throw error
    throw new Fault('CANNOT_READ', `The store ${path} cannot be used: ${describeFailure(error)}.`, { cause: error })
  }
}

function list(reader: Reader, values: Parsed): number {
  const all = Array.from(reader.describe())
  if (values.json === true) return print(`${JSON.stringify(all.map(toPlain))}\n`)
  const now = Date.now()
  print(
    `${'value'.padStart(8)} ${'uses'.padStart(5)} ${'size'.padStart(9)} ${'on disk'.padStart(9)} ${'age'.padStart(8)}  scope             url\n`,
  )
  let bytes = 0
  for (const each of all) {
    bytes += each.storedBytes
    const { length = 0, storedAt = now } = each.record ?? {}
    const columns = [each.value.toFixed(2).padStart(8), String(each.uses).padStart(5), String(length).padStart(9)]
    const age = formatAge(now - storedAt).padStart(8)
    const scope = shortenScope(each.scope).padEnd(16)
    print(`${columns.join(' ')} ${String(each.storedBytes).padStart(9)} ${age}  ${scope}  ${each.url}\n`)
  }
  return print(`${all.length} versions, ${bytes} bytes of content on the disk\n`)
}

async function show(reader: Reader, url: string, values: Parsed): Promise<number> {
  const all = Array.from(reader.describe(url)).sort((one, other) => other.seq - one.seq)
  const [newest] = all
  if (!newest) {
    process.stderr.write(`No version of ${url} is kept.\n`)
    return 1
  }
  const loaded = await reader.load(newest)
  if (loaded.kind !== 'version') {
    const why = loaded.kind === 'damaged' ? loaded.why : 'it has just been dropped'
    throw new Fault('CANNOT_READ', `The version of ${url} cannot be read: ${why}.`)
  }
  const { version } = loaded
  if (values.output !== undefined) await writeOutput(values.output, version.content)
  if (values.json === true) return print(`${JSON.stringify(all.map(toPlain))}\n`)
  const told = describe(newest, version, all.length)
  if (values.output !== undefined) return print(told)
  // So that `> FILE` gets the content alone.
  process.stderr.write(told)
  process.stdout.write(version.content)
  return 0
}

async function verify(reader: Reader, path: string, values: Parsed): Promise<number> {
  const damaged: { seq: number; url: string; why: string }[] = []
  let count = 0
  for (const each of Array.from(reader.describe())) {
    const loaded = await reader.load(each)
    if (loaded.kind !== 'gone') count += 1
    if (loaded.kind === 'damaged') damaged.push({ seq: each.seq, url: each.url, why: loaded.why })
  }
  if (damaged.length > 0) withWriter(path, writer => writer.apply(damaged.map(({ seq }) => ({ kind: 'forget', seq }))))
  if (values.json === true) {
    print(`${JSON.stringify({ count, damaged: damaged.map(({ url, why }) => ({ url, why })) })}\n`)
  } else {
    for (const { url, why } of damaged) print(`dropped ${url}: ${why}\n`)
    print(`${count} versions read, ${damaged.length} damaged\n`)
  }
  return damaged.length > 0 ? 1 : 0
}

function clear(path: string, which: ClearedPart, values: Parsed): number {
  const count = withWriter(path, writer => {
    const [cleared = 0] = writer.apply([{ kind: 'clear', which }])
    writer.compact()
    return cleared
  })
  return print(values.json === true ? `${JSON.stringify({ cleared: count })}\n` : `${count} versions forgotten\n`)
}

function withWriter<Result>(path: string, use: (writer: Writer) => Result): Result {
  const { db } = openToWrite(path, message => process.stderr.write(`${message}\n`))
  try {
    // Nothing is put, so no quota is looked at.
    return use(new Writer(db, { totalBytes: Infinity, perOrigin: 1, perUser: 1, maxVersionsPerUrl: Infinity }))
  } finally {
    db.close()
  }
}

function readArguments(argv: readonly string[]) {
  return parseWords({ args: [...argv], options, strict: true, allowPositionals: true })
}

function readPart({ all, url, origin }: Parsed): ClearedPart {
  const parts: ClearedPart[] = []
  if (all === true) parts.push({ kind: 'all' })
  if (url !== undefined) parts.push({ kind: 'url', url: readUrl(url) })
  if (origin !== undefined) parts.push({ kind: 'origin', origin: originOf(readUrl(origin)) })
  const [part, ...more] = parts
  if (!part || more.length > 0) throw new Fault('USAGE', 'say one of --all, --url URL and --origin ORIGIN')
  return part
}

function readUrl(text: string): string {
  if (!URL.canParse(text)) throw new Fault('USAGE', `"${text}" is not a web address`)
  return canonicalUrl(text)
}

async function writeOutput(path: string, content: Uint8Array): Promise<void> {
  await writeFile(path, content).catch((error: unknown) => {
    throw new Fault('CANNOT_READ', `The file ${path} cannot be written: ${describeFailure(error)}.`, { cause: error })
  })
}

function describe({ uses, value, storedBytes }: Described, version: Version, count: number): string {
  const { url, scope, status, digest, content, fields, storedAt } = version
  const freshFor = version.freshness.freshForSeconds(Date.now())
  return `url      ${url}
scope    ${scope}
status   ${status}
digest   SHA-256 ${digest}
size     ${content.length} bytes, ${storedBytes} on the disk
stored   ${new Date(storedAt).toISOString()}, ${freshFor > 0 ? `fresh for ${freshFor} s` : 'stale'}
uses     ${uses}, value ${value.toFixed(2)}, ${count === 1 ? 'the only version' : `the newest of ${count} versions`}

${fields.map(([name, text]) => `${name}: ${text}\n`).join('')}
`
}

function toPlain({ url, scope, record, storedBytes, uses, value }: Described) {
  const { status, digest, length, storedAt, fields } = record ?? {}
  return {
    url,
    scope,
    status,
    digest,
    length,
    storedBytes,
    storedAt,
    uses,
    value,
    fields,
    damaged: record === undefined,
  }
}

/** Names of nears are long. */
function shortenScope(scope: string): string {
  return scope.length <= 16 ? scope : `${scope.slice(0, 15)}…`
}

function formatAge(ageMs: number): string {
  const seconds = Math.max(0, Math.floor(ageMs / 1000))
  for (const [unit, length] of [
    ['d', 86_400],
    ['h', 3600],
    ['min', 60],
  ] as const) {
    if (seconds >= 2 * length) return `${Math.floor(seconds / length)} ${unit}`
  }
  return `${seconds} s`
}

function print(text: string): number {
  process.stdout.write(text)
  return 0
}
