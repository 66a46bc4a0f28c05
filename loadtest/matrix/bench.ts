// One link as a matrix uses it: far behind it, and in front of it two visitors for each mode, with nears of their own.
// Knows: emulated links (one for each near), links of packets between network namespaces (one for all), their addresses.
// Does not know: documents, what is measured.
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { LinkEmulator } from '../link/emulator.ts'
import type { LinkFigures } from '../link/presets.ts'
import { type LogLine, type Place, type RunningNear, startFar } from '../pair.ts'

/** `control` is a second plain pair: how it compares with the first is what chance does. */
export const modes = ['optimistic', 'plain', 'control'] as const
export type Mode = (typeof modes)[number]
export const carriers = ['emulated', 'packets'] as const
export type Carrier = (typeof carriers)[number]

/** A near with its link, and what it logs. */
export interface Visitor {
  readonly proxy: string
  readonly emulator: LinkEmulator | undefined
  /** The line of the next exchange for `url`, which comes shortly after the client has its last byte. */
  nextLine(url: string): Promise<LogLine>
}

export interface Bench {
  readonly visitors: Readonly<Record<Mode, { readonly early: Visitor; readonly late: Visitor }>>
  /** Where origins are to listen so that far reaches them. */
  readonly originHost: string
  close(): Promise<void>
}

/** `packets` needs root, python3 and iproute2. */
export async function startBench(link: LinkFigures, carrier: Carrier): Promise<Bench> {
  const road = carrier === 'packets' ? await PacketRoad.open(link) : undefined
  const words = ['--allow-private', '--log-level', 'warn']
  const far = await startFar(words, undefined, road?.far).catch(async (error: unknown) => {
    await road?.close()
    throw error
  })
  const close = async () => {
    await far.close()
    await road?.close()
  }
  const start = async (mode: Mode): Promise<Visitor> => {
    const lines = new Lines()
    const near = await far.startNear({
      link: road ? undefined : link,
      ...(road && { place: road.near }),
      arguments: ['--mode', mode === 'control' ? 'plain' : mode, '--log-queries', ...(road ? ['--open'] : [])],
      onLog: line => lines.take(line),
    })
    return visitorOf(near, lines)
  }
  try {
    // The first near joins, which is not what is measured; the others have its credential.
    await (await far.startNear({ link: undefined, ...(road && { place: road.near, arguments: ['--open'] }) })).close()
    const both = async (mode: Mode) => ({ early: await start(mode), late: await start(mode) })
    const visitors = {
      optimistic: await both('optimistic'),
      plain: await both('plain'),
      control: await both('control'),
    }
    return { visitors, originHost: road?.originHost ?? '127.0.0.1', close }
  } catch (error) {
    await close()
    throw error
  }
}

function visitorOf({ proxy, emulator }: RunningNear, lines: Lines): Visitor {
  return { proxy, emulator, nextLine: url => lines.next(url) }
}

/** What a near logs, awaited. */
class Lines {
  readonly #waiting = new Map<unknown, (line: LogLine) => void>()

  next(url: string): Promise<LogLine> {
    return new Promise(resolve => this.#waiting.set(url, resolve))
  }

  take(line: LogLine): void {
    this.#waiting.get(line['url'])?.(line)
  }
}

const packetLink = fileURLToPath(new URL('../link/packet-link.py', import.meta.url))
const run = promisify(execFile)

/** Two namespaces with a link of packets between them, and cables of their own to whoever measures. */
class PacketRoad {
  static #count = 0
  readonly near: Place
  readonly far: Place
  readonly originHost: string
  readonly #carrier: ChildProcess

  private constructor(carrier: ChildProcess, names: { near: string; far: string }, subnet: string) {
    this.#carrier = carrier
    this.near = { enter: ['ip', 'netns', 'exec', names.near], host: `${subnet}.2` }
    // As packet-link.py has it.
    this.far = { enter: ['ip', 'netns', 'exec', names.far], host: '10.77.0.2' }
    this.originHost = `${subnet}.5`
  }

  static async open(link: LinkFigures): Promise<PacketRoad> {
    const number = PacketRoad.#count++
    const tag = `${process.pid}-${number}`
    const names = { near: `hunch-near-${tag}`, far: `hunch-far-${tag}` }
    const figures = {
      ...names,
      down: link.downBitsPerSecond,
      up: link.upBitsPerSecond,
      rtt: link.roundTripMs,
      loss: link.loss,
      congestion: link.congestion,
      seed: 1,
    }
    const words = Object.entries(figures).flatMap(([name, value]) => [`--${name}`, String(value)])
    const carrier = spawn('python3', [packetLink, '--with-parent', ...words], { stdio: ['pipe', 'pipe', 'inherit'] })
    await once(createInterface({ input: carrier.stdout }), 'line')
    // One subnet for each road of this machine: nobody else has any business in this private range here.
    const subnet = `10.78.${(process.pid + number) % 250}`
    const road = new PacketRoad(carrier, names, subnet)
    const cable = async (namespace: string, name: string, outside: string, inside: string) => {
      await run('ip', ['link', 'add', name, 'type', 'veth', 'peer', 'name', 'outside', 'netns', namespace])
      await run('ip', ['address', 'add', `${outside}/30`, 'dev', name])
      await run('ip', ['link', 'set', name, 'up'])
      await run('ip', ['-n', namespace, 'address', 'add', `${inside}/30`, 'dev', 'outside'])
      await run('ip', ['-n', namespace, 'link', 'set', 'outside', 'up'])
    }
    try {
      await cable(names.near, `hn${tag}`.slice(0, 15), `${subnet}.1`, `${subnet}.2`)
      await cable(names.far, `hf${tag}`.slice(0, 15), `${subnet}.5`, `${subnet}.6`)
    } catch (error) {
      await road.close()
      throw error
    }
    return road
  }

  /** The cables go with the namespaces. */
  async close(): Promise<void> {
    this.#carrier.kill('SIGTERM')
    if (this.#carrier.exitCode === null) await once(this.#carrier, 'exit')
  }
}
