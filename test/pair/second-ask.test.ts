// Claims about a far that sends what is wrong: before the client has a byte, near asks again and nobody sees it; after
// that, the client's connection breaks and never looks complete. Far is played by a script that writes parts.
import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliCompressSync } from 'node:zlib'
import t, { type Test } from 'tap'
import { startNear } from '../../proxy-near/near.ts'
import { readConfig } from '../../shared/config/read-config.ts'
import { encodeHead, type HeadFacts } from '../../shared/link/head.ts'
import { formatJoinUrl } from '../../shared/link/join-url.ts'
import { encodePart, type Part } from '../../shared/link/parts.ts'
import { ANSWER_TYPE } from '../../shared/link/protocol.ts'
import { TestFar } from '../proxy-near/test-far.ts'
import { ask, type Got } from './client.ts'
import { makeText } from './odd-origin.ts'

const page = Buffer.from(makeText(20_000))
const url = 'http://site.example/page'

type Script = (stream: ServerHttp2Stream, fields: IncomingHttpHeaders) => void

/** A near whose far answers the first ask by the first script, and so on; the last one stays. */
async function startWith(t: Test, ...scripts: Script[]) {
  const fields: IncomingHttpHeaders[] = []
  const answer: Script = (stream, asked) => {
    fields.push(asked)
    scripts[Math.min(fields.length, scripts.length) - 1]?.(stream, asked)
  }
  // Several of one test must not share a directory.
  const data = await mkdtemp(join(tmpdir(), 'hunch-test-'))
  t.teardown(() => rm(data, { recursive: true }))
  const far = await TestFar.start(t, { dataDir: `${data}/far`, answer })
  const words = ['--listen', '127.0.0.1:0', '--log-level', 'silent', '--data', `${data}/near`]
  const argv = [...words, '--far', formatJoinUrl(await far.url())]
  const near = await startNear(readConfig('near', { argv, env: {} }))
  t.teardown(() => near.close())
  return { address: near.address, fields }
}

/** Writes these parts, or bytes as they are, and ends the stream. */
function send(...parts: (Part | Uint8Array)[]): Script {
  return stream => {
    stream.respond({ ':status': 200, 'content-type': ANSWER_TYPE })
    stream.end(Buffer.concat(parts.map(part => (part instanceof Uint8Array ? part : encodePart(part)))))
  }
}

function head(facts: HeadFacts = {}, status = 200): Part {
  return { kind: 'head', bytes: encodeHead({ status, fields: [['Content-Type', 'text/html']], facts }, undefined) }
}

function end(content: Uint8Array = page): Part {
  const digest = createHash('sha256').update(content).digest('hex')
  return { kind: 'end', digest, length: content.length, trailers: new Uint8Array(0) }
}

const whole: Part = { kind: 'whole', coding: 'identity' }
const bytes = (content: Uint8Array = page): Part => ({ kind: 'whole-bytes', bytes: content })
const right = send(head({ keep: 1, contentLength: page.length }), whole, bytes(), end())
const digestOfPage = createHash('sha256').update(page).digest('hex')
const short = digestOfPage.slice(0, 16)
const speculation: Part = { kind: 'speculation', digest: digestOfPage, length: page.length }
const base: Part = { kind: 'base-bytes', bytes: brotliCompressSync(page) }

function expectRight(t: Test, got: Got, way: string): void {
  t.match(got, { status: 200, way, complete: true })
  t.ok(got.body.equals(page))
}

t.test(
  'a held version that does not match what far confirms is asked for again, unseen, and then forgotten',
  async t => {
    const other = Buffer.from(makeText(20_000, 2))
    const wrongEnd = send(head({ keep: 1 }), { kind: 'confirmation', base: short }, end(other))
    const { address, fields } = await startWith(t, right, wrongEnd, right, right)
    expectRight(t, await ask(address, url), 'whole')
    expectRight(t, await ask(address, url), 'fallback')
    t.ok(fields[1]?.['hunch-bases'])
    t.notOk(
      fields[2]?.['hunch-bases'] ?? fields[2]?.['hunch-deltas'],
      'the second ask names no bases and reads no deltas',
    )
    t.equal(fields[2]?.['hunch-speculation'], 'off')
  },
)

// What is wrong with each shows before any content may be released.
const early: Record<string, (Part | Uint8Array)[]> = {
  'nothing at all': [],
  'no verdict': [head()],
  'an answer that ends inside a part': [head(), whole.kind === 'whole' ? encodePart(end()).subarray(0, 20) : page],
  'a verdict before the head': [whole, bytes(), end()],
  'base bytes without a speculation': [base, head(), whole, bytes(), end()],
  'two speculations': [speculation, speculation, head(), whole, bytes(), end()],
  'delta bytes behind a head': [head(), { kind: 'delta-bytes', bytes: page }, end()],
  'a head that is no head': [{ kind: 'head', bytes: Buffer.from('not brotli') }, whole, bytes(), end()],
  'a head that names fields near has not': [{ kind: 'head', bytes: Buffer.from('0101020304aabb', 'hex') }],
  'a confirmation of a version that near has not': [head(), { kind: 'confirmation', base: '00'.repeat(8) }, end()],
  'a confirmation of more of a base than came': [speculation, head(), { kind: 'confirmation', base: short }, end()],
  'a base that is no Brotli': [
    speculation,
    { kind: 'base-bytes', bytes: page },
    head(),
    { kind: 'confirmation', base: short },
    end(),
  ],
  'a base that is longer than it says': [{ ...speculation, length: 10 }, base, head(), whole, bytes(), end()],
  'a base larger than any': [{ ...speculation, length: 2 ** 40 }, head(), whole, bytes(), end()],
  'a delta from a base that near has not': [
    head(),
    { kind: 'delta', format: 'dcb', base: short, baseLength: 9 },
    end(),
  ],
  'a delta that is none': [
    speculation,
    base,
    head(),
    { kind: 'delta', format: 'vcdiff', base: short, baseLength: page.length },
    { kind: 'delta-bytes', bytes: page.subarray(0, 100) },
    end(),
  ],
  'a check that does not hold': [
    speculation,
    base,
    head(),
    { kind: 'confirmation', base: short },
    { kind: 'check', length: page.length, digest: '00'.repeat(8) },
    end(),
  ],
  'a confirmation with a wrong digest at its end': [
    speculation,
    base,
    head({ contentLength: page.length }),
    { kind: 'confirmation', base: short },
    end(Buffer.alloc(page.length)),
  ],
  'a held part larger than any': [Buffer.from('03bfffffff', 'hex')],
  'an unknown format': [head(), Buffer.concat([Buffer.of(5, 11, 9), Buffer.alloc(8), Buffer.of(1, 0)])],
}

for (const [name, parts] of Object.entries(early)) {
  t.test(`${name}: the client gets the right bytes by a second ask`, async t => {
    const { address, fields } = await startWith(t, send(...parts), right)
    expectRight(t, await ask(address, url), 'fallback')
    t.equal(fields.length, 2)
  })
}

t.test('an answer that is reset before its verdict is asked for again', async t => {
  const reset: Script = stream => {
    stream.respond({ ':status': 200, 'content-type': ANSWER_TYPE })
    stream.write(encodePart(speculation), () => stream.close(2))
  }
  const { address } = await startWith(t, reset, right)
  expectRight(t, await ask(address, url), 'fallback')
})

t.test('a second answer that is as wrong is a page, and there is no third ask', async t => {
  const { address, fields } = await startWith(t, send(head()))
  const got = await ask(address, url)
  t.match(got, { status: 502, complete: true })
  t.match(got.body.toString(), /\[LINK_CLOSED, at the link to the far proxy\]/)
  t.equal(fields.length, 2)
})

t.test('a request that may change something is never sent twice', async t => {
  const { address, fields } = await startWith(t, send(head()), right)
  t.match(await ask(address, url, { method: 'POST', body: 'order=1' }), { status: 502, complete: true })
  t.match(await ask(address, url, { method: 'DELETE' }), { status: 200 })
  t.equal(fields.length, 2)
})

t.test('a failure that far reports is a page with its code; one of a later version is a failure of far', async t => {
  const failure = (code: string): Part => ({ kind: 'failure', code, message: 'It says why.' })
  for (const [code, shown, status] of [
    ['ORIGIN_REFUSED', 'ORIGIN_REFUSED, at the site', 502],
    ['FAR_FORBIDDEN', 'FAR_FORBIDDEN, at the far proxy', 403],
    ['NEW_CODE', 'FAR_INTERNAL, at the far proxy', 502],
  ] as const) {
    for (const before of [[], [speculation, base], [head()]]) {
      const { address, fields } = await startWith(t, send(...before, failure(code)))
      const got = await ask(address, url)
      t.match(got, { status, complete: true }, `${code} behind ${before.length} parts`)
      t.ok(got.body.toString().endsWith(`It says why.\n${got.body.toString().split('\n').at(-3)}\n[${shown}]\n`))
      t.equal(fields.length, 1)
    }
  }
})

t.test('parts of unknown types are passed over', async t => {
  const unknown = Buffer.concat([Buffer.of(33, 60), Buffer.alloc(60, 7)])
  const { address, fields } = await startWith(
    t,
    send(unknown, head(), unknown, whole, unknown, bytes(), unknown, end()),
  )
  expectRight(t, await ask(address, url), 'whole')
  t.equal(fields.length, 1)
})

// The client has the head by then; what follows is wrong.
const half = bytes(page.subarray(0, 10_000))
const late: Record<string, (Part | Uint8Array)[]> = {
  'no end': [whole, half],
  'a failure in the middle': [whole, half, { kind: 'failure', code: 'ORIGIN_RESET', message: 'It broke.' }],
  'a wrong digest': [whole, bytes(), end(Buffer.alloc(page.length))],
  'a wrong length': [whole, half, end()],
  'more than was announced': [whole, bytes(), bytes(), end(Buffer.concat([page, page]))],
  'less than was announced': [whole, half, end(page.subarray(0, 10_000))],
  'a part that may not come there': [whole, half, base, bytes(page.subarray(10_000)), end()],
  'broken Brotli': [{ kind: 'whole', coding: 'br' }, half, end()],
  'truncated Brotli': [{ kind: 'whole', coding: 'br' }, bytes(brotliCompressSync(page).subarray(0, -100)), end()],
}

for (const [name, parts] of Object.entries(late)) {
  t.test(`${name} behind the head breaks the client's connection, with a length and without one`, async t => {
    for (const facts of [{ contentLength: page.length }, {}] as const) {
      if (facts.contentLength === undefined && name.endsWith('announced')) continue
      const { address, fields } = await startWith(t, send(head(facts), ...parts))
      // Sometimes it breaks before the head has left.
      const got = await ask(address, url).catch(() => undefined)
      t.notOk(got?.complete)
      t.equal(fields.length, 1)
    }
  })
}
