// Claims about far's answers to a near that introduces itself.
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { type FarIdentity, openIdentity } from '../../proxy-far/identity.ts'
import { checkAsk, handleHello, handleJoin } from '../../proxy-far/join.ts'
import { readHelloAnswer, readJoinAnswer, readRefusal } from '../../shared/link/protocol.ts'

const HOUR_MS = 3_600_000
const versions = { min: 1, max: 1 }

async function joinAs(identity: FarIdentity): Promise<string> {
  const body = JSON.stringify({ code: await identity.makeJoinCode(0), versions })
  return `Bearer ${readJoinAnswer((await handleJoin(identity, body, 1)).body)?.credential}`
}

function refused(t: Test, reply: { status: number; fields: object; body: string }, status: number, code: string): void {
  t.equal(reply.status, status)
  t.match(reply.fields, { 'hunch-fault': code })
  t.equal(readRefusal(reply.body)?.code, code)
}

t.test('a good code is answered with a credential that the hello and asks then carry', async t => {
  const identity = await openIdentity(t.testdir())
  const authorization = await joinAs(identity)
  const hello = handleHello(identity, authorization, JSON.stringify({ versions }))
  t.equal(hello.status, 200)
  t.strictSame(readHelloAnswer(hello.body), { version: 1, versions })
  t.equal(checkAsk(identity, { 'proxy-authorization': authorization, 'hunch-protocol': '1' }), undefined)
  t.equal(checkAsk(identity, { 'proxy-authorization': authorization }), undefined, 'a plain request needs no version')
})

t.test('a wrong, a used and an expired code are each refused with the reason', async t => {
  const identity = await openIdentity(t.testdir())
  const used = JSON.stringify({ code: await identity.makeJoinCode(0), versions })
  await handleJoin(identity, used, 1)
  const expired = JSON.stringify({ code: await identity.makeJoinCode(0), versions })
  for (const body of [used, expired, JSON.stringify({ code: 'wrong', versions })]) {
    const reply = await handleJoin(identity, body, HOUR_MS)
    refused(t, reply, 407, 'LINK_CREDENTIAL')
    t.match(reply.fields, { 'proxy-authenticate': /^Bearer/ })
    t.match(readRefusal(reply.body)?.message, /wrong, was used already, or is over an hour old/)
  }
})

t.test('a near without a version in common learns both ranges, and its code stays good', async t => {
  const identity = await openIdentity(t.testdir())
  const code = await identity.makeJoinCode(0)
  const newer = { min: 2, max: 3 }
  const reply = await handleJoin(identity, JSON.stringify({ code, versions: newer }), 1)
  refused(t, reply, 400, 'LINK_PROTOCOL')
  t.match(readRefusal(reply.body)?.message, /Near speaks versions 2 to 3 .* far speaks version 1/)
  t.equal((await handleJoin(identity, JSON.stringify({ code, versions }), 2)).status, 200)
  refused(t, handleHello(identity, await joinAs(identity), JSON.stringify({ versions: newer })), 400, 'LINK_PROTOCOL')
})

t.test('a far of several versions picks the highest that near speaks', async t => {
  const identity = await openIdentity(t.testdir())
  const body = JSON.stringify({ versions: { min: 1, max: 4 } })
  const reply = handleHello(identity, await joinAs(identity), body, { min: 2, max: 3 })
  t.strictSame(readHelloAnswer(reply.body), { version: 3, versions: { min: 2, max: 3 } })
})

t.test('a hello or an ask without a credential that far knows is refused', async t => {
  const directory = t.testdir({ one: {}, other: {} })
  const identity = await openIdentity(join(directory, 'one'))
  const stranger = await joinAs(await openIdentity(join(directory, 'other')))
  for (const authorization of [undefined, 'Bearer x.y', stranger]) {
    refused(t, handleHello(identity, authorization, JSON.stringify({ versions })), 407, 'LINK_CREDENTIAL')
    t.match(checkAsk(identity, { 'proxy-authorization': authorization, 'hunch-protocol': '1' }), {
      code: 'LINK_CREDENTIAL',
    })
  }
})

t.test('an ask in a version that far does not speak, or in none that could be, is refused', async t => {
  const identity = await openIdentity(t.testdir())
  const authorization = await joinAs(identity)
  t.match(checkAsk(identity, { 'proxy-authorization': authorization, 'hunch-protocol': '2' }), {
    code: 'LINK_PROTOCOL',
    message: /Near speaks version 2 .* far speaks version 1/,
  })
  for (const written of ['0', '', 'one', '1.0', '-1', '99999999999']) {
    t.match(checkAsk(identity, { 'proxy-authorization': authorization, 'hunch-protocol': written }), {
      code: 'CLIENT_BAD_REQUEST',
    })
  }
})

t.test('what is no introduction at all is a bad request', async t => {
  const identity = await openIdentity(t.testdir())
  const authorization = await joinAs(identity)
  for (const body of ['', 'no JSON', '{}', '{"code":1}', 'x'.repeat(100_000)]) {
    refused(t, await handleJoin(identity, body, 1), 400, 'CLIENT_BAD_REQUEST')
    refused(t, handleHello(identity, authorization, body), 400, 'CLIENT_BAD_REQUEST')
  }
})
