// Claims about the page that says what failed.
import t from 'tap'
import { failurePage } from '../../proxy-near/failure-page.ts'
import { Fault, type FaultCode, faults } from '../../shared/fault.ts'

t.test('every fault has a page of each kind, with its code, its words and one side', t => {
  for (const code of Object.keys(faults) as FaultCode[]) {
    const fault = new Fault(code, 'What was seen.')
    const html = failurePage(fault, 'text/html,*/*;q=0.8')
    t.match(html, { type: 'text/html; charset=utf-8' })
    t.equal(html.text.match(/class="failed"/g)?.length, 1, code)
    for (const words of [code, 'What was seen.']) t.ok(html.text.includes(words))
    const plain = failurePage(fault, undefined)
    t.match(plain, { type: 'text/plain; charset=utf-8' })
    for (const words of [fault.title, 'What was seen.', fault.advice, `[${code}, at `]) t.ok(plain.text.includes(words))
  }
  t.end()
})

t.test('nothing of a message can become markup', t => {
  const fault = new Fault('CLIENT_BAD_URL', `"<script>alert('&')</script>" is none`)
  const { text } = failurePage(fault, 'text/html')
  t.notMatch(text, /<script>|'&'/)
  t.match(text, /&#34;&#60;script&#62;alert\(&#39;&#38;&#39;\)/)
  t.end()
})
