// What a load test compares: the pair in one of its modes, no proxy at all, or any other HTTP proxy, each behind links
// of its own and with an origin of its own, so that none warms the caches of another. On a road of packets its clients are
// to be in the near namespace, and all its nears share the one link.
// Knows: starting and stopping them. Does not know: visits, measurements.
import type { HostPort } from '../../shared/config/host-port.ts'
import { Fault } from '../../shared/fault.ts'
import { type LinkEmulator, startLinkEmulator } from '../link/emulator.ts'
import type { PacketRoad } from '../link/packet-road.ts'
import type { LinkFigures } from '../link/presets.ts'
import { type Origin, type OriginOptions, startOrigin } from '../origin/origin.ts'
import { type LogLine, type RunningFar, type RunningNear, startFar } from '../pair.ts'
import { startPassThrough } from './pass-through.ts'

export const pairModes = ['optimistic', 'simple', 'plain'] as const
type PairMode = (typeof pairModes)[number]

/** How bytes get from origin to client. */
export type Means =
  | { readonly kind: 'pair'; readonly mode: PairMode }
  | { readonly kind: 'direct' }
  | { readonly kind: 'proxy'; readonly address: HostPort }

/** `direct`, a mode of near's, or the URL of an HTTP proxy. @throws Fault USAGE */
export function parseMeans(word: string): Means {
  const mode = pairModes.find(each => each === word)
  if (mode !== undefined) return { kind: 'pair', mode }
  if (word === 'direct') return { kind: 'direct' }
  if (word.startsWith('http://') && URL.canParse(word)) {
    const { hostname, port } = new URL(word)
    return { kind: 'proxy', address: { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 80) } }
  }
  const words = [...pairModes, 'direct'].join(', ')
  throw new Fault('USAGE', `${word} is not ${words}, or the URL of a proxy (http://HOST:PORT)`)
}

export interface ContenderOptions {
  readonly name: string
  readonly means: Means
  /** undefined: loopback as it is, or the road. */
  readonly link: LinkFigures | undefined
  /** What to run over in the place of emulated links; whoever opened it closes it, later. */
  readonly road?: PacketRoad | undefined
  /** How many links there are; a pair has a near behind each. */
  readonly links: number
  /** The origin of our own that URLs without a host name; undefined when all URLs are of other hosts. */
  readonly origin: Omit<OriginOptions, 'listen'> | undefined
  readonly farArguments: readonly string[]
  readonly nearArguments: readonly string[]
  /** What the traces of its nears are called, up to their number; without, they write none. */
  readonly tracePrefix?: string | undefined
}

/** One that runs. */
export interface Contender {
  readonly name: string
  readonly origin: Origin | undefined
  /** How many links there are; clients beyond that share them. */
  readonly links: number
  /** The address that clients of the `index`-th link use as their HTTP proxy; undefined: they ask origins themselves. */
  proxyOf(index: number): HostPort | undefined
  /** What near logged of its exchanges on the `index`-th link, oldest first; empty for what is no pair. */
  logOf(index: number): readonly LogLine[]
  /** Bytes that the links carried down to the clients so far, with all headers. */
  downBytes(): number
  /** Nears that hold nothing, with the far that they had; does nothing where there are none. */
  startNearsAnew(): Promise<void>
  close(): Promise<void>
}

export async function startContender(options: ContenderOptions): Promise<Contender> {
  const origin = options.origin && (await openOrigin(options.origin, options.road))
  try {
    const way = await startWay(options)
    return {
      name: options.name,
      links: options.links,
      origin,
      ...way,
      close: async () => {
        await way.close()
        await origin?.close()
      },
    }
  } catch (error) {
    await origin?.close()
    throw error
  }
}

/** On a road it is behind a door in the far namespace, so that everybody can visit the same URL. */
async function openOrigin(options: Omit<OriginOptions, 'listen'>, road: PacketRoad | undefined): Promise<Origin> {
  const origin = await startOrigin({ ...options, listen: road ? { host: road.originHost, port: 0 } : LOOPBACK })
  if (!road) return origin
  const url = await road.lead(Number(new URL(origin.url).port))
  return {
    url,
    get pages() {
      return origin.pages
    },
    age: path => origin.age(path),
    current: (path, user) => origin.current(path, user),
    close: () => origin.close(),
  }
}

type Way = Omit<Contender, 'name' | 'links' | 'origin'>

function startWay(options: ContenderOptions): Promise<Way> {
  const { means, road } = options
  if (means.kind === 'pair') return startPair(options, means.mode)
  return road ? Promise.resolve(startOnRoad(means, road)) : startPlain(options)
}

function startOnRoad({ kind }: Means, road: PacketRoad): Way {
  if (kind !== 'direct') throw new Fault('USAGE', 'over packets there is only the pair, or direct')
  return {
    proxyOf: () => undefined,
    logOf: () => [],
    downBytes: () => road.downBytes(),
    startNearsAnew: () => Promise.resolve(),
    close: () => Promise.resolve(),
  }
}

async function startPair(options: ContenderOptions, mode: PairMode): Promise<Way> {
  const { road } = options
  const farWords = ['--allow-private', '--log-level', 'warn', ...options.farArguments]
  const far: RunningFar = await startFar(farWords, undefined, road?.far)
  const startNears = async (): Promise<readonly PairLink[]> => {
    const links: PairLink[] = []
    for (let index = 0; index < options.links; index++) {
      const log: LogLine[] = []
      const { tracePrefix } = options
      const trace = tracePrefix === undefined ? [] : ['--trace', `${tracePrefix}-${index}.jsonl`]
      const open = road ? ['--open'] : []
      const words = ['--mode', mode, '--log-queries', ...open, ...trace, ...options.nearArguments]
      const place = road ? { place: road.near } : {}
      const onLog = (line: LogLine) => log.push(line)
      const near = await far.startNear({ ...place, link: options.link, arguments: words, onLog })
      const { hostname, port } = new URL(near.proxy)
      links.push({ near, log, address: { host: hostname, port: Number(port) } })
    }
    return links
  }
  try {
    let links = await startNears()
    return {
      proxyOf: index => at(links, index).address,
      logOf: index => at(links, index).log,
      downBytes: () => road?.downBytes() ?? countDown(links.map(({ near }) => near.emulator)),
      startNearsAnew: async () => {
        await Promise.all(links.map(({ near }) => near.close()))
        links = await startNears()
      },
      close: () => far.close(),
    }
  } catch (error) {
    await far.close()
    throw error
  }
}

interface PairLink {
  readonly near: RunningNear
  readonly log: LogLine[]
  readonly address: HostPort
}

async function startPlain({ means, link, links }: ContenderOptions): Promise<Way> {
  const passThrough = means.kind === 'direct' ? await startPassThrough() : undefined
  const to = means.kind === 'proxy' ? means.address : passThrough?.address
  if (!to) throw new Fault('USAGE', 'there is nothing to lead to')
  const emulators = link
    ? await Promise.all(Array.from({ length: links }, () => startLinkEmulator({ listen: LOOPBACK, to, link })))
    : []
  return {
    proxyOf: index => (link ? at(emulators, index).address : to),
    logOf: () => [],
    downBytes: () => countDown(emulators),
    startNearsAnew: () => Promise.resolve(),
    close: async () => {
      await Promise.all(emulators.map(each => each.close()))
      await passThrough?.close()
    },
  }
}

const LOOPBACK = { host: '127.0.0.1', port: 0 }

function at<T>(list: readonly T[], index: number): T {
  const value = list[index % list.length]
  if (value === undefined) throw new RangeError('a contender has no link')
  return value
}

function countDown(emulators: readonly (LinkEmulator | undefined)[]): number {
  return emulators.reduce((sum, emulator) => sum + (emulator?.counts().down.bytes ?? 0), 0)
}
