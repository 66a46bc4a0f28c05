// What is fuzzed: each parser of what others wrote, with inputs to start from and the rules that every input must keep.
// Knows: which faults a parser may raise, what must hold of what it gives. Does not know: how inputs are changed.
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { readSource } from '../../loadtest/load/sources.ts'
import { readFirstWords } from '../../proxy-near/client-hello.ts'
import { readConfig } from '../../shared/config/read-config.ts'
import { parseSites } from '../../shared/config/site-settings.ts'
import { beginTrace, defaultThresholds, readTrace, writeExchange } from '../../shared/exchange/trace-line.ts'
import { Fault, type FaultCode } from '../../shared/fault.ts'
import { readPassword } from '../../shared/http/basic-credentials.ts'
import { invalidatedUrls, isPublic, mayKeep, updateFields } from '../../shared/http/caching.ts'
import { becomesNotModified, isConfirmedBy } from '../../shared/http/conditional.ts'
import { codingsToUndo, withAcceptedCodings, withoutCoding } from '../../shared/http/content.ts'
import { parseHttpDate } from '../../shared/http/date.ts'
import { chooseDictionary, dictionaryTerms, planDictionaryUse } from '../../shared/http/dictionary.ts'
import { directivesOf, splitList } from '../../shared/http/directives.ts'
import { endToEnd, type FieldList } from '../../shared/http/fields.ts'
import { Freshness } from '../../shared/http/freshness.ts'
import { parseHostPatterns } from '../../shared/http/host-pattern.ts'
import { planForwarding } from '../../shared/http/max-forwards.ts'
import { priorityOf } from '../../shared/http/priority.ts'
import { answerRange, planRange } from '../../shared/http/range.ts'
import { kindOfAddress } from '../../shared/http/reach.ts'
import { canonicalUrl, parseHostPort } from '../../shared/http/url.ts'
import { type Ask, askFields, readAsk } from '../../shared/link/ask.ts'
import { readEstimate } from '../../shared/link/credit.ts'
import { withNames } from '../../shared/link/field-names.ts'
import { decodeHead, decodeTrailers, encodeHead, type Head } from '../../shared/link/head.ts'
import { formatJoinUrl, parseJoinUrl } from '../../shared/link/join-url.ts'
import { encodePart, type Part, PartReader } from '../../shared/link/parts.ts'
import { readHelloRequest, readJoinAnswer, readJoinRequest, readRefusal } from '../../shared/link/protocol.ts'
import { parsePlan } from '../../shared/link/told-plan.ts'
import { packContent, packRecord, unpackContent, unpackRecord } from '../../shared/store/parcel.ts'
import { digestOf } from '../../shared/version.ts'

export interface Target {
  readonly name: string
  /** Part of the path of the code whose coverage guides. */
  readonly covers: string
  readonly seeds: () => Buffer[]
  /** Words that inputs are made of. */
  readonly words: readonly string[]
  /** The faults that may be raised. */
  readonly faults: readonly FaultCode[]
  /** Parses; raises what the parser raises, and an AssertionError or any other error when a rule is broken. */
  readonly run: (input: Buffer) => void
}

export type End = { readonly kind: 'accepted' | 'refused' } | { readonly kind: 'broken'; readonly what: string }

/** How a target takes one input. */
export async function fuzzOnce(target: Target, input: Buffer): Promise<End> {
  try {
    target.run(input)
    return { kind: 'accepted' }
  } catch (error) {
    if (error instanceof Fault && target.faults.includes(error.code)) return { kind: 'refused' }
    const what =
      error instanceof Error ? (error.stack ?? error.message).split('\n').slice(0, 3).join(' | ') : String(error)
    return { kind: 'broken', what: what.replace(/file:\/\/\S*\/(?=shared|proxy|test|loadtest)/g, '') }
  }
}

const NOW = Date.UTC(2026, 0, 5)
const sampleFields: FieldList = [
  ['Content-Type', 'text/html'],
  ['ETag', '"1"'],
]
const someHead: Head = { status: 200, fields: sampleFields, facts: { contentLength: 4, keep: 1 } }

const someParts: readonly Part[] = [
  { kind: 'speculation', digest: 'ab'.repeat(32), length: 1000 },
  { kind: 'base-bytes', bytes: Buffer.from('base') },
  { kind: 'head', bytes: encodeHead(someHead, undefined) },
  { kind: 'delta', format: 'dcb', base: 'cd'.repeat(8), baseLength: 70 },
  { kind: 'delta-bytes', bytes: Buffer.from('delta') },
  { kind: 'check', length: 100, digest: 'ab'.repeat(8) },
  { kind: 'whole', coding: 'br' },
  { kind: 'whole-bytes', bytes: Buffer.alloc(300, 7) },
  { kind: 'confirmation', base: 'cd'.repeat(8) },
  { kind: 'end', digest: 'ab'.repeat(32), length: 1000, trailers: Buffer.from('A: b\n') },
  { kind: 'failure', code: 'ORIGIN_RESET', message: 'why' },
]

const someAsk: Ask = {
  bases: [{ digest: 'ab'.repeat(8), fieldsId: '01020304' }],
  formats: ['dcb', 'vcdiff'],
  speculation: 'latency',
  link: { bandwidthBytesPerSecond: 1000, roundTripMs: 300 },
  thresholds: { minBaseBytes: 100, deltaEffort: 3 },
}

const cacheWords = [
  'Cache-Control: ',
  'no-cache="',
  'max-age=',
  's-maxage=',
  'stale-while-revalidate=5',
  'immutable',
  'private',
  'public',
  'no-store',
  'must-understand',
  'Expires: ',
  'Date: Mon, 05 Jan 2026 00:00:00 GMT',
  'Age: ',
  'Vary: *',
  'Pragma: no-cache',
  'ETag: W/"',
  'If-None-Match: ',
  'Range: bytes=',
  'If-Range: ',
  'Content-Encoding: gzip, br',
  'Use-As-Dictionary: match="/*", id="a"',
  'Available-Dictionary: ',
  'Priority: u=3, i',
  'Max-Forwards: 0',
  'Connection: close, x',
  'Set-Cookie: a=b',
  'Content-Location: ',
  '99999999999999999999',
  '-1',
  ', ',
  '\n',
]

export const targets: readonly Target[] = [
  {
    name: 'parts',
    covers: '/shared/link/parts.ts',
    seeds: () => [Buffer.concat(someParts.map(encodePart)), ...someParts.map(part => Buffer.from(encodePart(part)))],
    words: [],
    faults: ['LINK_BAD_PART'],
    run(input) {
      const whole = readParts(input, input.length + 1)
      const pieces = readParts(input, 1 + (input.length % 7))
      // In whatever pieces bytes come, they are the same parts.
      same(pieces.text, whole.text, 'pieces change what is read')
      if (whole.fault) throw whole.fault
    },
  },
  {
    name: 'heads',
    covers: '/shared/link/head.ts',
    seeds: () => [
      Buffer.from(encodeHead(someHead, undefined)),
      Buffer.from(encodeHead(someHead, sampleFields)),
      ...[':status 200\nA: b\n', ':wait 20\n:whole 5\n:length 3\n:keep 1\n:status 304\n'].map(text =>
        Buffer.from(text),
      ),
    ],
    words: [
      ':status ',
      ':wait ',
      ':whole ',
      ':delta ',
      ':length ',
      ':keep 1',
      ':plan ',
      'Name: value\n',
      '\n',
      '\0',
      '999',
    ],
    faults: ['LINK_BAD_PART'],
    run(input) {
      // Text behind a known dictionary is what reaches the parser; bytes as they are seldom decompress.
      const bytes = (input[0] ?? 0) <= 1 ? input : compressHead(input)
      const head = decodeHead(bytes, () => sampleFields)
      same(
        decodeHead(encodeHead(head, undefined), () => undefined).fields,
        head.fields,
        'fields change when sent again',
      )
    },
  },
  {
    name: 'trailers',
    covers: '/shared/link/head.ts',
    seeds: () => [Buffer.from('A: b\nServer-Timing: x;dur=3\n')],
    words: [': ', '\n', 'Content-Length: 3\n', 'Set-Cookie: a\n', '\0'],
    faults: ['LINK_BAD_PART'],
    run: input => void decodeTrailers(input),
  },
  {
    name: 'asks',
    covers: '/shared/link/ask.ts',
    seeds: () => [Buffer.from(lines(askFields(someAsk))), Buffer.from('hunch-bases: \nhunch-link: bw=1, rtt=2\n')],
    words: [
      'hunch-bases: ',
      'hunch-deltas: ',
      'hunch-link: ',
      'hunch-thresholds: ',
      'hunch-names: ',
      ':AAAA:',
      'bw=',
      'rtt=',
      'min=',
      'effort=auto',
      ';a=1',
      '()',
      '?1',
      '1.5',
      '9'.repeat(15),
    ],
    faults: ['CLIENT_BAD_REQUEST'],
    run(input) {
      const fields = readLines(input)
      withNames(fields, fields.find(([name]) => name === 'hunch-names')?.[1])
      const ask = readAsk(Object.fromEntries(fields))
      same(readAsk(askFields(ask)).bases, ask.bases, 'bases change when asked again')
    },
  },
  {
    name: 'join URLs',
    covers: '/shared/link/join-url.ts',
    seeds: () => [
      Buffer.from(`hunch://${'A'.repeat(22)}@far.example:8443?pin=sha256-${'A'.repeat(43)}`),
      Buffer.from(`hunch+cleartext://${'A'.repeat(22)}@127.0.0.1:80`),
    ],
    words: ['hunch://', 'hunch+cleartext://', '@', '[::1]', '?pin=sha256-', '%00', ':99999', '127.0.0.1', '#'],
    faults: ['USAGE'],
    run(input) {
      const url = parseJoinUrl(input.toString())
      same(parseJoinUrl(formatJoinUrl(url)), url, 'it changes when it is written')
    },
  },
  {
    name: 'joining',
    covers: '/shared/link/protocol.ts',
    seeds: () =>
      [
        '{"code":"AAAA","versions":{"min":1,"max":1}}',
        '{"version":1,"versions":{"min":1,"max":1},"credential":"A","nearId":"b"}',
        '{"fault":"LINK_CREDENTIAL","message":"m","versions":{"min":1,"max":2}}',
      ].map(text => Buffer.from(text)),
    words: [
      '"code":',
      '"versions":',
      '{"min":',
      'null',
      '[]',
      '1e400',
      '"nearId":',
      '"credential":',
      '"fault":',
      '__proto__',
    ],
    faults: [],
    run(input) {
      const text = input.toString()
      for (const read of [readJoinRequest, readHelloRequest, readJoinAnswer, readRefusal]) read(text)
      readEstimate(text)
      parsePlan(text)
    },
  },
  {
    name: 'ClientHello',
    covers: '/proxy-near/client-hello.ts',
    seeds: () => [
      makeHello('site.example', ['h2', 'http/1.1']),
      makeHello(undefined, undefined),
      Buffer.from('GET / HTTP/1.1'),
    ],
    words: ['\x16\x03\x01', '\x00\x00', '\x00\x10'],
    faults: [],
    run(input) {
      const words = readFirstWords(input)
      // What decides decides whatever follows.
      if (words?.kind === 'client-hello')
        same(readFirstWords(Buffer.concat([input, Buffer.from('more')])), words, 'more bytes change it')
    },
  },
  {
    name: 'caching fields',
    covers: '/shared/http/',
    seeds: () => [
      Buffer.from('Cache-Control: max-age=5, private="x", no-cache\nVary: Accept, Cookie\nETag: W/"a"\n'),
      Buffer.from('Expires: Mon, 05 Jan 2026 00:00:00 GMT\nLast-Modified: Sunday, 04-Jan-26 00:00:00 GMT\nAge: 7\n'),
      Buffer.from('If-None-Match: "a", W/"b"\nRange: bytes=0-5,7-\nIf-Range: "a"\n'),
    ],
    words: cacheWords,
    faults: [],
    run(input) {
      const fields = readLines(input)
      const facts = { method: 'GET', url: 'http://site.example/a', fields }
      const response = { status: 200, fields }
      for (const cache of ['private', 'shared'] as const) {
        const freshness = Freshness.of(facts, response, cache, NOW)
        freshness.reuse(facts, NOW + 5000)
        finite(freshness.ageSeconds(NOW + 5000), 'age')
        freshness.fieldsToServe(fields, NOW)
      }
      mayKeep(facts, response)
      isPublic(facts, response)
      updateFields(fields, fields)
      invalidatedUrls({ ...facts, method: 'POST' }, response)
      becomesNotModified(fields, fields)
      isConfirmedBy(fields, { etag: '"a"', lastModified: undefined }, fields)
      codingsToUndo(withAcceptedCodings(withoutCoding(fields)))
      directivesOf(endToEnd(fields))
      splitList(fields[0]?.[1])
      planForwarding({ ...facts, method: 'TRACE' })
      const { urgency } = priorityOf(fields)
      if (!(urgency >= 0 && urgency <= 7)) throw new Error(`urgency ${urgency}`)
    },
  },
  {
    name: 'ranges',
    covers: '/shared/http/range.ts',
    seeds: () => ['bytes=0-5', 'bytes=-7', 'bytes=5-', 'bytes=0-1, 4-5'].map(text => Buffer.from(`Range: ${text}\n`)),
    words: ['bytes=', '-', ',', '9'.repeat(17), 'If-Range: "a"\n', ' '],
    faults: [],
    run(input) {
      const length = input.length * 3
      const plan = planRange(readLines(input), [['ETag', '"a"']], length)
      if (plan.kind === 'whole' || plan.kind === 'several') return
      const { start, end } = answerRange(plan, [], length)
      if (!(start >= 0 && start <= end && end <= length)) throw new Error(`${start} to ${end} of ${length}`)
    },
  },
  {
    name: 'dates',
    covers: '/shared/http/date.ts',
    seeds: () =>
      ['Mon, 05 Jan 2026 00:00:00 GMT', 'Monday, 05-Jan-26 00:00:00 GMT', 'Mon Jan  5 00:00:00 2026'].map(text =>
        Buffer.from(text),
      ),
    words: ['GMT', '2026', 'Feb', '29', '31', '24:00:00', '+0100', '-', ' '],
    faults: [],
    run(input) {
      const date = parseHttpDate(input.toString('latin1'))
      if (date !== undefined) finite(date, 'a date')
    },
  },
  {
    name: 'dictionaries',
    covers: '/shared/http/dictionary.ts',
    seeds: () =>
      ['match="/a*"', 'match="/*", id="x", ttl=5, type=raw', 'match="/:x(\\\\d+)", match-dest=("document")'].map(text =>
        Buffer.from(`Use-As-Dictionary: ${text}\n`),
      ),
    words: [
      'match=',
      '"/*"',
      ':x',
      '(',
      ')',
      '\\\\',
      '*',
      '?',
      '{',
      '}+',
      'id="',
      'match-dest=("script" "")',
      'ttl=',
      'type=raw',
      'Content-Encoding: dcb\n',
    ],
    faults: [],
    run(input) {
      const fields = readLines(input)
      const facts = { method: 'GET', url: 'https://site.example/a/b?c', fields }
      const response = { status: 200, fields: [...fields, ['Cache-Control', 'max-age=60'] as const] }
      planDictionaryUse(response, true)
      const terms = dictionaryTerms(facts, response, NOW)
      if (!terms) return
      const freshness = Freshness.of(facts, response, 'shared', NOW)
      const digest = digestOf(Buffer.alloc(3))
      const dictionary = {
        digest,
        content: Buffer.alloc(3),
        dictionary: terms,
        freshness,
        url: facts.url,
        fields: response.fields,
      }
      chooseDictionary(facts, [dictionary as never], NOW)
    },
  },
  {
    name: 'URLs',
    covers: '/shared/http/',
    seeds: () =>
      [
        'http://site.example:80/a?b#c',
        'https://[::1]:8443/',
        '127.0.0.1:80',
        '*.site.example, other.example',
        '::ffff:10.0.0.1',
      ].map(text => Buffer.from(text)),
    words: ['http://', '[', ']', ':', '@', '%2f', '\\', '..', '*.', '0x7f.1', '::ffff:', 'xn--', '\u{130}', '#', '?'],
    faults: ['CLIENT_BAD_URL'],
    run(input) {
      const text = input.toString()
      kindOfAddress(text)
      parseHostPatterns(text)
      readPassword(`Basic ${text}`)
      try {
        const { port } = parseHostPort(text)
        if (!(port >= 0 && port <= 65_535)) throw new Error(`port ${port}`)
      } catch (error) {
        if (!(error instanceof Fault)) throw error
      }
      const url = canonicalUrl(text)
      same(canonicalUrl(url), url, 'a canonical URL changes')
    },
  },
  {
    name: 'configuration',
    covers: '/shared/config/',
    seeds: () =>
      [
        '{"listen":"127.0.0.1:8080","memory":"1MiB","minBaseBytes":5}',
        '{"sites":{"*.a.example":{"policy":"tunnel","maxDeltaRatio":0.5}}}',
      ].map(text => Buffer.from(text)),
    words: [
      '"listen":',
      '"port":',
      '"memory":',
      '"store":',
      '"exclude":',
      '"sites":',
      '"policy":',
      'null',
      '1e99',
      '[',
      '"--far"',
      '"__proto__":',
      '"thresholds":',
      'true',
      '"deltaEffort":"auto"',
    ],
    faults: ['CONFIG', 'USAGE'],
    run(input) {
      const content = parseJson(input)
      const sources = { argv: ['--data', '/nowhere'], env: {} }
      try {
        parseSites(content, 'the file')
      } catch (error) {
        if (!(error instanceof Fault)) throw error
      }
      readConfig('near', { ...sources, file: { name: 'the file', content } })
    },
  },
  {
    name: 'far configuration and flags',
    covers: '/shared/config/',
    seeds: () => ['{"listen":":1"}\n--memory\n1GiB', '{}\n--allow-private\n--port=80'].map(text => Buffer.from(text)),
    words: [
      '--',
      '--data',
      '=',
      '--no-',
      '--port',
      '--max-base-bytes',
      'none',
      '"allowPorts":"80,443"',
      '\n',
      '--store-per-user',
      '%',
    ],
    faults: ['CONFIG', 'USAGE'],
    run(input) {
      const [first = '', ...argv] = input.toString().split('\n')
      readConfig('far', {
        argv: ['--data', '/nowhere', ...argv],
        env: {},
        file: { name: 'f', content: parseJson(Buffer.from(first)) },
      })
    },
  },
  {
    name: 'sources of URLs',
    covers: '/loadtest/load/sources.ts',
    seeds: () =>
      [
        'http://a.example/\n# no\n',
        '{"log":{"entries":[{"request":{"method":"GET","url":"http://a.example/"}}]}}',
        '1.2.3.4 - - [x] "GET http://a.example/b HTTP/1.1" 200 5\n',
      ].map(text => Buffer.from(text)),
    words: ['"entries":', 'null', '{}', '[', 'GET ', 'http://', '"request":', '"url":5', '\n'],
    faults: ['USAGE'],
    run(input) {
      const text = input.toString()
      const faults = (['list', 'har', 'log'] as const).flatMap(form => {
        try {
          readSource(form, text, 'file')
          return []
        } catch (error) {
          return [error]
        }
      })
      for (const fault of faults) if (!(fault instanceof Fault)) throw fault
      if (faults.length === 3) throw faults[0]
    },
  },
  {
    name: 'traces',
    covers: '/shared/exchange/trace-line.ts',
    seeds: () => [Buffer.from(makeTrace())],
    words: ['"trace":', '"at":', '"plan":', '"set":', 'null', '{}', '1e400', '"thresholds":', '\n', '"totalMs":'],
    faults: ['USAGE', 'CONFIG'],
    run: input => void readTrace(input.toString(), 'the trace'),
  },
  {
    name: 'stored records',
    covers: '/shared/store/',
    seeds: () => [
      packRecord(makeVersion()),
      packContent({ form: 'br', bytes: Buffer.from([0x0b, 0x00, 0x80, 0x61, 0x03]) }),
    ],
    words: [],
    faults: [],
    run(input) {
      const record = unpackRecord(input)
      const whole = packRecord(makeVersion())
      // A record is believed only as it was sealed.
      if (record && !whole.equals(input)) throw new Error('a changed record was believed')
      const content = unpackContent(input)
      if (content && !packContent(content).equals(input)) throw new Error('a content was read as another')
    },
  },
]

function readParts(input: Buffer, pieceBytes: number): { readonly text: string; readonly fault: unknown } {
  const reader = new PartReader()
  const seen: string[] = []
  let streamed = ''
  const flush = () => {
    if (streamed) seen.push(streamed)
    streamed = ''
  }
  let fault: unknown
  try {
    for (let at = 0; at < input.length; at += pieceBytes) {
      for (const part of reader.push(input.subarray(at, at + pieceBytes))) {
        if (part.kind.endsWith('-bytes') && 'bytes' in part) {
          streamed += `${part.kind} ${Buffer.from(part.bytes).toString('hex')} `.replace(
            streamed ? `${part.kind} ` : '',
            '',
          )
          continue
        }
        flush()
        seen.push(JSON.stringify(part))
      }
    }
    reader.end()
  } catch (error) {
    fault = error
  }
  flush()
  return { text: `${seen.join('\n').replaceAll(' ', '')}${fault instanceof Fault ? fault.code : ''}`, fault }
}

/** As a head without a base is written: the sort, then Deflate behind the common dictionary. */
function compressHead(text: Buffer): Buffer {
  // The dictionary only shortens: without it, a head is as valid.
  const made = Buffer.concat([Buffer.of(0), deflateRawSync(text)])
  if (inflateRawSync(made.subarray(1)).length !== text.length) throw new Error('not compressed')
  return made
}

function readLines(input: Buffer): FieldList {
  return input
    .toString('latin1')
    .split('\n')
    .flatMap(line => {
      const colon = line.indexOf(':')
      return colon > 0 ? [[line.slice(0, colon), line.slice(colon + 1).trim()] as const] : []
    })
}

function lines(fields: Readonly<Record<string, string>>): string {
  return Object.entries(fields)
    .map(([name, value]) => `${name}: ${value}\n`)
    .join('')
}

function parseJson(input: Buffer): unknown {
  try {
    return JSON.parse(input.toString())
  } catch {
    throw new Fault('CONFIG', 'no JSON')
  }
}

function makeHello(name: string | undefined, protocols: readonly string[] | undefined): Buffer {
  const sized = (bytes: number, content: Buffer) => {
    const length = Buffer.alloc(bytes)
    length.writeUIntBE(content.length, 0, bytes)
    return Buffer.concat([length, content])
  }
  const extension = (type: number, content: Buffer) => Buffer.concat([Buffer.of(0, type), sized(2, content)])
  const extensions: Buffer[] = []
  if (name) extensions.push(extension(0, sized(2, Buffer.concat([Buffer.of(0), sized(2, Buffer.from(name))]))))
  if (protocols)
    extensions.push(extension(16, sized(2, Buffer.concat(protocols.map(each => sized(1, Buffer.from(each)))))))
  const body = Buffer.concat([
    Buffer.of(3, 3),
    Buffer.alloc(32, 1),
    sized(1, Buffer.alloc(0)),
    sized(2, Buffer.of(0x13, 1)),
    sized(1, Buffer.of(0)),
    sized(2, Buffer.concat(extensions)),
  ])
  return Buffer.concat([Buffer.of(22, 3, 1), sized(2, Buffer.concat([Buffer.of(1), sized(3, body)]))])
}

function makeTrace(): string {
  const begun = beginTrace({
    startedAt: NOW,
    isNamed: false,
    mode: 'optimistic',
    thresholds: defaultThresholds(),
  })
  const exchange = {
    at: 5,
    site: 'a',
    url: 'b',
    method: 'GET',
    status: 200,
    totalMs: 9,
    contentBytes: 5,
    baseBytes: 0,
    deltaBytes: 3,
    wholeBytes: 0,
  }
  return `${begun}${writeExchange(exchange)}`
}

function makeVersion() {
  const content = Buffer.from('content')
  const facts = { method: 'GET', url: 'http://site.example/', fields: [] }
  const response = { status: 200, fields: sampleFields }
  const freshness = Freshness.of(facts, response, 'private', NOW)
  return {
    url: facts.url,
    scope: 'public' as const,
    status: 200,
    digest: digestOf(content),
    content,
    fields: sampleFields,
    freshness,
    storedAt: NOW,
  }
}

function finite(value: number, what: string): void {
  if (!Number.isFinite(value)) throw new Error(`${what} is ${value}`)
}

function same(one: unknown, other: unknown, what: string): void {
  if (JSON.stringify(one) !== JSON.stringify(other)) throw new Error(what)
}
