// One link as a matrix uses it: far behind it, and in front of it two visitors for each mode, with nears of their own.
// Knows: emulated links (one for each near), links of packets (one for all).
// Does not know: documents, what is measured.
import type { LinkEmulator } from '../link/emulator.ts'
import { type Carrier, PacketRoad } from '../link/packet-road.ts'
import type { LinkFigures } from '../link/presets.ts'
import { type LogLine, type RunningNear, startFar } from '../pair.ts'

/** `control` is a second plain pair: how it compares with the first is what chance does. */
export const modes = ['optimistic', 'plain', 'control'] as const
export type Mode = (typeof modes)[number]

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
