// Claims about how long a request waits for the link.
import t from 'tap'
import { chooseWaitMs } from '../../../shared/link/wait.ts'

const fresh = { failures: 0, dialledMs: 0, lastDialMs: undefined, roundTripMs: undefined }

t.test('the first dial of all gets what the slowest link needs, counted from its start', async t => {
  t.equal(chooseWaitMs(fresh), 6_000)
  t.equal(chooseWaitMs({ ...fresh, dialledMs: 2_000 }), 4_000)
})

t.test('a link that was up gets twice what its last dial took, and a little', async t => {
  t.equal(chooseWaitMs({ ...fresh, lastDialMs: 2_100, roundTripMs: 700 }), 5_000)
  t.equal(chooseWaitMs({ ...fresh, lastDialMs: 10, roundTripMs: 2 }), 820)
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
