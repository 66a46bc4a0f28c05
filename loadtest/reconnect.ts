// How long near takes from no link at all to the first byte of an answer, in round trips of the emulated link: at a start
// without a TLS ticket, at a start with one, and after the link broke under a near that runs.
//   node loadtest/reconnect.ts [--link geo …] [--rounds 5] [--csv FILE]
// The origin answers at once with 100 bytes. A start counts from the moment when near listens, which is when it dials; a
// break from the moment when the link comes back, with a request that is asked right then.
import { rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { get, median } from './get.ts'
import { isPresetName, type LinkFigures, type PresetName, presetFigures } from './link/presets.ts'
import { type LogLine, type RunningFar, startFar } from './pair.ts'

const ways = ['start', 'start with ticket', 'broken'] as const
type Way = (typeof ways)[number]

interface Sample {
  readonly link: PresetName
  readonly way: Way
  readonly firstByteMs: number
  /** From near's log: from the dial to where asks may be sent. */
  readonly dialMs: number
  readonly resumed: boolean
}

/** The lines of near's log that say that the link is up, one after the other. */
class Ups {
  readonly #lines: LogLine[] = []
  #wake: () => void = () => undefined

  take(line: LogLine): void {
    if (line['msg'] !== 'the link is up') return
    this.#lines.push(line)
    this.#wake()
  }

  async next(): Promise<LogLine> {
    for (;;) {
      const line = this.#lines.shift()
      if (line) return line
      await new Promise<void>(resolve => (this.#wake = resolve))
    }
  }
}

// Near dials no two times in half a second; a link that breaks is older than that.
const SETTLED_MS = 600

const { values } = parseArgs({
  options: {
    link: { type: 'string', multiple: true, default: ['modem-28.8', 'gprs', 'edge', 'geo', 'leo'] },
    rounds: { type: 'string', default: '5' },
    csv: { type: 'string' },
  },
})

const origin = createServer((_request, response) => response.end('x'.repeat(100)))
origin.listen(0, '127.0.0.1')
await once(origin, 'listening')
const url = `http://127.0.0.1:${(origin.address() as AddressInfo).port}/`
const samples: Sample[] = []
const far = await startFar(['--allow-private', '--log-level', 'error'])
try {
  // The first near joins, over loopback; the others have its credential, and its ticket.
  await (await far.startNear({ link: undefined })).close()
  for (let round = 0; round < Number(values.rounds); round += 1) {
    for (const link of values.link.filter(isPresetName)) samples.push(...(await measure(far, link, round)))
  }
} finally {
  await far.close()
  origin.close()
}
print()
if (values.csv !== undefined) await writeFile(values.csv, formatCsv())

async function measure(on: RunningFar, link: PresetName, round: number): Promise<Sample[]> {
  const figures = presetFigures(link)
  const fresh = await start(on, link, figures, round, true)
  await fresh.near.close()
  const { near, ups, sample } = await start(on, link, figures, round, false)
  // The ticket of this session has come with the answer; the next dial uses it.
  const up = ups.next()
  await setTimeout(SETTLED_MS)
  near.emulator?.setState('down')
  near.emulator?.setState('up')
  const got = await get(`${url}?broken=${round}`, near.proxy)
  const line = await up
  await near.close()
  return [fresh.sample, sample, { ...describe(line), link, way: 'broken', firstByteMs: got.firstByteMs }]
}

async function start(on: RunningFar, link: PresetName, figures: LinkFigures, round: number, isFresh: boolean) {
  const ups = new Ups()
  const near = await on.startNear({
    link: figures,
    onLog: line => ups.take(line),
    ...(isFresh && { prepare: (data: string) => rm(join(data, 'far-ticket.json'), { force: true }) }),
  })
  const up = ups.next()
  const got = await get(`${url}?start=${round}`, near.proxy)
  const way: Way = isFresh ? 'start' : 'start with ticket'
  const sample: Sample = { ...describe(await up), link, way, firstByteMs: got.firstByteMs }
  return { near, ups, sample }
}

function describe(line: LogLine): { dialMs: number; resumed: boolean } {
  return { dialMs: Number(line['dialMs']), resumed: line['resumed'] === true }
}

function print(): void {
  process.stdout.write('link         way                 resumed  dial ms  first byte ms  round trips\n')
  for (const link of values.link.filter(isPresetName)) {
    for (const way of ways) {
      const of = samples.filter(each => each.link === link && each.way === way)
      const firstByteMs = median(of.map(each => each.firstByteMs))
      const dialMs = median(of.map(each => each.dialMs))
      const roundTrips = firstByteMs / presetFigures(link).roundTripMs
      const resumed = of.filter(each => each.resumed).length
      const cells = [
        link.padEnd(12),
        way.padEnd(19),
        `${resumed}/${of.length}`.padEnd(8),
        dialMs.toFixed(0).padStart(7),
      ]
      process.stdout.write(
        `${cells.join(' ')} ${firstByteMs.toFixed(0).padStart(14)} ${roundTrips.toFixed(2).padStart(12)}\n`,
      )
    }
  }
}

function formatCsv(): string {
  const rows = samples.map(({ link, way, resumed, dialMs, firstByteMs }) =>
    [link, way, resumed, dialMs.toFixed(1), firstByteMs.toFixed(1)].join(','),
  )
  return `${['link,way,resumed,dial_ms,first_byte_ms', ...rows].join('\n')}\n`
}
