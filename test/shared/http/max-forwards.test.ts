// Claims about Max-Forwards (RFC 9110 §7.6.2).
import t from 'tap'
import type { FieldList } from '../../../shared/http/fields.ts'
import { planForwarding } from '../../../shared/http/max-forwards.ts'

const url = 'http://site.example/a?b'

function plan(method: string, value: string, ...more: FieldList) {
  return planForwarding({ method, url, fields: [...more, ['Max-Forwards', value]] })
}

t.test('each proxy takes one of TRACE and OPTIONS, and nothing of other methods', async t => {
  for (const method of ['TRACE', 'OPTIONS']) {
    t.strictSame(plan(method, '7', ['X', '7']), {
      kind: 'forward',
      fields: [
        ['X', '7'],
        ['Max-Forwards', '6'],
      ],
    })
  }
  for (const method of ['GET', 'POST']) {
    t.strictSame(plan(method, '0'), { kind: 'forward', fields: [['Max-Forwards', '0']] }, method)
  }
})

t.test('what is no number is passed on as it is', async t => {
  for (const value of ['', '-1', '1, 2', 'many', '9'.repeat(10)]) {
    t.strictSame(plan('TRACE', value), { kind: 'forward', fields: [['Max-Forwards', value]] }, value)
  }
  t.strictSame(planForwarding({ method: 'TRACE', url, fields: [] }), { kind: 'forward', fields: [] })
})

t.test('at zero a proxy answers itself: OPTIONS with nothing, TRACE with what it got, but for secrets', async t => {
  t.match(plan('OPTIONS', '0'), { kind: 'answer', status: 200, fields: [], content: Buffer.alloc(0) })
  const traced = plan('TRACE', '0', ['Cookie', 'a=1'], ['Authorization', 'Basic YTpi'], ['X-One', 'caf\u00e9'])
  t.match(traced, { kind: 'answer', status: 200, fields: [['Content-Type', 'message/http']] })
  const text = traced.kind === 'answer' ? traced.content.toString('latin1') : ''
  t.equal(text, `TRACE ${url} HTTP/1.1\r\nX-One: caf\u00e9\r\nMax-Forwards: 0\r\n\r\n`)
})
