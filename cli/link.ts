// `hunch link`: the link emulator alone, in front of any TCP service.
// Knows: its options, signals, what is printed. Does not know: how a link behaves (loadtest/link).

import { startLinkEmulator, type LinkCounts } from '../loadtest/link/emulator.ts'
import { parseFigures, presetNames, presets, type LinkFigures } from '../loadtest/link/presets.ts'
import { formatHostPort, type HostPort, parseHostPort } from '../shared/config/host-port.ts'
import { Fault } from '../shared/fault.ts'
import { waitForStop } from './stop.ts'
import { parseWords } from './parse-words.ts'

const options = {
  preset: { type: 'string' },
  listen: { type: 'string' },
  to: { type: 'string' },
  down: { type: 'string' },
  up: { type: 'string' },
  rtt: { type: 'string' },
  loss: { type: 'string' },
  queue: { type: 'string' },
  congestion: { type: 'string' },
  seed: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const

/**
 * Runs `hunch link` until SIGINT or SIGTERM.
 * @throws Fault USAGE, PORT_IN_USE, CANNOT_LISTEN
 */
export async function runLink(argv: readonly string[]): Promise<number> {
  const values = readArguments(argv)
  if (values.help === true) {
    process.stdout.write(describeOptions())
    return 0
  }
  const listen = parseAddress(values.listen, '--listen')
  const to = parseAddress(values.to, '--to')
  const link = parseFigures(values)
  const emulator = await startLinkEmulator({ listen, to, link, seed: parseSeed(values.seed) })
  const stopped = waitForStop()
  const isJson = values.json === true
  process.stdout.write(
    isJson ? toLine({ listen: emulator.address, to, link }) : describeStart(emulator.address, to, link),
  )
  await stopped
  const counts = emulator.counts()
  await emulator.close()
  process.stdout.write(isJson ? toLine(counts) : describeCounts(counts))
  return 0
}

function readArguments(argv: readonly string[]) {
  return parseWords({ args: [...argv], options, strict: true, allowPositionals: false }).values
}

function parseAddress(word: string | undefined, option: string): HostPort {
  if (word === undefined) throw new Fault('USAGE', `${option} HOST:PORT is missing`)
  const address = parseHostPort(word)
  if (address === undefined) throw new Fault('USAGE', `${option} ${word} is not HOST:PORT`)
  return address
}

function parseSeed(word = '1'): number {
  if (/^\d{1,9}$/.test(word)) return Number(word)
  throw new Fault('USAGE', `--seed ${word} is not a whole number from 0 to 999999999`)
}

function describeStart(listen: HostPort, to: HostPort, link: LinkFigures): string {
  return `link ready: ${formatHostPort(listen)} → ${formatHostPort(to)}, ${describeFigures(link)}\n`
}

function describeFigures(link: LinkFigures): string {
  const rates = `${describeRate(link.downBitsPerSecond)} down, ${describeRate(link.upBitsPerSecond)} up`
  const loss = link.loss === 0 ? '' : `, ${(link.loss * 100).toFixed(1)} % loss`
  return `${rates}, ${link.roundTripMs} ms${loss}, ${link.congestion}`
}

function describeRate(bitsPerSecond: number): string {
  return bitsPerSecond < 1e6 ? `${bitsPerSecond / 1e3} kbit/s` : `${bitsPerSecond / 1e6} Mbit/s`
}

function describeCounts(counts: LinkCounts): string {
  const lines = (['down', 'up'] as const).map(direction => {
    const { deliveredBytes, bytes, packets, droppedByQueue, lost, stalls } = counts[direction]
    const wire = `${bytes} bytes in ${packets} packets`
    return `${direction}: ${deliveredBytes} bytes delivered, ${wire}, ${droppedByQueue} dropped by the queue, ${lost} lost, ${stalls} stalls\n`
  })
  return `connections: ${counts.connections.opened}\n${lines.join('')}`
}

function describeOptions(): string {
  const table = presetNames.map(name => {
    const { downBitsPerSecond, upBitsPerSecond, roundTripMs, loss, what } = presets[name]
    const rates = `${describeRate(downBitsPerSecond)} down, ${describeRate(upBitsPerSecond)} up, ${roundTripMs} ms`
    return `  ${name.padEnd(11)} ${what}: ${rates}${loss === 0 ? '' : `, ${loss * 100} % loss`}\n`
  })
  return `hunch link --preset NAME --listen HOST:PORT --to HOST:PORT   a slow link in front of any TCP service

  --preset NAME        one of the links below
  --listen HOST:PORT   where to accept connections
  --to HOST:PORT       where they lead
  --down --up RATE     instead of the preset's, such as 28.8kbit or 1.6mbit
  --rtt MS             the round trip of the empty link
  --loss SHARE         of packets, each way, such as 0.01 or 1%
  --queue BYTES        that may wait in front of each direction (default: half a second of traffic)
  --congestion NAME    what the senders run: cubic (default) or bbr
  --seed NUMBER        of the losses
  --json               print figures and counts as JSON

${table.join('')}`
}

function toLine(value: unknown): string {
  return `${JSON.stringify(value)}\n`
}
