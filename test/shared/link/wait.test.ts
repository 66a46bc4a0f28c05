// Claims about how long a request waits for the link.
import t from 'tap'
import { chooseWaitMs, isStuck } from '../../../shared/link/wait.ts'

const fresh = { failures: 0, dialledMs: 0, lastDialMs: undefined, roundTripMs: undefined }

t.test('the first dial of all gets what the slowest link needs, counted from its start', async t => {
  t.equal(chooseWaitMs(fresh), 6_000)
  t.equal(chooseWaitMs({ ...fresh, dialledMs: 2_000 }), 4_000)
})

t.test('a link that was up gets half again as much as its last dial took, and a little', async t => {
  t.equal(chooseWaitMs({ ...fresh, lastDialMs: 2_200, roundTripMs: 700 }), 4_100)
  t.equal(chooseWaitMs({ ...fresh, lastDialMs: 10, roundTripMs: 2 }), 815)
})

t.test(
  'once a dial has failed or takes too long, the client is told in less than a second and a round trip',
  async t => {
    for (const facts of [{ failures: 1 }, { failures: 9 }, { dialledMs: 60_000 }]) {
      t.equal(chooseWaitMs({ ...fresh, ...facts }), 800)
      t.equal(chooseWaitMs({ ...fresh, ...facts, lastDialMs: 2_100, roundTripMs: 700 }), 1_500)
    }
  },
)

t.test('a dial that takes far longer than the last is begun anew, each time in a row more patiently', async t => {
  const quick = { ...fresh, lastDialMs: 100 }
  t.notOk(isStuck({ ...quick, dialledMs: 2_499 }, 0))
  t.ok(isStuck({ ...quick, dialledMs: 2_500 }, 0))
  t.notOk(isStuck({ ...quick, dialledMs: 4_999 }, 1))
  t.ok(isStuck({ ...quick, dialledMs: 5_000 }, 1))
  t.ok(isStuck({ ...quick, dialledMs: 10_000 }, 99), 'no longer than TCP itself would take')
  t.notOk(isStuck({ ...fresh, lastDialMs: 4_000, dialledMs: 5_999 }, 0), 'a slow link gets what it needs')
  t.notOk(isStuck({ ...fresh, dialledMs: 8_999 }, 0), 'and so does one that was never seen')
})
