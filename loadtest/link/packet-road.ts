// Two network namespaces of this machine with a link of packets between them, and cables of their own to whoever measures.
// Knows: packet-link.py, iproute2, addresses. Does not know: what runs in the namespaces.
import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Place } from '../pair.ts'
import type { LinkFigures } from './presets.ts'

/** What can carry a link: the emulator of this project, or packets and the kernel's TCP. */
export const carriers = ['emulated', 'packets'] as const
export type Carrier = (typeof carriers)[number]

const packetLink = fileURLToPath(new URL('packet-link.py', import.meta.url))
const door = fileURLToPath(new URL('door.ts', import.meta.url))
const run = promisify(execFile)

// As packet-link.py has it.
const FAR_ADDRESS = '10.77.0.2'

/** Needs root, python3 and iproute2. */
export class PacketRoad {
  static #count = 0
  readonly near: Place
  readonly far: Place
  /** Where origins of whoever measures are to listen so that far reaches them. */
  readonly originHost: string
  readonly #carrier: ChildProcess
  readonly #doors: ChildProcess[] = []

  private constructor(carrier: ChildProcess, names: { near: string; far: string }, subnet: string) {
    this.#carrier = carrier
    this.near = { enter: ['ip', 'netns', 'exec', names.near], host: `${subnet}.2` }
    this.far = { enter: ['ip', 'netns', 'exec', names.far], host: FAR_ADDRESS }
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

  /** Lets those in the near namespace reach an origin on `port` of originHost without any proxy; gives its URL for them. */
  async lead(port: number): Promise<string> {
    const [command = '', ...enter] = this.far.enter
    const words = [...enter, process.execPath, door, FAR_ADDRESS, this.originHost, String(port)]
    const child = spawn(command, words, { stdio: ['ignore', 'pipe', 'inherit'] })
    this.#doors.push(child)
    await once(createInterface({ input: child.stdout }), 'line')
    return `http://${FAR_ADDRESS}:${port}`
  }

  /** What the link has brought to the near namespace so far, with all headers, as its interface counted it. */
  downBytes(): number {
    const [command = '', ...enter] = this.near.enter
    const counter = `/sys/class/net/hunchn${this.#carrier.pid}/statistics/rx_bytes`
    return Number(execFileSync(command, [...enter, 'cat', counter], { encoding: 'utf8' }))
  }

  /** The cables go with the namespaces. */
  async close(): Promise<void> {
    await Promise.all(this.#doors.map(end))
    await end(this.#carrier)
  }
}

async function end(child: ChildProcess): Promise<void> {
  child.kill('SIGTERM')
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
}
