// Claims about origins that misbehave: a page with the fault while nothing was sent, a broken connection after that.
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import type { Socket } from 'node:net'
import t, { type Test } from 'tap'
import { ask, begin, headOf, readAll } from './client.ts'
import { closedUrl, makeText, startRawOrigin } from './odd-origin.ts'
import { startPair } from './running-pair.ts'

const page = makeText(200_000)
const HEAD = 'HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n'

async function expectPage(t: Test, proxy: string, url: string, code: string, status = 502): Promise<void> {
  const plain = await ask(proxy, url)
  t.match(plain, { status, complete: true }, code)
  t.match(plain.body.toString(), new RegExp(`\\[${code}, at the site\\]\\n$`))
  t.match(plain.all('proxy-status'), [new RegExp(`^hunch-near;error=\\w+;details="${code}: `)])
  const html = await ask(proxy, url, { fields: ['Accept', 'text/html,*/*'] })
  t.match(html.all('content-type'), [/^text\/html/])
  t.match(
    html.body.toString(),
    new RegExp(`<li class="failed" aria-current="true">the site</li>[^]*<code>${code}</code>`),
  )
}

t.test('an origin that refuses, and a name that does not exist, are named', async t => {
  const { near } = await startPair(t)
  await expectPage(t, near.address, await closedUrl(), 'ORIGIN_REFUSED')
  await expectPage(t, near.address, 'http://nowhere.invalid/', 'ORIGIN_NAME')
})

t.test('an origin that resets before its head, or sends what is no HTTP, is a page', async t => {
  const { near } = await startPair(t)
  const refusals = [
    ['ORIGIN_RESET', ''],
    ['ORIGIN_RESET', 'HTTP/1.1 200 OK\r\nContent-'],
    ['ORIGIN_BAD_RESPONSE', 'SSH-2.0-OpenSSH_9.2p1\r\n'],
    ['ORIGIN_BAD_RESPONSE', 'HTTP/1.1 200 OK\r\nA field without a colon\r\n\r\n'],
    ['ORIGIN_BAD_RESPONSE', 'HTTP/1.1 200 OK\r\nX-A: a\u0000b\r\n\r\n'],
    ['ORIGIN_LENGTH', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab'],
    ['ORIGIN_BAD_RESPONSE', 'HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n'],
    ['ORIGIN_BAD_RESPONSE', `HTTP/1.1 200 OK\r\nX-Large: ${'x'.repeat(300 * 1024)}\r\n\r\n`],
  ] as const
  for (const [code, text] of refusals) {
    const url = await startRawOrigin(t, socket => socket.end(text, 'latin1'))
    await t.test(`${code}: ${JSON.stringify(text.slice(0, 60))}`, t => expectPage(t, near.address, url, code))
  }
})

t.test('an origin that says nothing is given up after originTimeoutMs', async t => {
  const { near } = await startPair(t, { far: ['--origin-timeout-ms', '50'] })
  await expectPage(t, near.address, await startRawOrigin(t, () => undefined), 'ORIGIN_TIMEOUT', 504)
})

t.test('a reset or a stall in the middle of a content breaks the connection: nothing looks complete', async t => {
  const { near } = await startPair(t, { far: ['--origin-silence-ms', '100'] })
  for (const framing of ['Content-Length: 200000\r\n\r\n', 'Transfer-Encoding: chunked\r\n\r\n186a0\r\n']) {
    for (const end of ['reset', 'stall'] as const) {
      const came = Promise.withResolvers<Socket>()
      const url = await startRawOrigin(t, socket => {
        socket.write(`${HEAD}${framing}${page.slice(0, 50_000)}`)
        came.resolve(socket)
      })
      const request = begin(near.address, url)
      request.end()
      // A reset that overtakes the head would be a response that never began.
      const response = await headOf(request)
      if (end === 'reset') (await came.promise).destroy()
      const got = await readAll(response)
      t.match(got, { status: 200, complete: false }, `${end}, ${framing.slice(0, 17)}`)
      t.ok(got.body.equals(Buffer.from(page.slice(0, got.body.length))))
    }
  }
})

t.test(
  'an origin that sends less than it announced never looks complete; what it sends beyond is not read',
  async t => {
    const { near } = await startPair(t)
    const short = await startRawOrigin(t, socket =>
      socket.end(`${HEAD}Content-Length: 20000\r\n\r\n${page.slice(0, 19_999)}`),
    )
    // Small enough that far may know before near has sent anything: then it is a page that says so.
    const cut = await ask(near.address, short)
    t.ok(cut.status === 502 ? cut.complete : cut.status === 200 && !cut.complete, `${cut.status}, ${cut.complete}`)
    const long = await startRawOrigin(t, socket =>
      socket.end(`${HEAD}Content-Length: 10000\r\n\r\n${page.slice(0, 10_001)}`),
    )
    const got = await ask(near.address, long)
    t.match(got, { status: 200, complete: true })
    t.equal(got.body.toString(), page.slice(0, 10_000))
  },
)

t.test(
  'compression that is truncated or corrupted never makes a complete response; sound compression does',
  async t => {
    const { near } = await startPair(t)
    const codings = {
      gzip: gzipSync(page),
      br: brotliCompressSync(page),
      zstd: zstdCompressSync(page),
      deflate: deflateSync(page),
    }
    for (const [coding, sound] of Object.entries(codings)) {
      const corrupted = Buffer.from(sound)
      // Brotli and Zstandard as origins use them carry no checksum: only what breaks their grammar can be seen.
      corrupted.fill(0xff, coding === 'br' ? 0 : sound.length >> 1, coding === 'br' ? 16 : sound.length)
      for (const [state, content] of Object.entries({ sound, truncated: sound.subarray(0, -20), corrupted })) {
        const url = await startRawOrigin(t, socket => {
          socket.write(`${HEAD}Content-Encoding: ${coding}\r\nContent-Length: ${content.length}\r\n\r\n`)
          socket.end(content)
        })
        const got = await ask(near.address, url)
        t.equal(got.status === 200 && got.complete, state === 'sound', `${coding}, ${state}`)
        if (got.status === 200) t.ok(got.body.equals(Buffer.from(page.slice(0, got.body.length))))
        else t.match(got.body.toString(), /\[ORIGIN_CODING, at the site\]/)
      }
    }
  },
)
