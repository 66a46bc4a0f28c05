// `hunch tune`: reads traces, has other thresholds tried on them, says what is found and writes it as a configuration.
// Knows: arguments, files. Does not know: how a trace is replayed.
import { readFile, writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { alignTable } from '../loadtest/report/table.ts'
import { configOf, describeFinding, tune, tuningTables } from '../loadtest/tune/tune.ts'
import { readTrace } from '../shared/exchange/trace-line.ts'
import { asFault, Fault } from '../shared/fault.ts'

const HELP = `Tries other thresholds on the exchanges of a near's trace (hunch near --trace), with the same policy and a model of the link.

Usage: hunch tune TRACE… [OPTIONS]

  --config OUT.json    write what is surely better as a configuration file for near
  --sites              also look for thresholds of single sites, which the trace must name (--trace-urls)
  --max-waste PERCENT  the part of the bytes on the link that may be in vain [maxWastePercent of the trace]
  --json               print all of it as JSON
  --help               this text

The traces are to be of one link: what near met in one place.
`

/** @throws Fault USAGE, CANNOT_READ */
export async function runTune(argv: readonly string[]): Promise<number> {
  const { values, positionals } = readArguments(argv)
  if (values.help) {
    process.stdout.write(HELP)
    return 0
  }
  if (positionals.length === 0) throw new Fault('USAGE', 'hunch tune needs the file of a trace')
  const texts = await Promise.all(positionals.map(async path => [path, await readText(path)] as const))
  const runs = texts.flatMap(([path, text]) => readTrace(text, path))
  if (values.sites && runs.some(({ isNamed }) => !isNamed)) {
    throw new Fault('USAGE', '--sites needs a trace that names sites: hunch near --trace FILE --trace-urls')
  }
  const tuning = tune(runs, { maxWastePercent: readPercent(values['max-waste']), withSites: values.sites === true })
  if (tuning.exchanges < LEAST_EXCHANGES) {
    throw new Fault(
      'USAGE',
      `${tuning.exchanges} exchanges with far are too few to say anything: ${LEAST_EXCHANGES} or more`,
    )
  }
  const config = configOf(tuning)
  if (values.config !== undefined) await writeText(values.config, `${JSON.stringify(config, undefined, 2)}\n`)
  process.stdout.write(
    values.json
      ? `${JSON.stringify({ ...tuning, config }, undefined, 2)}\n`
      : `${tuningTables(tuning).map(alignTable).join('\n')}\n${describeFinding(tuning)}`,
  )
  return 0
}

// Two dozen for each half that judges the other.
const LEAST_EXCHANGES = 48

function readArguments(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        config: { type: 'string' },
        'max-waste': { type: 'string' },
        sites: { type: 'boolean' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    })
  } catch (error) {
    throw asFault(error, 'USAGE')
  }
}

function readPercent(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const value = Number(text)
  if (/^\d+(?:\.\d+)?$/.test(text) && value <= 100) return value
  throw new Fault('USAGE', `--max-waste ${text} is not a number from 0 to 100`)
}

async function readText(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((cause: unknown) => {
    throw new Fault('CANNOT_READ', `cannot read ${path}`, { cause })
  })
}

async function writeText(path: string, text: string): Promise<void> {
  await writeFile(path, text).catch((cause: unknown) => {
    throw new Fault('CANNOT_READ', `cannot write ${path}`, { cause })
  })
}
