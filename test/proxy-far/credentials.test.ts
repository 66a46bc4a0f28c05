// Claims about join codes and the credentials that they are exchanged for.
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { Credentials } from '../../proxy-far/credentials.ts'

const HOUR_MS = 3_600_000

t.test('a code is worth one credential, which outlives a restart of far', async t => {
  const directory = t.testdir()
  const credentials = await Credentials.open(directory)
  const code = await credentials.makeJoinCode(0)
  t.ok(Buffer.from(code, 'base64url').length >= 16, '128 bits')
  const joined = await credentials.join(code, 1)
  t.equal(credentials.authenticate(`Bearer ${joined?.credential}`), joined?.nearId)
  t.equal(await credentials.join(code, 2), undefined, 'used')
  const restarted = await Credentials.open(directory)
  t.equal(restarted.authenticate(`Bearer ${joined?.credential}`), joined?.nearId)
  t.equal((await stat(join(directory, 'nears'))).mode & 0o777, 0o700)
  t.equal((await stat(nearFile(directory, joined))).mode & 0o777, 0o600)
})

t.test('a code is worth nothing after an hour, or if it was never made', async t => {
  const directory = t.testdir()
  const credentials = await Credentials.open(directory)
  const [late, inTime] = [await credentials.makeJoinCode(0), await credentials.makeJoinCode(0)]
  t.equal(await credentials.join(late, HOUR_MS), undefined)
  t.ok(await credentials.join(inTime, HOUR_MS - 1))
  t.equal(await credentials.join('never-made', 0), undefined)
  t.equal(await credentials.join('', 0), undefined)
  await credentials.makeJoinCode(HOUR_MS)
  t.equal((await readdir(join(directory, 'join-codes'))).length, 1, 'what is too old is removed')
})

t.test('a code that another process made is good, once, and names the near', async t => {
  const directory = t.testdir()
  const far = await Credentials.open(directory)
  const invite = await Credentials.open(directory)
  const code = await invite.makeJoinCode(0, 'Ada-s laptop')
  t.equal((await stat(join(directory, 'join-codes'))).mode & 0o777, 0o700)
  const joined = await Promise.all([far.join(code, 1), invite.join(code, 1)])
  t.equal(joined.filter(each => each !== undefined).length, 1)
  await far.refresh()
  t.match(far.nears, [{ name: 'Ada-s laptop', joinedAt: 1 }])
  await t.rejects(invite.makeJoinCode(0, 'a\u001b[2J'), { code: 'USAGE', message: /is not a name/ })
})

t.test('a near that another process revokes is refused from the next look at the files on', async t => {
  const directory = t.testdir()
  const far = await Credentials.open(directory)
  const [gone, stays] = [await far.join(await far.makeJoinCode(0), 1), await far.join(await far.makeJoinCode(0), 2)]
  const other = await Credentials.open(directory)
  t.equal(await other.revoke(gone?.nearId ?? ''), true)
  t.equal(await other.revoke(gone?.nearId ?? ''), false)
  t.equal(await other.revoke('../far-key'), false)
  t.strictSame(await far.refresh(), [gone?.nearId])
  t.strictSame(await far.refresh(), [])
  t.equal(far.authenticate(`Bearer ${gone?.credential}`), undefined)
  t.equal(far.authenticate(`Bearer ${stays?.credential}`), stays?.nearId)
})

t.test('a near that joins while the files are looked at stays', async t => {
  const far = await Credentials.open(t.testdir())
  const code = await far.makeJoinCode(0)
  const [revoked, joined] = await Promise.all([far.refresh(), far.join(code, 1)])
  t.strictSame(revoked, [])
  t.equal(far.authenticate(`Bearer ${joined?.credential}`), joined?.nearId)
})

t.test('two joins with one code at the same moment: one has it', async t => {
  const credentials = await Credentials.open(t.testdir())
  const code = await credentials.makeJoinCode(0)
  const joined = await Promise.all([credentials.join(code, 1), credentials.join(code, 1)])
  t.equal(joined.filter(each => each !== undefined).length, 1)
})

t.test('each near has its own credential, and joins at the same moment are all on the disk', async t => {
  const directory = t.testdir()
  const credentials = await Credentials.open(directory)
  const join = async () => credentials.join(await credentials.makeJoinCode(0), 1)
  const joined = await Promise.all(Array.from({ length: 20 }, join))
  t.equal(new Set(joined.map(each => each?.nearId)).size, 20)
  const restarted = await Credentials.open(directory)
  for (const each of joined) t.equal(restarted.authenticate(`Bearer ${each?.credential}`), each?.nearId)
})

t.test('only hashes are kept', async t => {
  const directory = t.testdir()
  const credentials = await Credentials.open(directory)
  const code = await credentials.makeJoinCode(0)
  const [codeFile = ''] = await readdir(join(directory, 'join-codes'))
  t.notOk(codeFile.includes(code))
  t.notOk((await readFile(join(directory, 'join-codes', codeFile), 'utf8')).includes(code))
  const joined = await credentials.join(code, 1)
  const [, secret = ''] = joined?.credential.split('.') ?? []
  t.ok(secret.length >= 43)
  const file = await readFile(nearFile(directory, joined), 'utf8')
  t.notOk(file.includes(secret))
  t.notOk(file.includes(code))
})

t.test('anything but the exact credential is not accepted', async t => {
  const credentials = await Credentials.open(t.testdir())
  const one = (await credentials.join(await credentials.makeJoinCode(0), 1))?.credential ?? ''
  const other = (await credentials.join(await credentials.makeJoinCode(0), 1))?.credential ?? ''
  t.ok(credentials.authenticate(`bearer ${one}`), 'the scheme has no case (RFC 9110 §11.1)')
  const [id = '', secret = ''] = one.split('.')
  const wrong = [
    undefined,
    '',
    'Bearer',
    'Bearer ',
    one,
    `Basic ${one}`,
    `Bearer ${id}`,
    `Bearer ${id}.`,
    `Bearer .${secret}`,
    `Bearer ${one}x`,
    `Bearer ${one.slice(0, -1)}`,
    `Bearer ${one} x`,
    `Bearer ${id}.${other.split('.')[1]}`,
    `Bearer toString.${secret}`,
    `Bearer ${'x'.repeat(10_000)}.${secret}`,
  ]
  for (const each of wrong) t.equal(credentials.authenticate(each), undefined, String(each).slice(0, 80))
})

t.test('a code that could not be exchanged because the disk failed is still good', async t => {
  const directory = t.testdir({ nears: 'a file in the place of the directory' })
  const credentials = await openWithout(directory)
  const code = await credentials.makeJoinCode(0)
  await t.rejects(credentials.join(code, 1), { code: 'CANNOT_READ', message: /nears cannot be made/ })
  await rm(join(directory, 'nears'))
  t.ok(await credentials.join(code, 2))
})

t.test('a damaged file of a near is a fault that says what to do', async t => {
  const directory = t.testdir({ nears: {} })
  const path = join(directory, 'nears', 'some.json')
  const hash = 'A'.repeat(43)
  for (const damage of [
    '',
    '{',
    'null',
    '{}',
    '{"id":"some"}',
    '{"id":"some","name":"","hash":"b","joinedAt":1}',
    `{"id":"other","name":"","hash":"${hash}","joinedAt":1}`,
  ]) {
    await writeFile(path, damage)
    await t.rejects(Credentials.open(directory), { code: 'CANNOT_READ', message: /some\.json is damaged/ }, damage)
  }
  await writeFile(path, `{"id":"some","name":"","hash":"${hash}","joinedAt":1}`)
  t.match((await Credentials.open(directory)).nears, [{ id: 'some' }])
})

/** Opened before the file came into its way. */
async function openWithout(directory: string): Promise<Credentials> {
  const path = join(directory, 'nears')
  const text = await readFile(path, 'utf8')
  await rm(path)
  const credentials = await Credentials.open(directory)
  await writeFile(path, text)
  return credentials
}

function nearFile(directory: string, joined: { nearId: string } | undefined): string {
  return join(directory, 'nears', `${joined?.nearId}.json`)
}
