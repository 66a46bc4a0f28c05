// A link with a server behind it and a program in front of it that measures: once of packets, once emulated.
// Knows: child processes, network namespaces. Does not know: what is measured, or what is made of it.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { startLinkEmulator } from './emulator.ts'
import type { LinkFigures } from './presets.ts'
import type { Measurement } from './probe.ts'

export interface Bench {
  /** The times that the measurement took, in milliseconds. */
  measure(measurement: Measurement): Promise<readonly number[]>
  /** Ends every process and removes the link; gives what the link has counted. */
  close(): Promise<unknown>
}

/** A child that is spoken to in lines. */
interface Talker {
  readonly child: ChildProcess
  say(line: string): void
  hear(): Promise<string>
}

const probe = fileURLToPath(new URL('./probe.ts', import.meta.url))
const packetLink = fileURLToPath(new URL('./packet-link.py', import.meta.url))
// As packet-link.py has it.
const FAR_ADDRESS = '10.77.0.2'

export async function startEmulatedBench(link: LinkFigures, seed: number): Promise<Bench> {
  const server = talkTo([process.execPath, probe, 'serve', '127.0.0.1', '0'])
  const to = { host: '127.0.0.1', port: Number(await server.hear()) }
  const emulator = await startLinkEmulator({ listen: { host: '127.0.0.1', port: 0 }, to, link, seed })
  const { host, port } = emulator.address
  const client = talkTo([process.execPath, probe, 'ask', host, String(port)])
  const close = async () => {
    const counts = emulator.counts()
    await Promise.all([stop(client), stop(server), emulator.close()])
    return counts
  }
  return { measure: measurement => ask(client, measurement), close }
}

/** Needs root, python3 and iproute2. */
export async function startPacketBench(link: LinkFigures, seed: number, tag: string): Promise<Bench> {
  const [near, far] = [`hunch-near-${tag}`, `hunch-far-${tag}`]
  const figures = {
    near,
    far,
    down: link.downBitsPerSecond,
    up: link.upBitsPerSecond,
    rtt: link.roundTripMs,
    loss: link.loss,
    congestion: link.congestion,
    seed,
  }
  const words = Object.entries(figures).flatMap(([name, value]) => [`--${name}`, String(value)])
  const carrier = talkTo(['python3', packetLink, '--with-parent', ...words])
  await carrier.hear()
  const inside = (namespace: string) => ['ip', 'netns', 'exec', namespace, process.execPath, probe]
  const server = talkTo([...inside(far), 'serve', FAR_ADDRESS, '0'])
  const client = talkTo([...inside(near), 'ask', FAR_ADDRESS, await server.hear()])
  const close = async () => {
    await Promise.all([stop(client), stop(server)])
    carrier.child.kill('SIGTERM')
    const counts: unknown = JSON.parse(await carrier.hear())
    await ended(carrier.child)
    return counts
  }
  return { measure: measurement => ask(client, measurement), close }
}

async function ask(client: Talker, measurement: Measurement): Promise<readonly number[]> {
  client.say(JSON.stringify(measurement))
  const times: unknown = JSON.parse(await client.hear())
  if (!Array.isArray(times)) throw new Error(`the probe answered ${JSON.stringify(times)}`)
  return times.map(Number)
}

function talkTo([command = '', ...words]: readonly string[]): Talker {
  const child = spawn(command, words, { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return {
    child,
    say: line => child.stdin.write(`${line}\n`),
    hear: async () => {
      const { done, value } = await lines.next()
      if (done === true) throw new Error(`${command} ${words[0] ?? ''} ended (exit code ${child.exitCode})`)
      return value
    },
  }
}

async function stop({ child }: Talker): Promise<void> {
  child.kill('SIGTERM')
  await ended(child)
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
}
