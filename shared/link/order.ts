// In which order the parts of one answer may come: a table of transitions.
// Knows: kinds of parts. Does not know: their bytes, who sends them.
//
//   start ─speculation→ speculating ─head→ headed ─confirmation→ confirmed ─end→ ended
//     └─────────head────────────────────────↑  ├─delta→ delta ─end→ ended
//                                              ├─whole→ whole ─end→ ended
//                                              └─end→ ended              (a response that has no content)
//   interim responses may come anywhere before the head; failure ends an answer anywhere.
import { Fault } from '../fault.ts'
import type { PartKind } from './parts.ts'

export type AnswerState = 'start' | 'speculating' | 'headed' | 'confirmed' | 'delta' | 'whole' | 'ended'

const transitions: { readonly [State in AnswerState]: { readonly [Kind in PartKind]?: AnswerState } } = {
  // Interim responses (RFC 9110 §15.2) do not end a speculation: an origin that sends one needs longer for the final one.
  start: { interim: 'start', speculation: 'speculating', head: 'headed', failure: 'ended' },
  speculating: { interim: 'speculating', 'base-bytes': 'speculating', head: 'headed', failure: 'ended' },
  headed: { confirmation: 'confirmed', delta: 'delta', whole: 'whole', end: 'ended', failure: 'ended' },
  // A speculation that was confirmed before all of it was sent goes on.
  confirmed: { 'base-bytes': 'confirmed', check: 'confirmed', end: 'ended', failure: 'ended' },
  delta: { 'delta-bytes': 'delta', check: 'delta', end: 'ended', failure: 'ended' },
  whole: { 'whole-bytes': 'whole', end: 'ended', failure: 'ended' },
  ended: {},
}

/** The state after a part of this kind. Raises LINK_BAD_PART when the part may not come here. */
export function advance(state: AnswerState, kind: PartKind): AnswerState {
  const next = transitions[state][kind]
  if (!next) throw new Fault('LINK_BAD_PART', `A ${kind} part came where an answer is ${state}.`)
  return next
}
