// Claims about the order of parts: every state with every kind of part, and no other arrow.
import * as fc from 'fast-check'
import t from 'tap'
import { advance, type AnswerState } from '../../../shared/link/order.ts'
import type { PartKind } from '../../../shared/link/parts.ts'

const states = [
  'start',
  'speculating',
  'headed',
  'confirmed',
  'delta',
  'whole',
  'ended',
] as const satisfies readonly AnswerState[]

const kinds = [
  'speculation',
  'base-bytes',
  'head',
  'confirmation',
  'delta',
  'delta-bytes',
  'whole',
  'whole-bytes',
  'check',
  'end',
  'failure',
  'interim',
] as const satisfies readonly PartKind[]

// Written out a second time, as sentences: from, by, to.
const arrows = new Map<string, AnswerState>([
  ['start speculation', 'speculating'],
  ['start interim', 'start'],
  ['start head', 'headed'],
  ['speculating base-bytes', 'speculating'],
  ['speculating interim', 'speculating'],
  ['speculating head', 'headed'],
  ['headed confirmation', 'confirmed'],
  ['headed delta', 'delta'],
  ['headed whole', 'whole'],
  ['headed end', 'ended'],
  ['confirmed base-bytes', 'confirmed'],
  ['confirmed check', 'confirmed'],
  ['confirmed end', 'ended'],
  ['delta delta-bytes', 'delta'],
  ['delta check', 'delta'],
  ['delta end', 'ended'],
  ['whole whole-bytes', 'whole'],
  ['whole end', 'ended'],
  ...states.filter(state => state !== 'ended').map(state => [`${state} failure`, 'ended'] as const),
])

t.test('each of the 84 pairs of state and part leads on as the table says, or is a bad part', async t => {
  for (const state of states) {
    for (const kind of kinds) {
      const next = arrows.get(`${state} ${kind}`)
      if (next === undefined) {
        t.throws(() => advance(state, kind), { code: 'LINK_BAD_PART', message: new RegExp(`${kind} part.* ${state}`) })
      } else t.equal(advance(state, kind), next, `${state} ${kind}`)
    }
  }
})

t.test('each way of answering runs from start to end', async t => {
  const ways: readonly (readonly PartKind[])[] = [
    ['head', 'end'],
    ['interim', 'interim', 'head', 'whole', 'whole-bytes', 'whole-bytes', 'end'],
    ['head', 'delta', 'delta-bytes', 'check', 'delta-bytes', 'end'],
    ['head', 'confirmation', 'end'],
    ['speculation', 'base-bytes', 'base-bytes', 'head', 'confirmation', 'check', 'base-bytes', 'check', 'end'],
    ['speculation', 'base-bytes', 'interim', 'base-bytes', 'head', 'delta', 'delta-bytes', 'check', 'end'],
    ['speculation', 'head', 'whole', 'whole-bytes', 'failure'],
    ['failure'],
  ]
  for (const way of ways) t.equal(follow(way), 'ended', way.join(' '))
})

t.test('no order of parts ends with content but without a verdict, and no answer has two', async t => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...kinds), { maxLength: 12 }), parts => {
      const taken: PartKind[] = []
      let state: AnswerState = 'start'
      for (const kind of parts) {
        try {
          state = advance(state, kind)
          taken.push(kind)
        } catch {
          continue
        }
      }
      const count = (...wanted: PartKind[]) => taken.filter(kind => wanted.includes(kind)).length
      const verdicts = count('confirmation', 'delta', 'whole')
      const hasContent = count('delta-bytes', 'whole-bytes', 'check') > 0
      return verdicts <= 1 && (!hasContent || verdicts === 1) && count('end', 'failure') <= 1
    }),
    { numRuns: 1000 },
  )
  t.pass('none')
})

function follow(way: readonly PartKind[]): AnswerState {
  let state: AnswerState = 'start'
  for (const kind of way) state = advance(state, kind)
  return state
}
