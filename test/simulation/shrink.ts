// Finds fewer events that still break an invariant: leaves out halves, quarters, … and single ones, as delta debugging does.
// Knows: scripts, plays. Does not know: what the events mean.
import type { Event, Script } from './script.ts'
import { play } from './world.ts'

// Each costs about as long as the run that failed.
const MOST_PLAYS = 400

/** A script with as few events as are needed for a finding. */
export async function shrink(script: Script, playScript: typeof play = play): Promise<Script> {
  let events = script.events
  const budget = { plays: MOST_PLAYS }
  const fails = async (some: readonly Event[]) => {
    budget.plays -= 1
    return (await playScript({ ...script, events: some })).findings.length > 0
  }
  for (let size = Math.ceil(events.length / 2); ; size = Math.max(1, Math.floor(size / 2))) {
    const before = events.length
    for (let at = 0; at < events.length; ) {
      if (budget.plays <= 0) return { ...script, events }
      const rest = [...events.slice(0, at), ...events.slice(at + size)]
      if (await fails(rest)) events = rest
      else at += size
    }
    if (size === 1 && events.length === before) return { ...script, events }
  }
}
