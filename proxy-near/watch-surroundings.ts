// Looks every few seconds at this machine's addresses and clock, and tells the link when it moved or slept.
// Knows: where the system says these. Does not know: what counts as a change (surroundings.ts), what the link does then.
import { networkInterfaces } from 'node:os'
import { Surroundings } from '../shared/link/surroundings.ts'
import type { Clock } from './clock.ts'
import type { Link } from './link.ts'

/** Begins to look, until the link is closed. */
export function watchSurroundings(link: Link, clock: Clock): void {
  const surroundings = new Surroundings(clock.now())
  let cancel = (): void => undefined
  const look = (): void => {
    const event = { kind: 'looked', addresses: ownAddresses(), wallMs: Date.now() } as const
    for (const command of surroundings.handle(event, clock.now())) {
      if (command.kind === 'move') link.move(command.addresses)
      else link.wake()
    }
    cancel = clock.wake(surroundings.wakeAt() - clock.now(), look)
  }
  look()
  link.on('state', state => {
    if (state === 'closed') cancel()
  })
}

function ownAddresses(): ReadonlySet<string> {
  return new Set(Object.values(networkInterfaces()).flatMap(each => each?.map(({ address }) => address) ?? []))
}
