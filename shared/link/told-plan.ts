// What far tells a near that traces, in a line of the head: whether it speculated or why not, and what it weighed, so that
// other thresholds can be tried on the exchange when it is over.
// Knows: the line. Does not know: how plans are made, what near does with it.
//
// `speculate size=41200 wire=9800 gain=340 sent=9800 waste=980 share=0.031`; without a candidate the word alone. What is not
// known is left out; words and keys that a reader does not know are passed over.
import type { SpeculationCandidate } from '../exchange/plan-speculation.ts'

export interface ToldPlan {
  /** `speculate`, a reason not to (plan-speculation.ts), or how far's own cache answered. */
  readonly word: string
  /** What far could send; undefined: nothing, or it was not asked for. */
  readonly candidate?: SpeculationCandidate
  /** How much of the base was stale in the end, from 0 (the same) to 1. */
  readonly share?: number
  /** Bytes of a delta that was made and not sent, because it was too large. */
  readonly triedBytes?: number
}

/** Gains are rounded down: then they are below every threshold, which is whole, that they were below before. */
export function formatPlan({ word, candidate, share, triedBytes }: ToldPlan): string {
  const { gainMs, sentBytes, wastedBytes } = candidate?.expected ?? {}
  const values = {
    size: candidate?.sizeBytes,
    wire: round(candidate?.wireBytes, 0),
    gain: gainMs === undefined ? undefined : Math.floor(gainMs),
    sent: round(sentBytes, 0),
    waste: round(wastedBytes, 0),
    share: round(share, 3),
    tried: triedBytes,
  }
  const said = Object.entries(values).filter(([, value]) => value !== undefined && value >= 0 && value < 1e15)
  return [word, ...said.map(([key, value]) => `${key}=${value}`)].join(' ')
}

/** Undefined when `text` does not begin with a word. */
export function parsePlan(text: string): ToldPlan | undefined {
  const [word = '', ...pairs] = text.split(' ')
  if (!/^[a-z-]{1,32}$/.test(word)) return undefined
  const values = new Map<string, number>()
  for (const pair of pairs) {
    const [, key = '', value] = /^([a-z]{1,16})=(\d{1,15}(?:\.\d{1,3})?)$/.exec(pair) ?? []
    if (value !== undefined) values.set(key, Number(value))
  }
  const [sizeBytes, wireBytes, gainMs] = ['size', 'wire', 'gain'].map(key => values.get(key))
  const [sentBytes = 0, wastedBytes = 0] = ['sent', 'waste'].map(key => values.get(key))
  const share = values.get('share')
  const triedBytes = values.get('tried')
  return {
    word,
    ...(sizeBytes === undefined || wireBytes === undefined || gainMs === undefined
      ? {}
      : { candidate: { sizeBytes, wireBytes, expected: { gainMs, sentBytes, wastedBytes } } }),
    ...(share === undefined ? {} : { share: Math.min(1, share) }),
    ...(triedBytes === undefined ? {} : { triedBytes }),
  }
}

function round(value: number | undefined, digits: number): number | undefined {
  return value === undefined ? undefined : Number(value.toFixed(digits))
}
