// Claims about who far is: its key, its certificate, its pin, and the files they are kept in.
import { createHash, createPrivateKey, generateKeyPairSync, X509Certificate } from 'node:crypto'
import { chmod, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { openIdentity } from '../../proxy-far/identity.ts'

t.test('the first start makes a key and a certificate that only far’s user may read', async t => {
  const dataDir = join(t.testdir(), 'new', 'far')
  const identity = await openIdentity(dataDir)
  t.equal((await stat(dataDir)).mode & 0o777, 0o700)
  t.strictSame((await readdir(dataDir)).sort(), ['far-cert.pem', 'far-key.pem'], 'nothing temporary is left')
  for (const file of ['far-cert.pem', 'far-key.pem']) {
    t.equal((await stat(join(dataDir, file))).mode & 0o777, 0o600, file)
  }
  const certificate = new X509Certificate(identity.cert)
  t.equal(certificate.publicKey.asymmetricKeyDetails?.namedCurve, 'prime256v1')
  t.ok(certificate.verify(certificate.publicKey), 'self-signed')
  t.ok(certificate.validToDate.getUTCFullYear() > 2100, 'long-lived')
})

t.test('the pin is the SHA-256 of the SubjectPublicKeyInfo of the certificate that is shown', async t => {
  const { cert, pin } = await openIdentity(t.testdir())
  const spki = new X509Certificate(cert).publicKey.export({ format: 'der', type: 'spki' })
  t.equal(pin, `sha256-${createHash('sha256').update(spki).digest('base64url')}`)
  t.match(pin, /^sha256-[\w-]{43}$/)
})

t.test('later starts have the same key, certificate and pin', async t => {
  const dataDir = t.testdir()
  const { key, cert, pin } = await openIdentity(dataDir)
  t.match(await openIdentity(dataDir), { key, cert, pin })
})

t.test('a lost, damaged or foreign certificate is made again from the key, and the pin stays', async t => {
  const dataDir = t.testdir({ other: {} })
  const { pin } = await openIdentity(dataDir)
  const path = join(dataDir, 'far-cert.pem')
  const foreign = (await openIdentity(join(dataDir, 'other'))).cert
  for (const damage of [() => rm(path), () => writeFile(path, 'no PEM'), () => writeFile(path, foreign)]) {
    await damage()
    const again = await openIdentity(dataDir)
    t.equal(again.pin, pin)
    t.ok(new X509Certificate(again.cert).checkPrivateKey(createPrivateKey(again.key)))
    t.not(again.cert, foreign)
    t.equal(await readFile(path, 'utf8'), again.cert)
  }
})

t.test('a damaged key is a fault that says what to do, and is left as it is', async t => {
  const dataDir = t.testdir({ 'far-key.pem': 'no PEM' })
  await t.rejects(openIdentity(dataDir), {
    code: 'CANNOT_READ',
    message: /far-key\.pem does not hold .* Put a copy back/,
  })
  t.equal(await readFile(join(dataDir, 'far-key.pem'), 'utf8'), 'no PEM')
})

t.test('a key of another kind is refused too', async t => {
  const { privateKey } = generateKeyPairSync('ed25519')
  const dataDir = t.testdir({ 'far-key.pem': privateKey.export({ format: 'pem', type: 'pkcs8' }).toString() })
  await t.rejects(openIdentity(dataDir), { code: 'CANNOT_READ' })
})

t.test('a directory that cannot be made or read is a fault with its path', async t => {
  const directory = t.testdir({ file: 'x' })
  await t.rejects(openIdentity(join(directory, 'file')), { code: 'CANNOT_READ', message: /file cannot be made/ })
  const path = join(directory, 'far-key.pem')
  await mkdir(path)
  await chmod(directory, 0o700)
  await t.rejects(openIdentity(directory), { code: 'CANNOT_READ', message: /far-key\.pem cannot be read/ })
})
