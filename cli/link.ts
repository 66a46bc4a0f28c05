// `hunch link`: the link emulator alone, in front of any TCP service.
// Knows: its options, signals, what is printed. Does not know: how a link behaves (loadtest/link).

import { parseArgs } from 'node:util'
import { startLinkEmulator, type HostAndPort, type LinkCounts } from '../loadtest/link/emulator.ts'
import { parseFigures, presetNames, presets, type LinkFigures } from '../loadtest/link/presets.ts'
import { asFault, Fault, faults } from '../shared/fault.ts'

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
 * @returns the exit code: 0 after a signal, 1 for a failure, 2 for a command line that is not right
 */
export async function runLink(argv: string[]): Promise<number> {
  try {
    const { values } = readArguments(argv)
    if (values.help === true) {
      process.stdout.write(help())
      return 0
    }
    const listen = parseHostAndPort(values.listen, '--listen')
    const to = parseHostAndPort(values.to, '--to')
    const link = parseFigures(values)
    const emulator = await startLinkEmulator({ listen, to, link, seed: parseSeed(values.seed) })
    const stopped = waitForSignal()
    process.stdout.write(describeStart(emulator.address, to, link, values.json === true))
    await stopped
    const counts = emulator.counts()
    await emulator.close()
    process.stdout.write(values.json === true ? `${JSON.stringify(counts)}\n` : describeCounts(counts))
    return 0
  } catch (error) {
    const fault = asFault(error, 'CANNOT_LISTEN')
    process.stderr.write(`hunch link: ${fault.message.replace(/\.$/, '')}. ${faults[fault.code].advice}\n`)
    return fault.code === 'USAGE' ? 2 : 1
  }
}

function readArguments(argv: string[]) {
  try {
    return parseArgs({ args: argv, options, strict: true, allowPositionals: false })
  } catch (error) {
    throw asFault(error, 'USAGE')
  }
}

function parseHostAndPort(word: string | undefined, option: string): HostAndPort {
  if (word === undefined) throw new Fault('USAGE', `${option} HOST:PORT is missing`)
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(word)
  const port = Number(match?.[3])
  const host = match?.[1] ?? match?.[2]
  if (host === undefined || port > 65_535) throw new Fault('USAGE', `${option} ${word} is not HOST:PORT`)
  return { host, port }
}

function parseSeed(word = '1'): number {
  if (/^\d{1,9}$/.test(word)) return Number(word)
  throw new Fault('USAGE', `--seed ${word} is not a whole number from 0 to 999999999`)
}

async function waitForSignal(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  process.once('SIGINT', resolve)
  process.once('SIGTERM', resolve)
  await promise
}

function describeStart(listen: HostAndPort, to: HostAndPort, link: LinkFigures, json: boolean): string {
  if (json) return `${JSON.stringify({ listen, to, link })}\n`
  const [from, target] = [`${listen.host}:${listen.port}`, `${to.host}:${to.port}`]
  return `link ready: ${from} → ${target}, ${describeFigures(link)}\n`
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

function help(): string {
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
