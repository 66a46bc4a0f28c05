// Claims about the stores of browsers, with the real certutil.
import { spawnSync } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import t, { type Test } from 'tap'
import { openAuthority } from '../../../proxy-near/authority.ts'
import { findNssStores } from '../../../proxy-near/trust/nss-store.ts'

const owner = { user: 'alice', machine: 'laptop' }

async function start(t: Test, home: object = {}, env: Record<string, string | undefined> = process.env) {
  const root = t.testdir({ home } as Parameters<typeof t.testdir>[0])
  const { certificate } = await openAuthority(`${root}/data`, owner, Date.now())
  return { root, certificate, find: () => findNssStores({ platform: 'linux', home: `${root}/home`, root: '/', env }) }
}

const list = (path: string) => spawnSync('certutil', ['-L', '-d', `sql:${path}`], { encoding: 'utf8' }).stdout

t.test('the database of Chrome is made when there is none; what is installed is removed without a trace', async t => {
  const { root, certificate, find } = await start(t)
  const [store] = find()
  t.match(store, { name: 'Chrome and Chromium', path: `${root}/home/.pki/nssdb` })
  t.equal(store?.holds(certificate), false)
  t.notOk(existsSync(`${root}/home/.pki`), 'to look changes nothing')
  t.same(store?.install(certificate), { kind: 'installed' })
  t.equal(statSync(`${root}/home/.pki/nssdb`).mode & 0o777, 0o700)
  t.match(list(store?.path ?? ''), /^hunch-[0-9a-f]{12} +C,, *$/m)
  t.same(store?.install(certificate), { kind: 'unchanged' })
  t.equal(store?.holds(certificate), true)
  t.same(store?.remove(certificate), { kind: 'removed' })
  t.same(store?.remove(certificate), { kind: 'unchanged' })
  t.notMatch(list(store?.path ?? ''), /hunch/)
})

t.test('another authority of the same user is another certificate', async t => {
  const { root, certificate, find } = await start(t)
  const { certificate: other } = await openAuthority(`${root}/other`, owner, Date.now())
  const [store] = find()
  t.same([store?.install(certificate), store?.install(other)], [{ kind: 'installed' }, { kind: 'installed' }])
  t.same(store?.remove(certificate), { kind: 'removed' })
  t.equal(store?.holds(other), true)
})

t.test('profiles of Firefox are found wherever it keeps them, once it has started', async t => {
  const makeProfile = () => ({ 'prefs.js': '' })
  const { root, certificate, find } = await start(t, {
    '.mozilla': { firefox: { 'a.default': makeProfile(), 'Crash Reports': {}, 'profiles.ini': '' } },
    snap: { firefox: { common: { '.mozilla': { firefox: { 'b.default': makeProfile() } } } } },
    '.local': { share: { pki: { nssdb: {} } } },
  })
  const paths = [
    '.local/share/pki/nssdb',
    '.mozilla/firefox/a.default',
    'snap/firefox/common/.mozilla/firefox/b.default',
  ]
  t.same(
    find().map(({ path }) => path),
    paths.map(path => `${root}/home/${path}`),
  )
  for (const store of find()) t.same(store.install(certificate), { kind: 'installed' }, store.path)
})

t.test('without certutil the store says what to install', async t => {
  const { certificate, find } = await start(t, {}, { PATH: '/nowhere' })
  const [store] = find()
  t.match(store?.install(certificate), {
    kind: 'failed',
    why: 'there is no certutil',
    todo: /libnss3-tools.*nss-tools/,
  })
})
