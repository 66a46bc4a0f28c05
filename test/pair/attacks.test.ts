// Claims about attacks on far's port by who has no credential, and on the link by who stands in between. What is
// attacked elsewhere is in the table of docs/security.md.
import { once } from 'node:events'
import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2'
import { connect as connectTls } from 'node:tls'
import t, { type Test } from 'tap'
import { ask } from './client.ts'
import { Origin } from './odd-origin.ts'
import {
  CONTINUATION,
  END_HEADERS,
  END_STREAM,
  HEADERS,
  PING,
  RST_STREAM,
  SETTINGS,
  indexed,
  literal,
  openRaw,
} from './raw-client.ts'
import { type RunningPair, startPair } from './running-pair.ts'

const REQUEST = [
  [':method', 'GET'],
  [':scheme', 'http'],
  [':authority', 'origin.example'],
  [':path', '/'],
] as const

/** A pair whose near is in use, and what it still answers after `attack`. */
async function underAttack(t: Test, attack: (pair: RunningPair) => Promise<void>): Promise<void> {
  const pair = await startPair(t)
  const origin = await Origin.start(t, (_request, response) => void response.end('served'))
  t.equal((await ask(pair.near.address, `${origin.url}/before`)).body.toString(), 'served')
  await attack(pair)
  t.equal(
    (await ask(pair.near.address, `${origin.url}/after`)).body.toString(),
    'served',
    'others are served as before',
  )
}

t.test('rapid reset: who opens streams and resets them at once is hung up on', async t => {
  await underAttack(t, async ({ url }) => {
    const { write, over } = await openRaw(t, url.port)
    for (let id = 1; id < 6000; id += 2) {
      write(HEADERS, END_HEADERS | END_STREAM, id, literal(REQUEST))
      write(RST_STREAM, 0, id, Buffer.from([0, 0, 0, 8]))
    }
    await over
    t.pass('GOAWAY')
  })
})

t.test('CONTINUATION flood: fields that never end are hung up on', async t => {
  await underAttack(t, async ({ url }) => {
    const { write, over } = await openRaw(t, url.port)
    write(HEADERS, END_STREAM, 1, literal(REQUEST))
    for (let each = 0; each < 2000; each++) write(CONTINUATION, 0, 1, literal([[`x-${each}`, 'a'.repeat(1000)]]))
    await over
    t.pass('GOAWAY')
  })
})

t.test('SETTINGS and PING floods: who has others acknowledge without reading is hung up on', async t => {
  for (const [type, payload] of [
    [SETTINGS, Buffer.alloc(0)],
    [PING, Buffer.alloc(8)],
  ] as const) {
    await underAttack(t, async ({ url }) => {
      const { socket, write, over } = await openRaw(t, url.port)
      socket.pause()
      for (let each = 0; each < 400_000 && !socket.destroyed; each++) {
        write(type, 0, 0, payload)
        if (each % 1000 === 0) await new Promise(setImmediate)
      }
      socket.resume()
      await over
      t.pass(type === PING ? 'PING' : 'SETTINGS')
    })
  }
})

t.test('a header bomb: a kilobyte that names one large field a thousand times is refused', async t => {
  await underAttack(t, async ({ url }) => {
    const raw = await openRaw(t, url.port)
    const bomb = Buffer.concat([literal(REQUEST), indexed('cookie', 'a'.repeat(4000), 4000)])
    raw.write(HEADERS, END_HEADERS | END_STREAM, 1, bomb)
    // 16 MB of fields from 8 kB. What is answered first, if anything, is the request behind it.
    raw.write(HEADERS, END_HEADERS | END_STREAM, 3, literal(REQUEST))
    t.not(await raw.answered(), 1, 'it is no request')
  })
})

t.test('two thousand small fields are no request either', async t => {
  await underAttack(t, async ({ url }) => {
    const raw = await openRaw(t, url.port)
    const many = Array.from({ length: 2000 }, (_, at) => [`x-${at}`, ''] as const)
    raw.write(HEADERS, END_STREAM, 1, literal([...REQUEST, ...many.slice(0, 1000)]))
    raw.write(CONTINUATION, END_HEADERS, 1, literal(many.slice(1000)))
    raw.write(HEADERS, END_HEADERS | END_STREAM, 3, literal(REQUEST))
    t.not(await raw.answered(), 1)
  })
})

t.test('an older TLS, or a protocol that is not HTTP/2, gets no connection', async t => {
  const { url } = await startPair(t)
  const dial = async (options: object) => {
    const socket = connectTls({ port: url.port, host: '127.0.0.1', rejectUnauthorized: false, ...options })
    const result = await Promise.race([
      once(socket, 'secureConnect').then(() => `${socket.getProtocol()} ${socket.alpnProtocol}`),
      once(socket, 'error').then(() => 'refused'),
    ]).catch(() => 'refused')
    socket.destroy()
    return result
  }
  t.equal(await dial({ ALPNProtocols: ['h2'] }), 'TLSv1.3 h2')
  t.equal(await dial({ ALPNProtocols: ['h2'], maxVersion: 'TLSv1.2' }), 'refused')
  t.equal(await dial({ ALPNProtocols: ['h2'], maxVersion: 'TLSv1.1', minVersion: 'TLSv1' }), 'refused')
  t.equal(await dial({ ALPNProtocols: ['http/1.1'] }), 'refused')
})

t.test(
  'every TLS that OpenSSL can still speak is tried: far takes 1.3 with its three usual ciphers, and no other',
  async t => {
    const { url } = await startPair(t)
    const taken: string[] = []
    const tries = [
      ...(['TLSv1', 'TLSv1.1', 'TLSv1.2'] as const).map(version => ({
        minVersion: version,
        maxVersion: version,
        ciphers: 'ALL:@SECLEVEL=0',
      })),
      // Those of RFC 8446 §B.4.
      ...[
        'AES_128_GCM_SHA256',
        'AES_256_GCM_SHA384',
        'CHACHA20_POLY1305_SHA256',
        'AES_128_CCM_SHA256',
        'AES_128_CCM_8_SHA256',
      ].map(cipher => ({ minVersion: 'TLSv1.3' as const, ciphers: `TLS_${cipher}:ALL:@SECLEVEL=0` })),
    ]
    for (const options of tries) {
      const socket = connectTls({
        port: url.port,
        host: '127.0.0.1',
        rejectUnauthorized: false,
        ALPNProtocols: ['h2'],
        ...options,
      })
      await once(socket, 'secureConnect').then(
        () => taken.push(`${socket.getProtocol()} ${socket.getCipher().standardName}`),
        () => undefined,
      )
      socket.destroy()
    }
    t.strictSame(taken, [
      'TLSv1.3 TLS_AES_128_GCM_SHA256',
      'TLSv1.3 TLS_AES_256_GCM_SHA384',
      'TLSv1.3 TLS_CHACHA20_POLY1305_SHA256',
    ])
  },
)

function openSession(t: Test, port: number): ClientHttp2Session {
  const session = connectHttp2(`https://127.0.0.1:${port}`, { rejectUnauthorized: false })
  session.on('error', () => undefined)
  t.teardown(() => session.destroy())
  return session
}

/** The status of a plain request with this credential. */
async function statusWith(session: ClientHttp2Session, url: string, credential: string): Promise<unknown> {
  const { host } = new URL(url)
  const fields = { ':path': '/', ':scheme': 'http', ':authority': host, 'proxy-authorization': credential }
  const stream = session.request(fields)
  const [answer] = (await once(stream, 'response')) as [{ ':status': number }]
  stream.resume()
  return answer[':status']
}

t.test('a forged credential is refused, however near it comes to a right one', async t => {
  const pair = await startPair(t)
  const origin = await Origin.start(t, (_request, response) => void response.end())
  const right = `Bearer ${pair.credential}`
  t.equal(await statusWith(openSession(t, pair.url.port), origin.url, right), 200)
  const [id = '', secret = ''] = pair.credential.split('.')
  const last = secret.endsWith('A') ? 'B' : 'A'
  const forged = [
    `Bearer ${id}.${secret.slice(0, -2)}${last}${last}`,
    `Bearer ${id}.`,
    `Bearer ${secret}.${id}`,
    'Bearer',
  ]
  for (const each of forged)
    t.equal(await statusWith(openSession(t, pair.url.port), origin.url, each), 407, each.slice(0, 12))
})

t.test('an origin that sends a client to a private address has not got far there', async t => {
  // Far follows no redirect: the client asks anew, and that ask is judged like any other.
  const pair = await startPair(t, { far: ['--no-allow-private'] })
  for (const url of [
    'http://127.0.0.1:8080/',
    'http://localhost:8080/',
    'http://[::1]:8080/',
    'http://[::ffff:127.0.0.1]:8080/',
    'http://169.254.169.254/latest/meta-data/',
    'http://2130706433:8080/',
    'http://0x7f.1:8080/',
    'http://0177.0.0.1:8080/',
    'http://0.0.0.0:8080/',
    'http://10.0.0.1/',
    'http://[fd00::1]/',
    'http://[fe80::1]/',
    'http://[64:ff9b::7f00:1]/',
  ]) {
    const got = await ask(pair.near.address, url)
    t.match(got, { status: 403 }, url)
    t.match(got.body.toString(), /\[FAR_FORBIDDEN, at the far proxy\]/, url)
  }
})
