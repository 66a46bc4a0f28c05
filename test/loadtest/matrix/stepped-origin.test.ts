// Claims about the origin of a matrix: it has one document at the step that it is told, and knows its own versions.
import t from 'tap'
import { get } from '../../../loadtest/get.ts'
import { startSteppedOrigin } from '../../../loadtest/matrix/stepped-origin.ts'

const steps = ['one', 'two', 'three'].map(text => Buffer.from(text)) as [Buffer, Buffer, Buffer]
const document = { name: 'it', type: 'text/html', steps, sibling: Buffer.from('sibling') }

t.test('it answers with the step that it is told, and the sibling stays', async t => {
  const heard: string[] = []
  const origin = await startSteppedOrigin(document, 1, '127.0.0.1', state => heard.push(state))
  t.teardown(() => origin.close())
  const first = await get(origin.url, undefined)
  t.equal(first.body.toString(), 'one')
  origin.step = 1
  t.equal((await get(origin.url, undefined)).body.toString(), 'two')
  t.equal((await get(origin.siblingUrl, undefined)).body.toString(), 'sibling')
  t.strictSame(heard, Array.from({ length: 3 }, () => ['begins', 'ends']).flat())
  const tag = { 'if-none-match': String(first.headers.etag) }
  t.equal((await get(origin.url, undefined, tag)).status, 200, 'an older step is not current')
  origin.step = 0
  t.equal((await get(origin.url, undefined, tag)).status, 304)
})
