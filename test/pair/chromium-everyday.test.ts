// What people do with a browser every day, done by Chromium through the pair, nearly all of it over HTTPS that near opens.
// Servers and pages wait for one another, so that what is buffered or done one after the other never ends.
import { createHash, randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { pipeline, Readable } from 'node:stream'
import t from 'tap'
import type { Page } from 'playwright-core'
import { readContent, run, startEverydayBrowser } from './everyday-browser.ts'
import { makeText } from './odd-origin.ts'

const sha256 = (bytes: string | Uint8Array) => createHash('sha256').update(bytes).digest('hex')
const HEX_DIGEST = `const hexDigest = async bytes =>
  [...new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))].map(n => n.toString(16).padStart(2, '0')).join('')`

t.test('Chromium, which trusts near, does all of this through the pair', async t => {
  const { site, otherSite, plainSite, nears, openProfile } = await startEverydayBrowser(t)
  const profile = await openProfile()
  /** A tab that shows a page of `site`, from which scripts reach all of it. */
  async function openTab(url = site.url): Promise<Page> {
    const tab = await profile.newPage()
    await tab.goto(`${url}/empty`)
    return tab
  }
  for (const one of [site, otherSite, plainSite]) one.page('/empty')

  t.test('a page with a hundred resources asks for all of them at once, over one connection of HTTP/2', async t => {
    const count = 100
    const held: (() => void)[] = []
    const protocols = new Set<string>()
    const images = Array.from({ length: count }, (_, at) => `<img src="/picture?${at}">`)
    site.page('/pictures', images.join(''))
    site.on('/picture', (request, response) => {
      protocols.add(request.httpVersion)
      const text = `<svg xmlns="http://www.w3.org/2000/svg" width="2" height="2"><text>${request.url}</text></svg>`
      held.push(() => response.writeHead(200, { 'content-type': 'image/svg+xml' }).end(text))
      // Nobody gets anything before all have asked: a browser with six connections would wait for ever.
      if (held.length === count) for (const answer of held) answer()
    })
    const tab = await profile.newPage()
    const connections = new Set<number>()
    const devtools = await profile.newCDPSession(tab)
    devtools.on('Network.responseReceived', ({ response }) => connections.add(response.connectionId))
    await devtools.send('Network.enable')
    await tab.goto(`${site.url}/pictures`, { waitUntil: 'load' })
    const seen = await run<{ complete: number; protocols: string[] }>(
      tab,
      `const images = [...document.images]
    const entries = performance.getEntries().filter(entry => 'nextHopProtocol' in entry)
    return {
      complete: images.filter(image => image.complete && image.naturalWidth > 0).length,
      protocols: [...new Set(entries.map(entry => entry.nextHopProtocol))],
    }`,
    )
    t.same(seen, { complete: count, protocols: ['h2'] })
    t.equal(connections.size, 1)
    t.same([...protocols], ['2.0'], 'far speaks HTTP/2 to the site, too')
    await tab.close()
  })

  t.test('WebSockets echo text, binary messages and a megabyte, and close with their codes', async t => {
    for (const { url, socketUrl } of [site, plainSite]) {
      const tab = await openTab(url)
      const seen = await run<object>(
        tab,
        `${HEX_DIGEST}
      const socket = new WebSocket('${socketUrl}/echo')
      socket.binaryType = 'arraybuffer'
      const next = name => new Promise((resolve, reject) => {
        socket.addEventListener(name, resolve, { once: true })
        socket.addEventListener('error', () => reject(new Error('the socket failed')), { once: true })
      })
      const exchange = async message => { const came = next('message'); socket.send(message); return (await came).data }
      await next('open')
      const text = await exchange('Grüße, 世界')
      const bytes = [...new Uint8Array(await exchange(Uint8Array.of(0, 255, 13, 10)))]
      const large = new Uint8Array(1_000_000).map((_, at) => (at * at) >> 3)
      const sameLarge = await hexDigest(await exchange(large)) === await hexDigest(large)
      const closed = next('close')
      socket.close(4001, 'done here')
      const { code, reason, wasClean } = await closed
      return { text, bytes, sameLarge, code, reason, wasClean }`,
      )
      const closing = { code: 4001, reason: 'done here', wasClean: true }
      t.same(seen, { text: 'Grüße, 世界', bytes: [0, 255, 13, 10], sameLarge: true, ...closing }, socketUrl)
      await tab.close()
    }
  })

  t.test('server-sent events come one by one, and go on behind the last one after a break', async t => {
    const lastIds: (string | undefined)[] = []
    site.on('/events', async (request, response) => {
      const lastId = request.headers['last-event-id']?.toString()
      lastIds.push(lastId)
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
      response.write('retry: 1\n\n')
      const first = lastId === undefined ? 1 : Number(lastId) + 1
      for (let id = first; id < first + 2; id++) {
        response.write(`id: ${id}\ndata: event ${id}\n\n`)
        await site.acknowledged(`event ${id}`.replace(' ', ''))
      }
      response.end()
    })
    const tab = await openTab()
    const events = await run<string[]>(
      tab,
      `const source = new EventSource('/events')
    const events = []
    await new Promise(resolve => {
      source.onmessage = ({ data }) => {
        events.push(data)
        if (events.length === 4) resolve()
        void fetch('/acknowledge?' + data.replace(' ', ''))
      }
    })
    source.close()
    return events`,
    )
    t.same(events, ['event 1', 'event 2', 'event 3', 'event 4'])
    t.same(lastIds, [undefined, '2'])
    await tab.close()
  })

  t.test('a file of 20 MB is uploaded as it is', async t => {
    site.on('/upload', async (request, response) => {
      const content = new Response(await readContent(request), {
        headers: { 'content-type': request.headers['content-type'] ?? '' },
      })
      const form = await content.formData()
      const file = form.get('file') as unknown as File
      const digest = sha256(new Uint8Array(await file.arrayBuffer()))
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify({ name: file.name, size: file.size, digest, note: form.get('note') }))
    })
    site.page(
      '/form',
      '<form method="post" action="/upload" enctype="multipart/form-data"><input name="note"><input type="file" name="file"></form>',
    )
    const tab = await profile.newPage()
    await tab.goto(`${site.url}/form`)
    const buffer = randomBytes(20_000_000)
    await tab.setInputFiles('[type=file]', { name: 'holiday.raw', mimeType: 'image/x-raw', buffer })
    await tab.fill('[name=note]', 'Größe')
    const [response] = await Promise.all([tab.waitForNavigation(), run(tab, `document.forms[0].submit()`)])
    const expected = { name: 'holiday.raw', size: 20_000_000, digest: sha256(buffer), note: 'Größe' }
    t.same(JSON.parse((await response?.text()) ?? ''), expected)
    await tab.close()
  })

  t.test('three who are logged in see their own pages only, whatever near and far hold of the others', async t => {
    const common = makeText(20_000)
    let visit = 0
    site.on('/login', async (request, response) => {
      const user = new URLSearchParams((await readContent(request)).toString()).get('user') ?? ''
      response.writeHead(303, { location: '/account', 'set-cookie': `user=${user}; Secure; HttpOnly` }).end()
    })
    site.page('/login-form', '<form method="post" action="/login"><input name="user"></form>')
    // What the site says of these pages, and what it leaves out: none of them names Cookie in Vary.
    const careless: Readonly<Record<string, string | undefined>> = {
      '/account': 'no-cache',
      '/account/silent': undefined,
      '/account/private': 'private, max-age=600',
      '/account/lasting': 'max-age=600',
    }
    for (const [path, caching] of Object.entries(careless)) {
      site.on(path, (request, response) => {
        visit += 1
        const user = /user=(\w+)/.exec(request.headers.cookie ?? '')?.[1] ?? 'nobody'
        if (caching !== undefined) response.setHeader('cache-control', caching)
        response.writeHead(200, { 'content-type': 'text/html', etag: `"${user}${visit}"` })
        response.end(`${common}<p>The secret of ${user}: ${makeText(200, user.length)}<p>${visit}`)
      })
    }
    const users = [
      ['ann', nears[0]],
      ['robert', nears[0]],
      ['christine', nears[1]],
    ] as const
    const tabs = await Promise.all(
      users.map(async ([user, near]) => ({ user, tab: await (await openProfile(near)).newPage() })),
    )
    for (const { user, tab } of tabs) {
      await tab.goto(`${site.url}/login-form`)
      await tab.fill('[name=user]', user)
      await Promise.all([tab.waitForURL(/account/), tab.press('[name=user]', 'Enter')])
    }
    const ways = new Set<string>()
    for (const round of [1, 2, 3]) {
      for (const path of Object.keys(careless)) {
        for (const { user, tab } of tabs) {
          const response = await tab.goto(`${site.url}${path}`)
          const secrets = [...((await response?.text()) ?? '').matchAll(/The secret of (\w+)/g)].map(([, name]) => name)
          t.same(secrets, [user], `${path}, round ${round}`)
          ways.add(/detail=(\w+)/.exec(response?.headers()['cache-status'] ?? '')?.[1] ?? '')
        }
      }
    }
    t.ok(ways.has('delta'), `they came as ${[...ways].join(', ')}`)
    await Promise.all(tabs.map(async ({ tab }) => tab.context().close()))
  })

  t.test('redirects are followed by the browser: as GET where they say so, else with method and content', async t => {
    site.on('/old', (_request, response) => response.writeHead(302, { location: '/moved' }).end())
    site.on('/moved', (_request, response) => response.writeHead(301, { location: `${otherSite.url}/new` }).end())
    otherSite.page('/new', 'here')
    const tab = await profile.newPage()
    const response = await tab.goto(`${site.url}/old`)
    t.equal(response?.url(), `${otherSite.url}/new`)
    site.on('/post', (_request, answer) => answer.writeHead(307, { location: '/posted' }).end())
    site.on('/posted', async (request, answer) =>
      answer.end(`${request.method} ${(await readContent(request)).toString()}`),
    )
    await tab.goto(`${site.url}/empty`)
    const sent = `return (await fetch('/post', { method: 'POST', body: 'twice' })).text()`
    t.equal(await run(tab, sent), 'POST twice')
    await tab.close()
  })

  t.test('a service worker is installed, and answers from what it made and what it fetched', async t => {
    site.page('/app/')
    site.on('/app/worker.js', (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/javascript' }).end(`
      self.addEventListener('install', event =>
        event.waitUntil(caches.open('app').then(cache => cache.add('/app/kept')).then(() => self.skipWaiting())))
      self.addEventListener('activate', event => event.waitUntil(self.clients.claim()))
      self.addEventListener('fetch', event => {
        if (event.request.url.endsWith('/made')) event.respondWith(new Response('made by the worker'))
        else if (event.request.url.endsWith('/kept')) event.respondWith(caches.match(event.request))
      })`)
    })
    let asked = 0
    site.on('/app/kept', (_request, response) => response.end(`asked ${++asked}`))
    site.on('/app/fetched', (_request, response) => response.end('from the site'))
    const tab = await profile.newPage()
    await tab.goto(`${site.url}/app/`)
    const seen = await run(
      tab,
      `const controlled = new Promise(resolve => navigator.serviceWorker.addEventListener('controllerchange', resolve))
    await navigator.serviceWorker.register('/app/worker.js')
    await controlled
    return Promise.all(['made', 'kept', 'fetched'].map(async name => (await fetch('/app/' + name)).text()))`,
    )
    t.same(seen, ['made by the worker', 'asked 1', 'from the site'])
    await tab.close()
  })

  t.test('fetch reads a response as it comes, and sends a request as it is made', async t => {
    site.on('/reading', async (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/plain' })
      for (const word of ['one', 'two', 'three']) {
        response.write(word)
        await site.acknowledged(`read-${word}`)
      }
      response.end()
    })
    site.on('/writing', async (request, response) => {
      const words: string[] = []
      request.on('data', (chunk: Buffer) => {
        words.push(chunk.toString())
        waiting.get(words.join(' '))?.resolve()
      })
      request.on('end', () => response.end(words.join(' ')))
    })
    const waiting = new Map(['one', 'one two'].map(said => [said, Promise.withResolvers<void>()]))
    site.on('/written', async (request, response) => {
      await waiting.get(decodeURIComponent(request.url.split('?')[1] ?? ''))?.promise
      response.end()
    })
    const tab = await openTab()
    const read = await run(
      tab,
      `const words = []
    const { body } = await fetch('/reading')
    for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
      words.push(chunk)
      await fetch('/acknowledge?read-' + chunk)
    }
    return words`,
    )
    t.same(read, ['one', 'two', 'three'])
    const written = await run(
      tab,
      `const body = new ReadableStream({
      async start(controller) {
        controller.enqueue('one')
        await fetch('/written?one')
        controller.enqueue('two')
        await fetch('/written?one%20two')
        controller.enqueue('three')
        controller.close()
      },
    }).pipeThrough(new TextEncoderStream())
    return (await fetch('/writing', { method: 'POST', body, duplex: 'half' })).text()`,
    )
    t.equal(written, 'one two three')
    await tab.close()
  })

  t.test('a reload is answered with 304, and history shows what was there', async t => {
    const conditions: (string | undefined)[] = []
    site.on('/dated', (request, response) => {
      conditions.push(request.headers['if-none-match'])
      const fields = { etag: '"1"', 'content-type': 'text/html', 'cache-control': 'no-cache' }
      const isHeld = request.headers['if-none-match']?.includes('"1"') === true
      response.writeHead(isHeld ? 304 : 200, fields).end(isHeld ? '' : '<title>dated</title>')
    })
    site.page('/next')
    const tab = await profile.newPage()
    const documents = new Set<string>()
    const responses: (readonly [request: string, status: number])[] = []
    const devtools = await profile.newCDPSession(tab)
    devtools.on(
      'Network.requestWillBeSent',
      ({ requestId, type }) => void (type === 'Document' && documents.add(requestId)),
    )
    devtools.on('Network.responseReceivedExtraInfo', ({ requestId, statusCode }) => {
      responses.push([requestId, statusCode])
    })
    await devtools.send('Network.enable')
    await tab.goto(`${site.url}/dated`)
    await tab.reload()
    // Chromium asks for an icon, too.
    const statuses = responses.filter(([request]) => documents.has(request)).map(([, status]) => status)
    t.same(statuses, [200, 304])
    t.equal(await tab.title(), 'dated')
    t.same(conditions.slice(0, 1), [undefined])
    t.match(conditions.at(-1), /"1"/)
    await tab.goto(`${site.url}/next`)
    await tab.goBack()
    t.equal(await tab.title(), 'dated')
    await tab.goForward()
    t.equal(await tab.title(), '/next')
    await tab.close()
  })

  t.test('a download is saved under the name that the site gives it, byte by byte', async t => {
    const file = randomBytes(5_000_000)
    site.page('/downloads', `<a href="/file">the file</a>`)
    site.on('/file', (_request, response) => {
      const name = `attachment; filename="menu.bin"; filename*=UTF-8''men%C3%BC.bin`
      response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-disposition': name }).end(file)
    })
    const tab = await profile.newPage()
    await tab.goto(`${site.url}/downloads`)
    const [download] = await Promise.all([tab.waitForEvent('download'), tab.click('a')])
    t.equal(download.suggestedFilename(), 'menü.bin')
    t.equal(sha256(await readFile(await download.path())), sha256(file))
    await tab.close()
  })

  t.test('a film of which only a part was loaded is played from where the user goes', async t => {
    const film = makeSound(600)
    const ranges: number[] = []
    site.on('/film', (request, response) => {
      const [, from = '0', to] = /bytes=(\d+)-(\d*)/.exec(request.headers.range ?? '') ?? []
      const start = Number(from)
      const end = to ? Number(to) : film.length - 1
      ranges.push(start)
      response.writeHead(206, {
        'content-type': 'audio/wav',
        'content-range': `bytes ${start}-${end}/${film.length}`,
        'content-length': end + 1 - start,
        'accept-ranges': 'bytes',
        etag: '"film"',
        'cache-control': 'max-age=600',
      })
      // Piece by piece: an origin on Node refuses requests while too much of one answer lies in its connection.
      const pieces = Readable.from(piecesOf(film.subarray(start, end + 1)))
      pipeline(pieces, response, () => undefined)
    })
    site.page('/cinema', '<video src="/film" preload="metadata" muted></video>')
    const tab = await profile.newPage()
    await tab.goto(`${site.url}/cinema`)
    const seen = await run<{ duration: number; at: number }>(
      tab,
      `const film = document.querySelector('video')
    const failed = new Promise((_, reject) => { film.onerror = () => reject(new Error(film.error.message)) })
    const happened = name => Promise.race([failed, new Promise(resolve => { film.addEventListener(name, resolve, { once: true }) })])
    if (film.readyState === 0) await happened('loadedmetadata')
    film.currentTime = 500
    await happened('seeked')
    const moved = happened('timeupdate')
    await film.play()
    await moved
    return { duration: film.duration, at: film.currentTime }`,
    )
    t.equal(seen.duration, 600)
    t.ok(seen.at >= 500 && seen.at < 510, `it plays at ${seen.at}`)
    t.ok(
      ranges.some(start => start > film.length / 2),
      `ranges from ${ranges.join(', ')}`,
    )
    await tab.close()
  })

  t.test('a frame of another origin speaks with its page; the other origin says who may ask it what', async t => {
    const asked: string[] = []
    otherSite.page(
      '/frame',
      `<script>onmessage = ({ data, origin, source }) => source.postMessage(data + ' back', origin)</script>`,
    )
    const allow = (response: { setHeader(name: string, value: string): unknown }) => {
      response.setHeader('access-control-allow-origin', site.url)
      response.setHeader('access-control-allow-methods', 'PUT')
      response.setHeader('access-control-allow-headers', 'x-token')
    }
    for (const path of ['/api', '/closed-api']) {
      otherSite.on(path, async (request, response) => {
        asked.push(`${request.method} ${path}`)
        if (path === '/api') allow(response)
        response.writeHead(request.method === 'OPTIONS' ? 204 : 200)
        response.end(
          request.method === 'OPTIONS'
            ? ''
            : `${String(request.headers['x-token'])} ${(await readContent(request)).toString()}`,
        )
      })
    }
    site.page('/page-with-frame', `<iframe src="${otherSite.url}/frame"></iframe>`)
    const tab = await profile.newPage()
    await tab.goto(`${site.url}/page-with-frame`, { waitUntil: 'load' })
    const seen = await run(
      tab,
      `const heard = new Promise(resolve => { onmessage = ({ data, origin }) => resolve([data, origin]) })
    frames[0].postMessage('there and', '${otherSite.url}')
    const put = path =>
      fetch('${otherSite.url}' + path, { method: 'PUT', headers: { 'x-token': 'abc' }, body: 'content' })
        .then(response => response.text(), error => error.name)
    return [await heard, await put('/api'), await put('/closed-api')]`,
    )
    t.same(seen, [['there and back', otherSite.url], 'abc content', 'TypeError'])
    t.same(asked, ['OPTIONS /api', 'PUT /api', 'OPTIONS /closed-api'])
    await tab.close()
  })

  t.test('an early hint lets the browser load a style before there is a page', async t => {
    site.on('/style.css', (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/css', 'cache-control': 'max-age=60' }).end('body { color: red }')
      styled.resolve()
    })
    const styled = Promise.withResolvers<void>()
    site.on('/hinted', async (_request, response) => {
      response.writeEarlyHints({ link: '</style.css>; rel=preload; as=style' })
      // There is no page at all until the style was asked for.
      await styled.promise
      response.writeHead(200, { 'content-type': 'text/html' })
      response.end('<!doctype html><link rel="stylesheet" href="/style.css"><p>hinted')
    })
    const tab = await profile.newPage()
    await tab.goto(`${site.url}/hinted`)
    const initiator = `return performance.getEntriesByType('resource').find(({ name }) => name.endsWith('style.css')).initiatorType`
    t.equal(await run(tab, initiator), 'early-hints')
    t.equal(await run(tab, 'return getComputedStyle(document.body).color'), 'rgb(255, 0, 0)')
    await tab.close()
  })
})

function* piecesOf(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536)
}

/** A film without pictures, as every Chromium plays it: WAV, 8 kHz, 16 bits. */
function makeSound(seconds: number): Buffer {
  const rate = 8000
  const samples = Buffer.alloc(rate * 2 * seconds)
  const head = Buffer.alloc(44)
  head.write('RIFF')
  head.writeUInt32LE(36 + samples.length, 4)
  head.write('WAVEfmt ', 8)
  head.writeUInt32LE(16, 16)
  head.writeUInt16LE(1, 20)
  head.writeUInt16LE(1, 22)
  head.writeUInt32LE(rate, 24)
  head.writeUInt32LE(rate * 2, 28)
  head.writeUInt16LE(2, 32)
  head.writeUInt16LE(16, 34)
  head.write('data', 36)
  head.writeUInt32LE(samples.length, 40)
  return Buffer.concat([head, samples])
}
