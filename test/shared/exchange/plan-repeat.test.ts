// Claims about asking again after an ask that failed.
import t from 'tap'
import { type FailedAsk, planRepeat } from '../../../shared/exchange/plan-repeat.ts'
import { Fault, type FaultCode } from '../../../shared/fault.ts'

const failed: FailedAsk = { method: 'GET', hasContent: false, linkBroke: false, asks: 1, given: 'nothing' }

function plan(facts: Partial<FailedAsk>, code: FaultCode) {
  const made = planRepeat({ ...failed, ...facts }, new Fault(code, ''))
  return made.kind === 'fail' ? made.why : made.kind
}

t.test('what the link broke under is asked again as it was, where the method may be repeated', async t => {
  for (const code of ['LINK_CLOSED', 'LINK_TIMEOUT'] as const) {
    for (const method of ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']) {
      t.equal(plan({ method, linkBroke: true }, code), 'repeat', method)
    }
    for (const method of ['POST', 'PATCH', 'ODD']) t.equal(plan({ method, linkBroke: true }, code), 'method', method)
    t.equal(plan({ method: 'PUT', linkBroke: true, hasContent: true }, code), 'content')
  }
  t.equal(plan({ linkBroke: true }, 'LINK_CREDENTIAL'), 'fault')
})

t.test('a link that breaks again and again is told in the end', async t => {
  t.equal(plan({ linkBroke: true, asks: 3 }, 'LINK_CLOSED'), 'repeat')
  t.equal(plan({ linkBroke: true, asks: 4 }, 'LINK_CLOSED'), 'often')
})

t.test(
  'of a response that has begun, only the beginning of a GET is asked for again, and only for the link',
  async t => {
    t.equal(plan({ linkBroke: true, given: 'beginning' }, 'LINK_CLOSED'), 'repeat')
    t.equal(plan({ linkBroke: true, given: 'beginning', method: 'DELETE' }, 'LINK_CLOSED'), 'method')
    t.equal(plan({ linkBroke: true, given: 'much' }, 'LINK_CLOSED'), 'given')
    t.equal(plan({ given: 'beginning' }, 'LINK_DIGEST'), 'given')
  },
)

t.test('a wrong answer to a GET is asked for once more, plainly', async t => {
  for (const code of ['LINK_DIGEST', 'LINK_BAD_PART', 'LINK_CLOSED', 'DELTA_CHECKSUM'] as const) {
    t.equal(plan({}, code), 'repeat-plain', code)
    t.equal(plan({ asks: 2 }, code), 'often')
    t.equal(plan({ method: 'DELETE' }, code), 'method')
  }
})

t.test('what far, the origin or the client is at fault for is not asked again', async t => {
  for (const code of ['ORIGIN_RESET', 'FAR_INTERNAL', 'CLIENT_GONE', 'LINK_PROTOCOL', 'LINK_TIMEOUT'] as const) {
    t.equal(plan({}, code), 'fault', code)
  }
})
