// Claims about how urgent a response is to the client.
import t from 'tap'
import { DEFAULT_PRIORITY, priorityOf } from '../../../shared/http/priority.ts'

t.test('what the client says counts, with the defaults of RFC 9218 for what it leaves out or says wrongly', async t => {
  const of = (priority: string) => priorityOf([['Priority', priority]])
  t.strictSame(of('u=0, i'), { urgency: 0, incremental: true })
  t.strictSame(of('u=5'), { urgency: 5, incremental: false })
  t.strictSame(of('i'), { urgency: 3, incremental: true })
  t.strictSame(of('u=9, i=1'), { urgency: 3, incremental: false })
  t.strictSame(of(''), { urgency: 3, incremental: false })
  t.strictSame(of('u=2, i, x=?0'), { urgency: 2, incremental: true })
  t.strictSame(of('u==0'), DEFAULT_PRIORITY, 'a malformed field says nothing')
})

t.test(
  'without a word the kind tells: documents, what blocks them, data, pictures, parts of something large',
  async t => {
    const kinds = [
      { 'sec-fetch-dest': 'document' },
      { 'sec-fetch-dest': 'style' },
      { 'sec-fetch-dest': 'empty' },
      { 'sec-fetch-dest': 'image' },
      { 'sec-fetch-dest': 'video', range: 'bytes=0-' },
    ]
    const urgencies = kinds.map(fields => priorityOf(Object.entries(fields)).urgency)
    t.strictSame(
      urgencies,
      urgencies.toSorted((one, other) => one - other),
    )
    t.equal(new Set(urgencies).size, kinds.length)
  },
)

t.test('a client that says no kind either is judged by what it accepts; all share the link in their turn', async t => {
  const of = (accept: string) => priorityOf([['Accept', accept]])
  t.ok(of('text/html,*/*;q=0.8').urgency < of('text/css,*/*;q=0.1').urgency)
  t.ok(of('text/css,*/*;q=0.1').urgency < of('*/*').urgency)
  t.ok(of('*/*').urgency < of('image/avif,image/webp,*/*').urgency)
  t.ok([of('*/*'), of('image/png'), priorityOf([])].every(({ incremental }) => incremental))
  t.strictSame(priorityOf([['Sec-Fetch-Dest', 'constructor']]), DEFAULT_PRIORITY)
})
