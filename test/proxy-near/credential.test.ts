// Claims about what near remembers of the far that it joined.
import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { type JoinedFar, meetFar, readJoinedFar, writeJoinedFar } from '../../proxy-near/credential.ts'
import { parseJoinUrl } from '../../shared/link/join-url.ts'

const pin = `sha256-${'A'.repeat(43)}`
const otherPin = `sha256-${'B'.repeat(42)}A`
const url = parseJoinUrl(`hunch://far.example:8443?pin=${pin}`)
const joined: JoinedFar = { url, credential: 'id.secret', nearId: 'id', version: 1 }

t.test('what is written is read back, from a file that only near’s user may read', async t => {
  const dataDir = join(t.testdir(), 'new', 'near')
  t.equal(await readJoinedFar(dataDir), undefined)
  await writeJoinedFar(dataDir, joined)
  t.strictSame(await readJoinedFar(dataDir), joined)
  t.equal((await stat(dataDir)).mode & 0o777, 0o700)
  t.equal((await stat(join(dataDir, 'far.json'))).mode & 0o777, 0o600)
  t.strictSame(await readdir(dataDir), ['far.json'], 'nothing temporary is left')
})

t.test('a join code is never written', async t => {
  const dataDir = t.testdir()
  await writeJoinedFar(dataDir, { ...joined, url: { ...url, token: 'CODE' } })
  t.notMatch(await readFile(join(dataDir, 'far.json'), 'utf8'), /CODE/)
})

t.test('a damaged memory is a fault that says what to do, unless a code makes up for it', async t => {
  const dataDir = t.testdir()
  const whole = { url: `hunch://far.example:8443?pin=${pin}`, credential: 'id.secret', nearId: 'id', version: 1 }
  const damages = [
    '',
    '{',
    'null',
    '[]',
    JSON.stringify(whole).slice(0, -5),
    JSON.stringify({ ...whole, url: 'hunch://far.example' }),
    JSON.stringify({ ...whole, credential: 'a\r\nb' }),
    JSON.stringify({ ...whole, version: '1' }),
    JSON.stringify({ ...whole, nearId: undefined }),
  ]
  for (const damage of damages) {
    await writeFile(join(dataDir, 'far.json'), damage)
    const fault = { code: 'CANNOT_READ', message: /far\.json is damaged\. Delete it, and start near with the line/ }
    await t.rejects(readJoinedFar(dataDir), fault, damage)
    await t.rejects(meetFar(undefined, dataDir), fault)
    await t.rejects(meetFar(url, dataDir), fault)
    const withCode = { ...url, token: 'CODE' }
    t.strictSame(await meetFar(withCode, dataDir), { url: withCode, code: 'CODE', joined: undefined })
  }
})

t.test('the credential counts for the far of the same key, wherever it is now, and for no other', async t => {
  const dataDir = t.testdir()
  await writeJoinedFar(dataDir, joined)
  t.strictSame(await meetFar(undefined, dataDir), { url, code: undefined, joined })
  const moved = parseJoinUrl(`hunch://moved.example:1?pin=${pin}`)
  t.strictSame(await meetFar(moved, dataDir), { url: moved, code: undefined, joined })
  const other = parseJoinUrl(`hunch://CODE@far.example:8443?pin=${otherPin}`)
  t.strictSame(await meetFar(other, dataDir), { url: other, code: 'CODE', joined: undefined })
})

t.test('without a far, or without a way in, the fault says what is missing', async t => {
  const dataDir = t.testdir()
  await t.rejects(meetFar(undefined, dataDir), { code: 'USAGE', message: /start near with --far/ })
  await t.rejects(meetFar(url, dataDir), { code: 'LINK_CREDENTIAL', message: /far\.example:8443, and .* no join code/ })
})
