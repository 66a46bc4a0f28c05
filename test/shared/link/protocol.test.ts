// Claims about what near and far agree on before any ask.
import t from 'tap'
import {
  chooseVersion,
  describeMismatch,
  farHttp2Settings,
  isCredential,
  MAX_BODY_BYTES,
  nearHttp2Settings,
  readHelloAnswer,
  readHelloRequest,
  readJoinAnswer,
  readJoinRequest,
  readRefusal,
} from '../../../shared/link/protocol.ts'

const versions = { min: 1, max: 2 }

t.test('the version chosen is the highest that both speak, whoever asks', async t => {
  const cases = [
    [1, 1, 1, 1, 1],
    [1, 3, 2, 5, 3],
    [2, 5, 1, 3, 3],
    [1, 9, 4, 4, 4],
    [1, 1, 2, 3, undefined],
    [4, 5, 2, 3, undefined],
  ] as const
  for (const [min, max, otherMin, otherMax, chosen] of cases) {
    t.equal(chooseVersion({ min, max }, { min: otherMin, max: otherMax }), chosen)
    t.equal(chooseVersion({ min: otherMin, max: otherMax }, { min, max }), chosen)
  }
})

t.test('a mismatch names both ranges', async t => {
  const fault = describeMismatch({ min: 1, max: 1 }, { min: 2, max: 4 })
  t.equal(fault.code, 'LINK_PROTOCOL')
  t.match(fault.message, /Near speaks version 1 .* far speaks versions 2 to 4/)
})

t.test('what is written as JSON is read back, and members that are not known are skipped', async t => {
  const written = {
    code: 'c',
    versions,
    credential: 'i.s',
    nearId: 'i',
    version: 2,
    fault: 'FAR_BUSY',
    message: 'm',
    x: 1,
  }
  const text = JSON.stringify(written)
  t.strictSame(readJoinRequest(text), { code: 'c', versions })
  t.strictSame(readHelloRequest(text), { versions })
  t.strictSame(readHelloAnswer(text), { version: 2, versions })
  t.strictSame(readJoinAnswer(text), { credential: 'i.s', nearId: 'i', version: 2, versions })
  t.match(readRefusal(text), { code: 'FAR_BUSY', message: 'm' })
})

t.test('what is not such a body is undefined, never an exception', async t => {
  const bad = [
    '',
    '{',
    'null',
    '[]',
    '1',
    '{}',
    JSON.stringify({ code: 1, versions, version: 1, credential: 2, nearId: 3, fault: 4, message: 5 }).replace(
      '"min":1',
      '"min":3',
    ),
    JSON.stringify({ code: 'c', versions: { min: 0, max: 1 } }),
    JSON.stringify({ code: 'c', versions: { min: 1.5, max: 2 } }),
    JSON.stringify({ code: 'c', versions: { min: 1 } }),
    JSON.stringify({ fault: 'toString', message: '' }),
    JSON.stringify({ fault: 'NO_SUCH', message: '' }),
    JSON.stringify({ code: 'c'.repeat(MAX_BODY_BYTES), versions, version: 1 }),
  ]
  for (const text of bad) {
    for (const read of [readJoinRequest, readHelloRequest, readHelloAnswer, readJoinAnswer, readRefusal]) {
      t.equal(read(text), undefined, `${read.name} ${text.slice(0, 60)}`)
    }
  }
})

t.test('a credential that could not stand in a field is refused', async t => {
  for (const good of ['a', 'id.secret-_', 'YQ==']) t.ok(isCredential(good), good)
  for (const bad of ['', 'a b', 'a\r\nx: y', '=', 'é', 7, undefined]) t.notOk(isCredential(bad), String(bad))
  const answer = { credential: 'a b', nearId: 'i', version: 1, versions }
  t.equal(readJoinAnswer(JSON.stringify(answer)), undefined)
})

t.test('both sides keep tables of 64 KiB, and the window of a stream is the credit', async t => {
  t.equal(nearHttp2Settings(4096).initialWindowSize, 4096)
  t.equal(nearHttp2Settings(4096).headerTableSize, 65_536)
  t.equal(farHttp2Settings.headerTableSize, 65_536)
})
