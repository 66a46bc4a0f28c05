// Claims about the rules for packages, and that those of this repository keep them.
import { readFile } from 'node:fs/promises'
import t from 'tap'
import { type Lock, findBreaches, readAudit } from './supply-chain.ts'

const sound = { version: '1.0.0', integrity: 'sha512-x', license: 'MIT' }

t.test('the packages of this repository keep the rules', async t => {
  const lock = JSON.parse(await readFile(new URL('../package-lock.json', import.meta.url), 'utf8')) as Lock
  t.strictSame(findBreaches(lock), [])
})

t.test('each breach is a line', async t => {
  const of = (locked: object) => findBreaches({ packages: { '': {}, 'node_modules/a/node_modules/b': locked } })
  t.strictSame(of(sound), [])
  t.strictSame(of({ ...sound, integrity: undefined }), ['b@1.0.0: it is not locked by its content (integrity)'])
  t.strictSame(of({ ...sound, license: 'GPL-3.0-only' }), ['b@1.0.0: its licence is GPL-3.0-only'])
  t.strictSame(of({ ...sound, license: undefined }), ['b@1.0.0: its licence is none'])
  t.strictSame(of({ ...sound, hasInstallScript: true }), ['b@1.0.0: it runs a script at install'])
  t.strictSame(of({ ...sound, license: '(GPL-2.0 OR MIT)' }), [], 'one of several is enough')
  t.strictSame(of({ ...sound, license: 'MIT AND GPL-2.0' }), ['b@1.0.0: its licence is MIT AND GPL-2.0'])
})

t.test('what is for tools only may have more; nothing that is shipped runs a script', async t => {
  const of = (name: string, locked: object) => findBreaches({ packages: { [`node_modules/${name}`]: locked } }).length
  t.equal(of('axe', { ...sound, license: 'MPL-2.0', dev: true }), 0)
  t.equal(of('axe', { ...sound, license: 'MPL-2.0' }), 1)
  t.equal(of('lmdb', { ...sound, hasInstallScript: true, dev: true }), 0)
  t.equal(of('lmdb', { ...sound, hasInstallScript: true }), 1)
})

t.test('an audit that did not take place is told from one that found nothing', async t => {
  t.strictSame(readAudit('{"vulnerabilities":{}}'), { kind: 'answered', found: [] })
  t.strictSame(readAudit('{"vulnerabilities":{"a":{"severity":"high"}}}').kind, 'answered')
  t.match(readAudit('{"vulnerabilities":{"a":{"severity":"high"}}}'), { found: ['a: high vulnerability'] })
  for (const text of ['', '{"error":{"code":"ENOAUDIT"}}', '{"message":"405"}', 'not json']) {
    t.strictSame(readAudit(text), { kind: 'silent' }, text)
  }
})
