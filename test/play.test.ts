// Claims about the scripts that machines are tested with.
import t, { Test, type TestOpts } from 'tap'
import { type Machine, play } from './play.ts'

type Event = { readonly kind: 'tick' } | { readonly kind: 'fed'; readonly sizeBytes: number }
type Command = { readonly kind: 'fail' } | { readonly kind: 'send'; readonly sizeBytes: number }

// A machine that passes on what it is fed and fails when it was not fed for 500 ms.
class Feeder implements Machine<Event, Command> {
  #fedAt = 0

  handle(event: Event, now: number): readonly Command[] {
    if (event.kind === 'tick') return now - this.#fedAt >= 500 ? [{ kind: 'fail' }] : []
    this.#fedAt = now
    return [{ kind: 'send', sizeBytes: event.sizeBytes }]
  }

  wakeAt(): number {
    return this.#fedAt + 500
  }
}

t.test('a script that says what the machine does passes, at any time it names', async t => {
  play(t, new Feeder())
    .wakesAt(500)
    .at(499)
    .give({ kind: 'tick' })
    .expect()
    .give({ kind: 'fed', sizeBytes: 3 })
    .expect({ kind: 'send', sizeBytes: 3 })
    .wakesAt(999)
    .at(1e9)
    .give({ kind: 'tick' })
    .expect({ kind: 'fail' })
})

t.test('the present is 0 until the script moves it, and can stay where it is', async t => {
  const times: number[] = []
  const clock: Machine<string, never> = {
    handle(_event, now) {
      times.push(now)
      return []
    },
  }
  play(t, clock).give('a').expect().at(7).give('b').expect().at(7).give('c').expect().wakesAt(undefined)
  t.same(times, [0, 7, 7])
})

t.test('a command too few, one too many, or another order fails the script', async t => {
  const two: Machine<string, string> = { handle: () => ['first', 'second'] }
  for (const wrong of [[], ['first'], ['second', 'first'], ['first', 'second', 'third']]) {
    t.notOk(
      passes(t =>
        play(t, two)
          .give('go')
          .expect(...wrong),
      ),
      `[${wrong.join()}]`,
    )
  }
  t.ok(passes(t => play(t, two).give('go').expect('first', 'second')))
})

t.test('another wake-up time fails the script', async t => {
  t.notOk(passes(t => play(t, new Feeder()).wakesAt(501)))
})

t.test('a script that goes back in time is refused', async t => {
  t.throws(() => play(t, new Feeder()).at(2).at(1), { message: 'the script goes back from 2 ms to 1 ms' })
})

// Runs the script in a tap test of its own, so that it may fail without failing this file.
function passes(script: (t: Test) => unknown): boolean {
  const options: TestOpts = { name: 'inner' }
  const inner = new Test(options)
  script(inner)
  return inner.passing()
}
