// Claims about the stores of systems. Their programs are scripts that write down how they were called.
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import { openAuthority } from '../../../proxy-near/authority.ts'
import { findSystemStore } from '../../../proxy-near/trust/system-store.ts'

async function start(t: Test, platform: NodeJS.Platform, folder: string, program: string, answer = 'exit 0') {
  const root = t.testdir({
    bin: { [program]: `#!/bin/sh\necho "$@" >> "${t.testdirName}/calls"\n${answer}\n` },
    calls: '',
    [folder.split('/')[0] ?? '']: {},
  })
  mkdirSync(`${root}/${folder}`, { recursive: true })
  chmodSync(`${root}/bin/${program}`, 0o755)
  const { certificate } = await openAuthority(`${root}/data`, { user: 'alice', machine: 'laptop' }, Date.now())
  const surroundings = { platform, root, home: `${root}/home`, env: { PATH: `${root}/bin:/bin:/usr/bin` } }
  const calls = () => readFileSync(`${root}/calls`, 'utf8')
  return { root, certificate, store: findSystemStore(surroundings), calls }
}

for (const [folder, program, refresh, suffix] of [
  ['usr/local/share/ca-certificates', 'update-ca-certificates', '--fresh', '.crt'],
  ['etc/pki/ca-trust/source/anchors', 'update-ca-trust', 'extract', '.pem'],
] as const) {
  t.test(`${program} is told of the certificate, and that it is gone`, async t => {
    const { root, certificate, store, calls } = await start(t, 'linux', folder, program)
    t.equal(store?.holds(certificate), false)
    t.same(store?.install(certificate), { kind: 'installed' })
    t.equal(store?.holds(certificate), true)
    t.same(store?.install(certificate), { kind: 'unchanged' })
    const name = `hunch-${certificate.fingerprint.replaceAll(':', '').slice(0, 12).toLowerCase()}${suffix}`
    t.equal(readFileSync(`${root}/${folder}/${name}`, 'utf8'), certificate.pem)
    t.same(store?.remove(certificate), { kind: 'removed' })
    t.notOk(existsSync(`${root}/${folder}/${name}`))
    t.same(store?.remove(certificate), { kind: 'unchanged' })
    t.equal(calls(), `\n${refresh}\n`)
  })

  t.test(`a ${program} that fails leaves nothing behind and says what to do`, async t => {
    const { certificate, store } = await start(t, 'linux', folder, program, 'echo no >&2; exit 1')
    const todo = new RegExp(`^Run: sudo install -m 644 .* && sudo ${program}$`)
    t.match(store?.install(certificate), { kind: 'failed', why: `${program}: no`, todo })
    t.equal(store?.holds(certificate), false)
  })
}

t.test('macOS: security is asked to trust it for TLS alone, in the keychain of the user', async t => {
  const { root, certificate, store, calls } = await start(t, 'darwin', 'home', 'security')
  const keychain = `${root}/home/Library/Keychains/login.keychain-db`
  t.same(store?.install(certificate), { kind: 'installed' })
  const trusting = `add-trusted-cert -r trustRoot -p ssl -k ${keychain} ${certificate.path}`
  t.equal(calls(), `find-certificate -a -Z ${keychain}\n${trusting}\n`)
})

t.test('macOS: it is found and deleted by its fingerprint, with its trust', async t => {
  const answer = '[ "$1" = find-certificate ] && echo "SHA-256 hash: $(cat "$(dirname "$0")/../hash")"; exit 0'
  const { root, certificate, store, calls } = await start(t, 'darwin', 'home', 'security', answer)
  const hash = certificate.fingerprint.replaceAll(':', '')
  writeFileSync(`${root}/hash`, hash)
  t.equal(store?.holds(certificate), true)
  t.same(store?.remove(certificate), { kind: 'removed' })
  t.match(calls(), new RegExp(`\\ndelete-certificate -Z ${hash} -t /.*login\\.keychain-db\\n$`))
})

t.test('a system that is not known has no store', async t => {
  t.equal(findSystemStore({ platform: 'linux', root: t.testdir(), home: '/', env: {} }), undefined)
})
