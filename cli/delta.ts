// `hunch delta`: encodes, decodes and shows deltas of files.
// Knows: its options, progress, exit codes. Does not know: formats (shared/delta), files (delta-files.ts).

import { type Duplex, PassThrough, Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { asEffort, DEFAULT_EFFORT } from '../shared/delta/effort.ts'
import {
  createDeltaDecoder,
  createDeltaEncoder,
  type DeltaFormat,
  deltaFormats,
  encodeDelta,
} from '../shared/delta/format.ts'
import { WHOLE_BASE_BYTES } from '../shared/delta/long-base.ts'
import { DeltaInspector } from '../shared/delta/show.ts'
import { asFault, Fault, faults } from '../shared/fault.ts'
import { openBase, openInput, openOutput, STANDARD } from './delta-files.ts'
import { showProgress } from './delta-progress.ts'
import { formatJson, formatText } from './delta-show.ts'
import { parseWords } from './parse-words.ts'

const options = {
  output: { type: 'string', short: 'o' },
  format: { type: 'string' },
  effort: { type: 'string' },
  'max-target': { type: 'string' },
  'no-checksum': { type: 'boolean' },
  json: { type: 'boolean' },
  quiet: { type: 'boolean', short: 'q' },
  help: { type: 'boolean', short: 'h' },
} as const

const HELP = `Usage: hunch delta encode BASE TARGET -o DELTA [--format vcdiff|dcb] [--effort 1..5]
       hunch delta decode BASE DELTA -o TARGET [--max-target BYTES]
       hunch delta show DELTA [--json]

TARGET and DELTA may be - for standard input; without -o, or with -o -, output goes to standard output.

  --format vcdiff|dcb   encode: vcdiff (RFC 3284, the default) or dcb (RFC 9842); decode: read from the delta
  --effort 1..5         encode: 1 is the fastest, ${DEFAULT_EFFORT} the default, 5 the smallest
  --no-checksum         encode vcdiff without the Adler-32 that xdelta3 also writes
  --max-target BYTES    decode: refuse to make more than this (default ${16 * 1024 ** 3})
  --json                show: one JSON object a line
  -q, --quiet           no progress on standard error
`

// What a delta may make unless --max-target says otherwise: large enough for disk images, short of filling a disk.
const DEFAULT_MAX_TARGET_BYTES = 16 * 1024 ** 3

// A target up to one VCDIFF window is read whole before it is encoded; a longer one is streamed.
const WHOLE_TARGET_BYTES = 8 * 1024 * 1024

/**
 * Runs `hunch delta ARGV`.
 * @returns the exit code: 0 done, 1 a failure, 2 a command line that is not right
 */
export async function runDelta(argv: readonly string[]): Promise<number> {
  try {
    const { values, positionals } = readArguments(argv)
    if (values.help === true) {
      process.stdout.write(HELP)
      return 0
    }
    const [verb, ...paths] = positionals
    if (verb === 'encode') await encode(paths, values)
    else if (verb === 'decode') await decode(paths, values)
    else if (verb === 'show') await show(paths, values)
    else throw new Fault('USAGE', verb === undefined ? 'say encode, decode or show' : `there is no verb ${verb}`)
    return 0
  } catch (error) {
    return report(error)
  }
}

type Values = ReturnType<typeof readArguments>['values']

function readArguments(argv: readonly string[]) {
  return parseWords({ args: [...argv], options, strict: true, allowPositionals: true })
}

async function encode(paths: readonly string[], values: Values): Promise<void> {
  const [basePath, targetPath] = takePaths(paths, ['BASE', 'TARGET'])
  const format = readFormat(values.format ?? 'vcdiff')
  const effort = asEffort(values.effort ?? DEFAULT_EFFORT)
  const base = openBase(basePath!)
  try {
    const encodeOptions = { framing: 'file', effort, checksum: values['no-checksum'] !== true } as const
    const chunks: AsyncIterator<Uint8Array> = openInput(targetPath!)[Symbol.asyncIterator]()
    const { begin, isWhole } = await readUpTo(chunks, WHOLE_TARGET_BYTES)
    if (!isWhole || base.length > WHOLE_BASE_BYTES)
      return await run(startAgain(begin, chunks), createDeltaEncoder(format, base, encodeOptions), values)
    // A whole target can be encoded in several ways, of which the smallest is kept.
    const delta = await encodeDelta(format, base.read(0, base.length), begin, encodeOptions)
    await run(Readable.from([delta]), new PassThrough(), values)
  } finally {
    base.close()
  }
}

/** Reads until more than `bytes` have come, or the end. */
async function readUpTo(chunks: AsyncIterator<Uint8Array>, bytes: number) {
  const read: Uint8Array[] = []
  let length = 0
  while (length <= bytes) {
    const next = await chunks.next()
    if (next.done === true) return { begin: Buffer.concat(read), isWhole: true }
    read.push(next.value)
    length += next.value.length
  }
  return { begin: Buffer.concat(read), isWhole: false }
}

async function decode(paths: readonly string[], values: Values): Promise<void> {
  const [basePath, deltaPath] = takePaths(paths, ['BASE', 'DELTA'])
  const maxTargetBytes = readBytes(values['max-target'] ?? String(DEFAULT_MAX_TARGET_BYTES))
  const base = openBase(basePath!)
  try {
    const chunks: AsyncIterator<Uint8Array> = openInput(deltaPath!)[Symbol.asyncIterator]()
    const first = await chunks.next()
    const begin = first.done === true ? new Uint8Array(0) : first.value
    const format = values.format === undefined ? (begin[0] === 0xff ? 'dcb' : 'vcdiff') : readFormat(values.format)
    const machine = createDeltaDecoder(format, base, { framing: 'file', maxTargetBytes })
    await run(startAgain(begin, chunks), machine, values)
  } finally {
    base.close()
  }
}

async function* startAgain(first: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield first
  yield* { [Symbol.asyncIterator]: () => rest }
}

async function run(input: AsyncIterable<Uint8Array>, machine: Duplex, values: Values): Promise<void> {
  const output = openOutput(values.output ?? STANDARD)
  try {
    await pipeline(showProgress(input, values.quiet !== true), machine, output.stream)
    await output.commit()
  } catch (error) {
    await output.discard()
    throw error
  }
}

async function show(paths: readonly string[], values: Values): Promise<void> {
  const [path] = takePaths(paths, ['DELTA'])
  const inspector = new DeltaInspector()
  const format = values.json === true ? formatJson : formatText
  const lines = async function* (input: AsyncIterable<Uint8Array>) {
    for await (const chunk of input) for (const record of inspector.push(chunk)) yield `${format(record)}\n`
    yield `${format(inspector.finish())}\n`
  }
  const output = values.output === undefined ? process.stdout : openOutput(values.output).stream
  await pipeline(openInput(path!), lines, output, { end: output !== process.stdout })
}

function takePaths(paths: readonly string[], names: readonly string[]): readonly string[] {
  if (paths.length !== names.length) throw new Fault('USAGE', `give ${names.join(' and ')}`)
  return paths
}

function readFormat(text: string): DeltaFormat {
  const format = deltaFormats.find(name => name === text)
  if (format === undefined) throw new Fault('USAGE', `--format is ${deltaFormats.join(' or ')}, not ${text}`)
  return format
}

function readBytes(text: string): number {
  const bytes = Number(text)
  if (!Number.isSafeInteger(bytes) || bytes < 0)
    throw new Fault('USAGE', `--max-target is a number of bytes, not ${text}`)
  return bytes
}

function report(error: unknown): number {
  // `hunch delta show F | head` ends our output early; that is not a failure.
  if (error instanceof Error && 'code' in error && error.code === 'EPIPE') return 0
  const fault = asFault(error, 'CANNOT_READ')
  const advice = fault.code === 'USAGE' ? 'Run hunch delta --help for what there is.' : faults[fault.code].advice
  process.stderr.write(`hunch delta: ${fault.message.replace(/[.\s]+$/, '').replaceAll(/\s*\n\s*/g, ' ')}. ${advice}\n`)
  return fault.code === 'USAGE' ? 2 : 1
}
