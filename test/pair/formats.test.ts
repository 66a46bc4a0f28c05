// Claims about nears that read only one delta format, or none: far keeps to what they read. The near is a bare client
// of the link that rebuilds the content with near's own reception.
import { connect, type ClientHttp2Session } from 'node:http2'
import t, { type Test } from 'tap'
import { Reception } from '../../proxy-near/reception.ts'
import { mayKeep } from '../../shared/http/caching.ts'
import { Freshness } from '../../shared/http/freshness.ts'
import type { DeltaFormat } from '../../shared/delta/format.ts'
import { type Ask, askFields } from '../../shared/link/ask.ts'
import { fieldsId, type Head } from '../../shared/link/head.ts'
import { digestOf, shorten, type Version } from '../../shared/version.ts'
import { makeText, Origin } from './odd-origin.ts'
import { type RunningPair, startPair } from './running-pair.ts'

const page = makeText(50_000)
const changed = `${page.slice(0, 20_000)}<p>changed</p>${page.slice(20_100)}`

interface Answered {
  readonly way: string
  readonly content: Buffer
  readonly head: Head
  readonly deltaBytes: number
}

function connectTo(t: Test, { url }: RunningPair): ClientHttp2Session {
  const session = connect(`https://127.0.0.1:${url.port}`, { rejectUnauthorized: false })
  session.on('error', () => undefined)
  t.teardown(() => session.destroy())
  return session
}

/** Asks far for `url` as a near that holds these versions and reads these formats. */
async function askAs(
  session: ClientHttp2Session,
  pair: RunningPair,
  url: string,
  { formats = [], bases = [] }: { readonly formats?: readonly DeltaFormat[]; readonly bases?: readonly Version[] },
): Promise<Answered> {
  const { host, pathname } = new URL(url)
  const ask: Ask = {
    bases: bases.map(base => ({ digest: shorten(base.digest), fieldsId: fieldsId(base.fields) })),
    formats,
    speculation: 'off',
    link: { bandwidthBytesPerSecond: undefined, roundTripMs: undefined },
    thresholds: {},
  }
  const stream = session.request({
    ':scheme': 'http',
    ':authority': host,
    ':path': pathname,
    'proxy-authorization': `Bearer ${pair.credential}`,
    'hunch-protocol': '1',
    ...askFields(ask),
  })
  const reception = new Reception(stream, { bases, maxHeldBytes: 1024 ** 2, maxTargetBytes: 1024 ** 2 })
  const head = await reception.open()
  const chunks: Uint8Array[] = []
  for await (const chunk of reception.content()) chunks.push(chunk)
  return { way: reception.way, content: Buffer.concat(chunks), head, deltaBytes: reception.received.delta }
}

function versionOf(url: string, { content, head }: Answered): Version {
  const facts = { method: 'GET', url, fields: [] }
  const freshness = Freshness.of(facts, head, 'private', 0)
  const scope = 'private:near' as const
  const { status, fields } = head
  return { url, scope, status, digest: digestOf(content), content, fields, freshness, storedAt: 0 }
}

t.test('a near gets deltas in the format that it reads, and whole contents when it reads none', async t => {
  const pair = await startPair(t)
  const session = connectTo(t, pair)
  let content = page
  const origin = await Origin.start(t, (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end(content)
  })
  const url = `${origin.url}/page`
  const first = await askAs(session, pair, url, {})
  t.equal(first.way, 'whole')
  t.ok(first.content.equals(Buffer.from(page)))
  t.ok(mayKeep({ method: 'GET', url, fields: [] }, first.head))
  const bases = [versionOf(url, first)]
  content = changed
  for (const formats of [['vcdiff'], ['dcb'], ['vcdiff', 'dcb']] as const) {
    const got = await askAs(session, pair, url, { formats, bases })
    t.equal(got.way, 'delta', formats.join(' and '))
    t.ok(got.content.equals(Buffer.from(changed)))
    t.ok(got.deltaBytes < 2_000, `${got.deltaBytes} bytes`)
  }
  const whole = await askAs(session, pair, url, { bases })
  t.equal(whole.way, 'whole')
  t.ok(whole.content.equals(Buffer.from(changed)))
})

t.test('a head that is told by the fields of a version that both hold is the head that the origin sent', async t => {
  const pair = await startPair(t)
  const session = connectTo(t, pair)
  const policy = `default-src 'self' ${makeText(2_000)}`
  const origin = await Origin.start(t, (_request, response) => {
    response.sendDate = false
    response.writeHead(200, { 'content-type': 'text/html', 'content-security-policy': policy }).end(page)
  })
  const url = `${origin.url}/`
  const first = await askAs(session, pair, url, {})
  const again = await askAs(session, pair, url, { formats: ['dcb'], bases: [versionOf(url, first)] })
  t.equal(again.way, 'confirmed')
  t.strictSame(again.head.fields, first.head.fields)
})
