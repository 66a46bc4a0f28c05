// Claims about the authority of a machine and the certificates that it signs, verified by OpenSSL.
import { spawnSync } from 'node:child_process'
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { statSync, writeFileSync } from 'node:fs'
import t from 'tap'
import { deleteAuthority, openAuthority, readAuthority } from '../../proxy-near/authority.ts'

const owner = { user: 'alice', machine: 'laptop' }
const DAY_MS = 86_400_000
const NOW = Date.UTC(2026, 5, 1)

function verify(folder: string, leaf: string, host: string, at: number, ...words: string[]) {
  writeFileSync(`${folder}/leaf.pem`, leaf)
  const time = ['-attime', String(at / 1000), '-purpose', 'sslserver']
  const name = host.includes(':') || /^[\d.]+$/.test(host) ? '-verify_ip' : '-verify_hostname'
  const trust = ['-x509_strict', '-CAfile', `${folder}/data/authority-cert.pem`, name, host]
  return spawnSync('openssl', ['verify', ...trust, ...time, ...words, `${folder}/leaf.pem`], { encoding: 'utf8' })
}

t.test('it is made at first use, for its owner alone, and stays the same', async t => {
  const data = `${t.testdir()}/data`
  t.equal(await readAuthority(data), undefined)
  const { certificate } = await openAuthority(data, owner, NOW)
  t.equal(
    certificate.subject.replace(/\w{8}$/, '…'),
    'CN = Hunch of alice on laptop, O = Hunch on this machine, OU = …',
  )
  t.match(certificate.fingerprint, /^(?:[0-9A-F]{2}:){31}[0-9A-F]{2}$/)
  t.equal(statSync(data).mode & 0o777, 0o700)
  t.equal(statSync(`${data}/authority-key.pem`).mode & 0o777, 0o600)
  const years = (certificate.notAfter.getTime() - certificate.notBefore.getTime()) / DAY_MS / 365
  t.ok(years < 10, `${years} years`)
  const again = await openAuthority(data, { user: 'bob', machine: 'desk' }, NOW + DAY_MS)
  t.same(again.certificate, certificate)
  t.same(await readAuthority(data), certificate)
})

t.test('it may sign for servers and not make another authority', async t => {
  const { certificate } = await openAuthority(t.testdir(), owner, NOW)
  const words = ['x509', '-noout', '-ext', 'basicConstraints,keyUsage']
  const { stdout } = spawnSync('openssl', words, { input: certificate.pem, encoding: 'utf8' })
  t.match(stdout, /Basic Constraints: critical\n +CA:TRUE, pathlen:0\n/)
  t.match(stdout, /Key Usage: critical\n +Certificate Sign\n/)
})

t.test('a leaf is good for its one host, for servers, for a week, by the strictest rules of OpenSSL', async t => {
  const folder = t.testdir()
  const authority = await openAuthority(`${folder}/data`, owner, NOW)
  const long = `${'a'.repeat(60)}.${'b'.repeat(60)}.example`
  for (const host of [
    'site.example',
    'xn--bcher-kva.example',
    '192.0.2.7',
    '2001:db8::7',
    'under_score.example',
    long,
  ]) {
    const { cert } = authority.sign(host, NOW)
    const { status, stderr } = verify(folder, cert, host, NOW)
    t.equal(status, 0, `${host}: ${stderr}`)
    t.match(verify(folder, cert, 'other.example', NOW), { status: 2, stderr: /hostname mismatch/ })
    if (/[a-z]$/.test(host))
      t.match(verify(folder, cert, `www.${host}`, NOW), { status: 2, stderr: /hostname mismatch/ })
    const { subjectAltName, validFromDate, validToDate } = new X509Certificate(cert)
    t.notMatch(subjectAltName, /,/, 'one name')
    t.equal(validFromDate.getTime(), NOW - DAY_MS)
    t.ok(validToDate.getTime() - validFromDate.getTime() <= 7 * DAY_MS)
    t.match(verify(folder, cert, host, NOW + 7 * DAY_MS), { status: 2, stderr: /expired/ })
    t.match(verify(folder, cert, host, NOW, '-purpose', 'sslclient'), { status: 2, stderr: /purpose/ })
  }
})

t.test('a leaf is as good in 2050, from when on X.509 writes years with four digits', async t => {
  const folder = t.testdir()
  const then = Date.UTC(2049, 11, 30)
  const authority = await openAuthority(`${folder}/data`, owner, then)
  const { cert } = authority.sign('site.example', then)
  t.match(verify(folder, cert, 'site.example', then + 5 * DAY_MS), { status: 0 })
})

t.test('serial numbers differ; the key is not that of the authority', async t => {
  const authority = await openAuthority(t.testdir(), owner, NOW)
  const leaves = Array.from({ length: 20 }, () => authority.sign('site.example', NOW))
  t.equal(new Set(leaves.map(({ cert }) => new X509Certificate(cert).serialNumber)).size, 20)
  const [leaf] = leaves
  t.ok(new X509Certificate(leaf!.cert).checkPrivateKey(createPrivateKey(leaf!.key)))
  t.notOk(new X509Certificate(authority.certificate.pem).checkPrivateKey(createPrivateKey(leaf!.key)))
})

t.test('an authority that has expired or is damaged is not used and not replaced', async t => {
  const data = t.testdir()
  const { certificate } = await openAuthority(data, owner, NOW)
  const late = openAuthority(data, owner, certificate.notAfter.getTime() + 1)
  await t.rejects(late, { code: 'CANNOT_READ', message: /expired on 2031-.* hunch ca remove/ })
  const other = `${t.testdir()}/other`
  await openAuthority(other, owner, NOW)
  writeFileSync(`${other}/authority-cert.pem`, certificate.pem)
  await t.rejects(openAuthority(other, owner, NOW), { code: 'CANNOT_READ', message: /do not belong together/ })
  writeFileSync(`${other}/authority-cert.pem`, 'none')
  await t.rejects(openAuthority(other, owner, NOW), { code: 'CANNOT_READ', message: /does not hold a certificate/ })
})

t.test('it is deleted in two steps', async t => {
  const data = t.testdir()
  const { certificate } = await openAuthority(data, owner, NOW)
  await deleteAuthority(data, 'key')
  t.same(await readAuthority(data), certificate)
  await deleteAuthority(data, 'key and certificate')
  t.equal(await readAuthority(data), undefined)
  await deleteAuthority(data, 'key and certificate')
})
