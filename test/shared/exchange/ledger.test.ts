// Claims about what near wishes of far once bytes were spent.
import t from 'tap'
import { Ledger, readAccount } from '../../../shared/exchange/ledger.ts'
import { thresholds } from '../sample-version.ts'

const november = Date.UTC(2026, 10, 23)
const december = Date.UTC(2026, 11, 1)
const kB = 1000

t.test('near wishes what it is set to', async t => {
  const ledger = new Ledger(november)
  for (const speculation of ['latency', 'balanced'] as const) {
    t.strictSame(ledger.wish({ ...thresholds, speculation }, november), { kind: 'wish', wish: speculation })
  }
  t.strictSame(ledger.wish({ ...thresholds, speculation: 'off' }, november), { kind: 'off', why: 'setting' })
})

t.test('the last tenth of a budget is not for speculation, until the month ends', async t => {
  const ledger = new Ledger(november)
  const limited = { ...thresholds, speculation: 'latency', monthlyBudgetBytes: 1000 * kB } as const
  ledger.note({ linkBytes: 899 * kB, baseBytes: 0, wastedBytes: 0 }, november)
  t.equal(ledger.wish(limited, november).kind, 'wish')
  ledger.note({ linkBytes: kB, baseBytes: 0, wastedBytes: 0 }, november)
  t.strictSame(ledger.wish(limited, november), { kind: 'off', why: 'budget' })
  t.equal(ledger.wish(limited, december - 1).kind, 'off')
  t.equal(ledger.wish(limited, december).kind, 'wish')
  t.strictSame(ledger.at(december), { month: '2026-12', linkBytes: 0, baseBytes: 0, wastedBytes: 0 })
})

t.test('waste beyond the threshold ends speculation until other bytes make it small again', async t => {
  const ledger = new Ledger(november)
  ledger.note({ linkBytes: 200 * kB, baseBytes: 100 * kB, wastedBytes: 41 * kB }, november)
  t.strictSame(ledger.wish(thresholds, november), { kind: 'off', why: 'waste' })
  t.equal(ledger.wish({ ...thresholds, speculation: 'latency' }, november).kind, 'wish', 'time alone counts')
  ledger.note({ linkBytes: 10 * kB, baseBytes: 0, wastedBytes: 0 }, november)
  t.equal(ledger.wish(thresholds, november).kind, 'wish')
})

t.test('one page that changed does not end it', async t => {
  const ledger = new Ledger(november)
  ledger.note({ linkBytes: 60 * kB, baseBytes: 60 * kB, wastedBytes: 60 * kB }, november)
  t.equal(ledger.wish(thresholds, november).kind, 'wish')
})

t.test('an account is read back as it was written down, and nothing else is', async t => {
  const ledger = new Ledger(november)
  ledger.note({ linkBytes: 5, baseBytes: 4, wastedBytes: 3 }, november)
  t.strictSame(readAccount(JSON.stringify([ledger.at(november)])), ledger.at(november))
  for (const text of ['', '[]', '7', 'null', '[{"month":"2026-11","linkBytes":-1,"baseBytes":0,"wastedBytes":0}]']) {
    t.equal(readAccount(text), undefined, text)
  }
})

t.test('an account of this month goes on, an older one does not', async t => {
  const before = new Ledger(november)
  before.note({ linkBytes: 5, baseBytes: 4, wastedBytes: 3 }, november)
  const account = before.at(november)
  t.strictSame(new Ledger(november, account).at(november), account)
  t.equal(new Ledger(december, account).at(december).linkBytes, 0)
})
