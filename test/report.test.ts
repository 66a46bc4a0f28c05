// Claims about what `npm test` shows of a run.
import t from 'tap'
import { Digest } from './report.ts'

function digest(tap: string): readonly string[] {
  const digest = new Digest()
  return tap.split('\n').flatMap(line => digest.push(line))
}

t.test('a file that passes is one line, whatever is in it', async t => {
  const lines = digest(`TAP version 14
# Subtest: test/a.test.ts
    # Subtest: a claim
        ok 1 - a fact
        1..1
    ok 1 - a claim # time=1ms
    1..1
    # time=2ms
ok 1 - test/a.test.ts # time=3ms
1..1
# { total: 1, pass: 1 }`)
  t.same(lines, ['ok 1 - test/a.test.ts # time=3ms', '# { total: 1, pass: 1 }'])
})

t.test('a failure is shown once, with its path and diagnostics, and not again by each of its parents', async t => {
  const lines = digest(`# Subtest: test/a.test.ts
    # Subtest: a claim
        not ok 1 - a fact
          ---
          diff: |
            ok 7 - not a test point
          ...
        1..1
    not ok 1 - a claim # time=1ms
      ---
      source: again
      ...
    1..1
not ok 1 - test/a.test.ts # time=3ms
  ---
  command: node
  ...
# { total: 1, fail: 1 }`)
  t.same(lines, [
    '',
    'test/a.test.ts > a claim',
    '        not ok 1 - a fact',
    '          ---',
    '          diff: |',
    '            ok 7 - not a test point',
    '          ...',
    'not ok 1 - test/a.test.ts # time=3ms',
    '# { total: 1, fail: 1 }',
  ])
})

t.test('a file that dies without a failing test is shown with its diagnostics', async t => {
  const lines = digest(`# Subtest: test/a.test.ts
    ok 1 - a fact
not ok 1 - test/a.test.ts # time=3ms
  ---
  signal: SIGKILL
  ...`)
  t.same(lines, ['not ok 1 - test/a.test.ts # time=3ms', '  ---', '  signal: SIGKILL', '  ...'])
})

t.test('a second failure is shown in full after the first, in the same and in another file', async t => {
  const lines = digest(`# Subtest: test/a.test.ts
    # Subtest: one
        not ok 1 - first
    not ok 1 - one
    not ok 2 - second
      ---
      at: here
      ...
not ok 1 - test/a.test.ts
# Subtest: test/b.test.ts
    not ok 1 - third
not ok 2 - test/b.test.ts`)
  t.same(
    lines.filter(line => / - (?:first|second|third)|here/.test(line)),
    ['        not ok 1 - first', '    not ok 2 - second', '      at: here', '    not ok 1 - third'],
  )
})

t.test('what is skipped or to be done is shown with its reason, and so is what a test says', async t => {
  const lines = digest(`# Subtest: test/a.test.ts
    ok 1 - a fact # SKIP no root here
    not ok 2 - a wish # TODO later
    # 1.04 times the time of the packet-level link
    # time=2ms
ok 1 - test/a.test.ts
# skip: 1
Bail out! no disk`)
  t.same(lines, [
    '    ok 1 - a fact # SKIP no root here',
    '    not ok 2 - a wish # TODO later',
    '    # 1.04 times the time of the packet-level link',
    'ok 1 - test/a.test.ts',
    'Bail out! no disk',
  ])
})
