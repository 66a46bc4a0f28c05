// Claims about join codes and the credentials that they are exchanged for.
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { Credentials } from '../../proxy-far/credentials.ts'

const HOUR_MS = 3_600_000

t.test('a code is worth one credential, which outlives a restart of far', async t => {
  const directory = t.testdir()
  const credentials = await Credentials.open(directory)
  const code = credentials.makeJoinCode(0)
  t.ok(Buffer.from(code, 'base64url').length >= 16, '128 bits')
  const joined = await credentials.join(code, 1)
  t.equal(credentials.authenticate(`Bearer ${joined?.credential}`), joined?.nearId)
  t.equal(await credentials.join(code, 2), undefined, 'used')
  const restarted = await Credentials.open(directory)
  t.equal(restarted.authenticate(`Bearer ${joined?.credential}`), joined?.nearId)
  t.equal((await stat(join(directory, 'nears.json'))).mode & 0o777, 0o600)
})

t.test('a code is worth nothing after an hour, after a restart, or if it was never made', async t => {
  const directory = t.testdir()
  const credentials = await Credentials.open(directory)
  const [late, inTime, restarted] = [1, 2, 3].map(() => credentials.makeJoinCode(0))
  t.equal(await credentials.join(late ?? '', HOUR_MS), undefined)
  t.ok(await credentials.join(inTime ?? '', HOUR_MS - 1))
  t.equal(await credentials.join('never-made', 0), undefined)
  t.equal(await credentials.join('', 0), undefined)
  t.equal(await (await Credentials.open(directory)).join(restarted ?? '', 1), undefined)
})

t.test('two joins with one code at the same moment: one has it', async t => {
  const credentials = await Credentials.open(t.testdir())
  const code = credentials.makeJoinCode(0)
  const joined = await Promise.all([credentials.join(code, 1), credentials.join(code, 1)])
  t.equal(joined.filter(each => each !== undefined).length, 1)
})

t.test('each near has its own credential, and joins at the same moment are all on the disk', async t => {
  const directory = t.testdir()
  const credentials = await Credentials.open(directory)
  const joined = await Promise.all(Array.from({ length: 20 }, () => credentials.join(credentials.makeJoinCode(0), 1)))
  t.equal(new Set(joined.map(each => each?.nearId)).size, 20)
  const restarted = await Credentials.open(directory)
  for (const each of joined) t.equal(restarted.authenticate(`Bearer ${each?.credential}`), each?.nearId)
})

t.test('only hashes are kept', async t => {
  const directory = t.testdir()
  const credentials = await Credentials.open(directory)
  const code = credentials.makeJoinCode(0)
  const { credential = '' } = (await credentials.join(code, 1)) ?? {}
  const [, secret = ''] = credential.split('.')
  t.ok(secret.length >= 43)
  const file = await readFile(join(directory, 'nears.json'), 'utf8')
  t.notOk(file.includes(secret))
  t.notOk(file.includes(code))
})

t.test('anything but the exact credential is not accepted', async t => {
  const credentials = await Credentials.open(t.testdir())
  const one = (await credentials.join(credentials.makeJoinCode(0), 1))?.credential ?? ''
  const other = (await credentials.join(credentials.makeJoinCode(0), 1))?.credential ?? ''
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
  const directory = t.testdir({ 'nears.json': '{"nears":[]}' })
  const credentials = await Credentials.open(directory)
  const code = credentials.makeJoinCode(0)
  // A directory in the place of the file cannot be replaced by it.
  await rm(join(directory, 'nears.json'))
  await mkdir(join(directory, 'nears.json', 'in-the-way'), { recursive: true })
  await t.rejects(credentials.join(code, 1), { code: 'CANNOT_READ', message: /nears\.json cannot be written/ })
  await rm(join(directory, 'nears.json'), { recursive: true })
  t.ok(await credentials.join(code, 2))
})

t.test('a damaged list of nears is a fault that says what to do', async t => {
  const directory = t.testdir()
  for (const damage of [
    '',
    '{',
    'null',
    '{}',
    '{"nears":{}}',
    '{"nears":[{"id":"a"}]}',
    '{"nears":[{"id":"a","hash":"b","joinedAt":1}]}',
  ]) {
    await writeFile(join(directory, 'nears.json'), damage)
    await t.rejects(Credentials.open(directory), { code: 'CANNOT_READ', message: /nears\.json is damaged/ }, damage)
  }
})
