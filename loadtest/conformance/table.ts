// The results as a CSV of every test and as a table of sums.
// Knows: judgements. Does not know: how they came about.
import { disputed } from './disputed.ts'
import type { Judgement, Kind, SuiteTest } from './judge.ts'

/** One column of the table. */
export interface Column {
  readonly name: string
  readonly version: string
  readonly judgements: ReadonlyMap<string, Judgement>
}

export function toCsv(tests: readonly SuiteTest[], columns: readonly Column[]): string {
  const rows = tests.map(test => [
    test.group,
    test.id,
    kindOf(test),
    ...columns.map(({ judgements }) => judgements.get(test.id) ?? 'untested'),
  ])
  const head = ['group', 'test', 'kind', ...columns.map(column => column.name)]
  return [head, ...rows].map(row => `${row.join(',')}\n`).join('')
}

/** In Markdown. What could not be judged is told by itself, so that it counts neither way; so is what is disputed. */
export function toTable(tests: readonly SuiteTest[], columns: readonly Column[]): string {
  const head = [
    'cache',
    ...kinds.flatMap(kind => [`${kind}: pass`, 'fail']),
    'check: yes',
    'no',
    'disputed: pass',
    'fail',
  ]
  const rows = columns.map(column => {
    const count = (isCounted: (test: SuiteTest) => boolean, judgement: Judgement) => {
      return tests.filter(test => isCounted(test) && column.judgements.get(test.id) === judgement).length
    }
    const both = (isCounted: (test: SuiteTest) => boolean) => [count(isCounted, 'pass'), count(isCounted, 'fail')]
    const isUndisputed = (test: SuiteTest) => !disputed.has(test.id)
    const judged = [
      ...kinds.flatMap(kind => both(test => isUndisputed(test) && kindOf(test) === kind)),
      count(isUndisputed, 'yes'),
      count(isUndisputed, 'no'),
      ...both(test => disputed.has(test.id)),
    ]
    const untested = count(() => true, 'untested')
    const rest = tests.length - untested - judged.reduce((sum, each) => sum + each, 0)
    return [`${column.name} ${column.version}`.trim(), ...judged, rest, untested]
  })
  const lines = [[...head, 'not judged', 'not run'], Array.from({ length: head.length + 2 }, () => '---'), ...rows]
  return lines.map(line => `| ${line.join(' | ')} |\n`).join('')
}

const kinds = ['required', 'optimal'] as const

function kindOf(test: SuiteTest): Kind {
  return test.kind ?? 'required'
}
