// Claims about what the suite's outcomes count as.
import t from 'tap'
import { judge, type Outcome, type SuiteTest } from '../../../loadtest/conformance/judge.ts'
import { toCsv, toTable } from '../../../loadtest/conformance/table.ts'

const tests: readonly SuiteTest[] = [
  { group: 'a', id: 'must', name: 'it must' },
  { group: 'a', id: 'may', name: 'it may', kind: 'optimal' },
  { group: 'a', id: 'asks', name: 'does it', kind: 'check' },
  { group: 'b', id: 'rests', name: 'it must, if it may', depends_on: ['may'] },
  { group: 'b', id: 'rests-on-that', name: 'and so on', depends_on: ['rests'] },
]
const failed: Outcome = ['Assertion', 'no']

function judgeAll(outcomes: Readonly<Record<string, Outcome>>) {
  return Object.fromEntries(judge(tests, new Map(Object.entries(outcomes))))
}

t.test('a test counts by its kind, and not at all when it was not run', async t => {
  t.match(judgeAll({ must: true, may: failed, asks: failed }), {
    must: 'pass',
    may: 'fail',
    asks: 'no',
    rests: 'untested',
  })
  t.match(judgeAll({ must: failed, may: true, asks: true }), { must: 'fail', may: 'pass', asks: 'yes' })
})

t.test('what rests on a test that did not pass says nothing, however often removed', async t => {
  const all = { must: true, asks: true, rests: true, 'rests-on-that': failed } as const
  t.match(judgeAll({ ...all, may: failed }), { rests: 'dependency', 'rests-on-that': 'dependency' })
  t.match(judgeAll({ ...all, may: true }), { rests: 'pass', 'rests-on-that': 'fail' })
})

t.test('a test whose preparation failed is no failure of what it tests', async t => {
  t.match(judgeAll({ must: ['Setup', 'not stored'], may: ['Setup', 'retry'] }), { must: 'setup', may: 'retry' })
})

t.test('every test is in the CSV, and counts once in the sums', async t => {
  const outcomes = { must: failed, may: true, asks: true, rests: ['Setup', 'x'] } as const
  const judgements = judge(tests, new Map(Object.entries<Outcome>(outcomes)))
  const columns = [{ name: 'it', version: '1.0', judgements }]
  t.equal(
    toCsv(tests, columns),
    'group,test,kind,it\na,must,required,fail\na,may,optimal,pass\na,asks,check,yes\nb,rests,required,setup\nb,rests-on-that,required,untested\n',
  )
  t.equal(toTable(tests, columns).split('\n').at(-2), '| it 1.0 | 0 | 1 | 1 | 0 | 1 | 0 | 0 | 0 | 1 | 1 |')
})
