// A link to far without a near: asks as near does and reads answers to their end, but verifies and rebuilds nothing, so
// that it takes far less of the processor than what it measures.
// Knows: the link protocol (docs/link.md). Does not know: what is asked for, versions.
import { once } from 'node:events'
import { type ClientHttp2Session, connect } from 'node:http2'
import { text } from 'node:stream/consumers'
import type { FieldList } from '../shared/http/fields.ts'
import { askFields, type LinkFacts } from '../shared/link/ask.ts'
import { decodeHead, fieldsId } from '../shared/link/head.ts'
import type { JoinUrl } from '../shared/link/join-url.ts'
import { PartReader } from '../shared/link/parts.ts'
import {
  FAR_AUTHORITY,
  HELLO_PATH,
  JOIN_PATH,
  linkHttp2Options,
  nearHttp2Settings,
  PROTOCOL_FIELD,
  readHelloAnswer,
  readJoinAnswer,
  spokenVersions,
} from '../shared/link/protocol.ts'
import { shorten } from '../shared/version.ts'

/** What a near would hold of an answer that came to its end. */
export interface HeldAnswer {
  readonly digest: string
  readonly fields: FieldList
}

export interface Asked {
  readonly verdict: 'confirmation' | 'delta' | 'whole'
  readonly held: HeldAnswer
  /** Of the answer on the link, within HTTP/2. */
  readonly bytes: number
}

// Enough that no answer of a load test waits for it.
const WINDOW_BYTES = 16 * 1024 * 1024

export class LinkClient {
  readonly #session: ClientHttp2Session
  readonly #credential: string

  private constructor(session: ClientHttp2Session, credential: string) {
    this.#session = session
    this.#credential = credential
  }

  /** Connects; joins by the code of the URL, unless a credential is given. Rejects when far does not agree. */
  static async open({ host, port, security, token }: JoinUrl, credential?: string): Promise<LinkClient> {
    const scheme = security.kind === 'cleartext' ? 'http' : 'https'
    const session = connect(`${scheme}://${host}:${port}`, {
      ...linkHttp2Options,
      settings: nearHttp2Settings(WINDOW_BYTES),
      // Far's key is its own, and a load test has nothing to hide.
      rejectUnauthorized: false,
    })
    session.on('error', () => {})
    await once(session, 'connect')
    session.setLocalWindowSize(WINDOW_BYTES)
    return new LinkClient(session, await (credential ? greet(session, credential) : join(session, token)))
  }

  /** What later links may share. */
  get credential(): string {
    return this.#credential
  }

  /** Asks for a URL, with `held` as the base. Rejects when the answer does not come to its end. */
  async ask(url: URL, held: HeldAnswer | undefined, link: LinkFacts): Promise<Asked> {
    const bases = held ? [{ digest: shorten(held.digest), fieldsId: fieldsId(held.fields) }] : []
    const stream = this.#session.request({
      ':method': 'GET',
      ':scheme': url.protocol.slice(0, -1),
      ':authority': url.host,
      ':path': `${url.pathname}${url.search}`,
      'accept-encoding': 'gzip, br',
      'proxy-authorization': `Bearer ${this.#credential}`,
      [PROTOCOL_FIELD]: String(spokenVersions.max),
      ...askFields({ bases, formats: ['vcdiff', 'dcb'], speculation: 'latency', link, thresholds: {} }),
    })
    const reader = new PartReader()
    let verdict: Asked['verdict'] | undefined
    let fields: FieldList = []
    let digest: string | undefined
    let bytes = 0
    for await (const piece of stream) {
      bytes += (piece as Uint8Array).length
      for (const part of reader.push(piece as Uint8Array)) {
        if (part.kind === 'head') fields = decodeHead(part.bytes, () => held?.fields).fields
        if (part.kind === 'end') digest = part.digest
        if (part.kind === 'failure') throw new Error(`${part.code}: ${part.message}`)
        if (part.kind === 'confirmation' || part.kind === 'delta' || part.kind === 'whole') verdict = part.kind
      }
    }
    if (verdict === undefined || digest === undefined) throw new Error('the answer has no end')
    return { verdict, held: { digest, fields }, bytes }
  }

  close(): void {
    this.#session.destroy()
  }
}

async function join(session: ClientHttp2Session, code: string | undefined): Promise<string> {
  const answer = await introduce(session, JOIN_PATH, { code })
  const credential = readJoinAnswer(answer)?.credential
  if (credential === undefined) throw new Error(`far does not let it join: ${answer}`)
  return credential
}

/** Far may be another process than the one that made the credential: a hello has it look that up. */
async function greet(session: ClientHttp2Session, credential: string): Promise<string> {
  const answer = await introduce(session, HELLO_PATH, {}, { 'proxy-authorization': `Bearer ${credential}` })
  if (!readHelloAnswer(answer)) throw new Error(`far does not know it: ${answer}`)
  return credential
}

async function introduce(session: ClientHttp2Session, path: string, said: object, fields: Record<string, string> = {}) {
  const stream = session.request({
    ':method': 'POST',
    ':scheme': 'https',
    ':authority': FAR_AUTHORITY,
    ':path': path,
    'content-type': 'application/json',
    ...fields,
  })
  stream.end(JSON.stringify({ ...said, versions: spokenVersions }))
  return text(stream)
}
