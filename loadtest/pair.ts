// A running pair: far and near as processes of their own, with an emulated link between them when one is wanted.
// Knows: the command line, what the two print. Does not know: how they work; it speaks to them over sockets only.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { Fault } from '../shared/fault.ts'
import { type LinkEmulator, startLinkEmulator } from './link/emulator.ts'
import type { LinkFigures } from './link/presets.ts'

export interface PairOptions {
  /** The link between them; undefined: none, loopback as it is. */
  readonly link: LinkFigures | undefined
  readonly nearListen: { readonly host: string; readonly port: number }
  readonly farArguments: readonly string[]
  readonly nearArguments: readonly string[]
  /** Each line of either log, parsed. */
  readonly onLog?: (from: 'near' | 'far', line: LogLine) => void
}

export type LogLine = Readonly<Record<string, unknown>>

export interface Pair {
  /** Near's address as a proxy URL. */
  readonly proxy: string
  readonly emulator: LinkEmulator | undefined
  /** Process ids, for measuring memory and processor time. */
  readonly pids: { readonly near: number; readonly far: number }
  /** Resolves with what ended when one of the two ends by itself. */
  readonly ended: Promise<string>
  close(): Promise<void>
}

const program = fileURLToPath(new URL('../cli/hunch.js', import.meta.url))

/** Starts far, the link and near; resolves when near listens. Raises what they report. */
export async function startPair(options: PairOptions): Promise<Pair> {
  const data = await mkdtemp(join(tmpdir(), 'hunch-'))
  const processes: Proxy[] = []
  let emulator: LinkEmulator | undefined
  const close = async () => {
    await Promise.all(processes.map(each => each.stop()))
    await emulator?.close()
    await rm(data, { recursive: true, force: true })
  }
  try {
    const farWords = ['far', '--listen', '127.0.0.1:0', '--data', join(data, 'far'), ...options.farArguments]
    const far = new Proxy('far', farWords, options.onLog)
    processes.push(far)
    let joinUrl = /'(.*)'/.exec(await far.firstLine)?.[1] ?? ''
    if (options.link) {
      const to = { host: '127.0.0.1', port: Number(/:(\d+)(?:\?|$)/.exec(joinUrl)?.[1]) }
      emulator = await startLinkEmulator({ listen: { host: '127.0.0.1', port: 0 }, to, link: options.link })
      joinUrl = joinUrl.replace(`:${to.port}`, `:${emulator.address.port}`)
    }
    const { host, port } = options.nearListen
    const listen = `${host.includes(':') ? `[${host}]` : host}:${port}`
    const nearWords = ['near', '--far', joinUrl, '--listen', listen, '--data', join(data, 'near')]
    const near = new Proxy('near', [...nearWords, ...options.nearArguments], options.onLog)
    processes.push(near)
    const proxy = (await near.firstLine).replace(/^listening on (?:http:\/\/)?/, 'http://')
    return {
      proxy,
      emulator,
      pids: { near: near.pid, far: far.pid },
      ended: Promise.race([far.ended, near.ended]),
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** One of the two as a child process. */
class Proxy {
  readonly firstLine: Promise<string>
  readonly ended: Promise<string>
  readonly #child: ChildProcess
  #said = ''

  constructor(side: 'near' | 'far', words: readonly string[], onLog: PairOptions['onLog']) {
    const child = spawn(process.execPath, [program, ...words], { stdio: ['ignore', 'pipe', 'pipe'] })
    this.#child = child
    createInterface({ input: child.stderr }).on('line', line => {
      const entry = parseLine(line)
      if (entry) onLog?.(side, entry)
      else this.#said = line
    })
    this.ended = new Promise(resolve => {
      child.once('close', (code, signal) => resolve(this.#said || `hunch ${side} ended with ${signal ?? code}`))
    })
    this.firstLine = new Promise((resolve, reject) => {
      createInterface({ input: child.stdout }).once('line', resolve)
      void this.ended.then(said => reject(new Fault('NEAR_INTERNAL', said.replace(/^hunch \w+: /, ''))))
    })
    this.firstLine.catch(() => {})
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGTERM')
    await this.ended
  }
}

function parseLine(line: string): LogLine | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null ? { ...value } : undefined
  } catch {
    return undefined
  }
}
