// Claims about faults: the table, the class, and what is made of errors that are none.
import t from 'tap'
import { asFault, Fault, faults, isFaultCode } from '../../shared/fault.ts'

const rows = Object.entries(faults)

t.test('every fault has a status of an error, a title that is a statement and advice that is a sentence', async t => {
  for (const [code, { status, title, advice }] of rows) {
    t.ok(status >= 400 && status < 600, `${code}: ${status}`)
    t.match(title, /^[A-Z].*[^.]$/, code)
    t.match(advice, /^[A-Z].*[.?]$/, code)
  }
})

t.test('what lies at the client is its fault by status, what lies beyond is a gateway’s', async t => {
  const atStart = ['PORT_IN_USE', 'CANNOT_LISTEN', 'CANNOT_READ', 'STORE_FORMAT']
  for (const [code, { side, status }] of rows) {
    if (side === 'client') t.ok(status < 500 || atStart.includes(code), `${code}: ${status}`)
    if (side === 'link' || side === 'origin') t.ok(status === 502 || status === 504, `${code}: ${status}`)
  }
})

t.test('a code begins with its side', async t => {
  const general = /^(?:USAGE|CONFIG|PORT_IN_USE|CANNOT_\w+|STORE_\w+|DELTA_\w+)$/
  for (const [code, { side }] of rows) {
    if (!general.test(code)) t.ok(code.startsWith(`${side.toUpperCase()}_`), `${code}: ${side}`)
  }
})

t.test('a fault is an error that knows its row', async t => {
  for (const [code, row] of rows) {
    if (!isFaultCode(code)) throw new Error(`${code} is no code`)
    const fault = new Fault(code, 'what was seen', { cause: 'the cause' })
    const { side, status, retry, title, advice } = fault
    t.strictSame({ side, status, retry, title, advice }, row, code)
    t.match(fault, { name: 'Fault', code, message: 'what was seen', cause: 'the cause' })
    t.ok(fault instanceof Error)
  }
})

t.test('a code that is not in the table is none, also when every object has such a member', async t => {
  for (const other of ['', 'toString', '__proto__', 'link_closed', undefined, null, 7, ['USAGE']]) {
    t.notOk(isFaultCode(other), String(other))
  }
})

t.test('a fault stays what it is, and any other error becomes the fault that is named, with its cause', async t => {
  const fault = new Fault('LINK_CLOSED', 'gone')
  t.equal(asFault(fault, 'FAR_INTERNAL'), fault)
  const error = new TypeError('not a function')
  t.match(asFault(error, 'FAR_INTERNAL'), { code: 'FAR_INTERNAL', message: 'not a function', cause: error })
  t.match(asFault('text', 'NEAR_INTERNAL'), { code: 'NEAR_INTERNAL', message: 'text', cause: 'text' })
  t.match(asFault(undefined, 'NEAR_INTERNAL'), { code: 'NEAR_INTERNAL', message: 'undefined' })
})
