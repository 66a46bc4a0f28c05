// What an outcome of one test of the suite means, by the suite's own rules (its lib/display.mjs).
// Knows: kinds of tests, what they depend on. Does not know: caches, how tests are run.

/** A test of the suite, as far as it matters here. */
export interface SuiteTest {
  readonly group: string
  readonly id: string
  readonly name: string
  /** Without one it is `required`. */
  readonly kind?: Kind
  readonly depends_on?: readonly string[]
}

/** `required`: the standard wants it. `optimal`: it makes a better cache. `check`: a question, without a right answer. */
export type Kind = 'required' | 'optimal' | 'check'

/** True, or what went wrong: `Assertion`, `Setup`, or a failure of the exchange. */
export type Outcome = true | readonly [kind: string, message: string]

export type Judgement =
  | 'pass'
  | 'fail'
  | 'yes'
  | 'no'
  /** What the test needs to say anything did not work. */
  | 'setup'
  /** A test on which this one rests did not pass. */
  | 'dependency'
  /** The cache asked the origin twice. */
  | 'retry'
  /** Not for a cache of this role. */
  | 'untested'

export function judge(tests: readonly SuiteTest[], outcomes: ReadonlyMap<string, Outcome>): Map<string, Judgement> {
  const byId = new Map(tests.map(test => [test.id, test]))
  const judgeOne = (test: SuiteTest): Judgement => {
    const outcome = outcomes.get(test.id)
    if (outcome === undefined) return 'untested'
    const hasGround = (id: string) => {
      const ground = byId.get(id)
      return ground !== undefined && passes.has(judgeOne(ground))
    }
    if (!(test.depends_on ?? []).every(hasGround)) return 'dependency'
    if (outcome !== true && outcome[0] === 'Setup') return outcome[1] === 'retry' ? 'retry' : 'setup'
    if (test.kind === 'check') return outcome === true ? 'yes' : 'no'
    return outcome === true ? 'pass' : 'fail'
  }
  return new Map(tests.map(test => [test.id, judgeOne(test)]))
}

const passes: ReadonlySet<Judgement> = new Set(['pass', 'yes'])
