// Claims about the ticket that near keeps for its next start.
import { readdirSync } from 'node:fs'
import t from 'tap'
import { TicketSlot } from '../../proxy-near/ticket-slot.ts'

t.test('the newest ticket is there again after a start, and nothing else', async t => {
  const data = t.testdir()
  const slot = await TicketSlot.open(data)
  for (const ticket of ['first', 'second', 'third']) slot.keep('sha256-pin', Buffer.from(ticket))
  await slot.close()
  t.same(readdirSync(data), ['far-ticket.json'])
  const again = await TicketSlot.open(data)
  t.equal(String(again.of('sha256-pin')), 'third')
  t.equal(again.of('sha256-other'), undefined)
})

t.test('what comes when the slot is closed is not written: its directory may be gone', async t => {
  const data = t.testdir()
  const slot = await TicketSlot.open(data)
  await slot.close()
  slot.keep('sha256-pin', Buffer.from('late'))
  await slot.close()
  t.same(readdirSync(data), [])
})
