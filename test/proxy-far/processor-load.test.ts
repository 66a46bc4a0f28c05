// Claims about the load of the processors.
import t from 'tap'
import { ProcessorLoad, type ProcessorTimes } from '../../proxy-far/processor-load.ts'

t.test('the share is that of the time since it was last asked for, and the system is asked once a second', async t => {
  let times: ProcessorTimes = { totalMs: 1_000_000, freeMs: 900_000 }
  let asked = 0
  const load = new ProcessorLoad(0, () => {
    asked += 1
    return times
  })
  t.equal(load.share(500), 0, 'nothing is known yet')
  times = { totalMs: 1_002_000, freeMs: 900_500 }
  t.equal(load.share(1000), 0.75)
  t.equal(load.share(1900), 0.75)
  t.equal(asked, 2)
  times = { totalMs: 1_004_000, freeMs: 902_500 }
  t.equal(load.share(2000), 0)
  t.equal(load.share(3000), 0, 'no time has passed for the system')
})

t.test('this machine can be asked', async t => {
  const load = new ProcessorLoad(0)
  const share = load.share(Number.MAX_SAFE_INTEGER)
  t.ok(share >= 0 && share <= 1, `${share}`)
})
