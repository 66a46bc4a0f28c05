// An origin that answers each exchange as its script says, and records what it received, over plain connections and TLS.
// Knows: conditions and ranges as origins treat them, raw HTTP/1.1. Does not know: who asks.
import { createServer, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import type { Test } from 'tap'
import { type FieldList, valueOf, without } from '../../../shared/http/fields.ts'
import { listen } from '../odd-origin.ts'
import type { SignedLeaf } from '../tls-origin.ts'
import { type Head, Wire, framingOf, lastChunk, writeHead, writePieces } from './http1.ts'
import type { ExchangeScript, ResponseScript } from './make-exchange.ts'

/** What the origin received of one request. */
export interface Received {
  readonly line: string
  readonly fields: FieldList
  content: Buffer
  trailers: FieldList
  /** Whether the request came whole, and the connection stayed until the origin had said all that it had to say. */
  complete: boolean
}

/** One visit, seen from the origin. */
export class Scene {
  readonly script: ResponseScript
  readonly leaves: ExchangeScript['request']['leaves']
  readonly received: Received[] = []
  readonly #heard = Promise.withResolvers<void>()
  readonly #done: Promise<void>[] = []

  constructor(script: ResponseScript, leaves: ExchangeScript['request']['leaves']) {
    this.script = script
    this.leaves = leaves
  }

  /** Resolves when the head of a request has come. */
  get heard(): Promise<void> {
    return this.#heard.promise
  }

  /** Resolves when the origin has done all that the script says for what it received. */
  async done(): Promise<void> {
    await Promise.all(this.#done)
  }

  play(received: Received, work: () => Promise<void>): Promise<void> {
    this.received.push(received)
    const done = work()
    this.#done.push(done)
    this.#heard.resolve()
    return done
  }
}

export class ScriptedOrigin {
  /** `127.0.0.1:PORT` for http and for https. */
  readonly plain: string
  readonly secure: string
  readonly #scenes: Map<string, Scene>

  private constructor(plain: string, secure: string, scenes: Map<string, Scene>) {
    this.plain = plain
    this.secure = secure
    this.#scenes = scenes
  }

  static async start(t: Test, leaf: SignedLeaf): Promise<ScriptedOrigin> {
    const scenes = new Map<string, Scene>()
    const serve = (socket: Socket) => void serveConnection(socket, scenes)
    const plain = createServer({ noDelay: true, allowHalfOpen: true }, serve)
    const secure = createTlsServer({ ...leaf, ALPNProtocols: ['http/1.1'], allowHalfOpen: true }, serve)
    secure.on('tlsClientError', () => undefined)
    return new ScriptedOrigin(`127.0.0.1:${await listen(t, plain)}`, `127.0.0.1:${await listen(t, secure)}`, scenes)
  }

  /** From now on requests of this seed meet this scene. */
  set(seed: number, script: ResponseScript, leaves: ExchangeScript['request']['leaves']): Scene {
    const scene = new Scene(script, leaves)
    this.#scenes.set(String(seed), scene)
    return scene
  }
}

async function serveConnection(socket: Socket, scenes: ReadonlyMap<string, Scene>): Promise<void> {
  const wire = new Wire(socket)
  for (let head = await wire.head(); head; head = await wire.head()) {
    const scene = scenes.get(/^[A-Z]+ [^/]*\/(\d+)\//.exec(head.line)?.[1] ?? '')
    if (!scene) {
      socket.destroy()
      return
    }
    const { line, fields } = head
    const received = { line, fields, content: Buffer.alloc(0), trailers: [], complete: false }
    const asked = head
    await scene.play(received, () => answer(wire, asked, received, scene))
    if (socket.destroyed || socket.writableEnded) return
  }
  socket.end()
}

async function answer(wire: Wire, head: Head, received: Received, { script, leaves }: Scene): Promise<void> {
  const { socket } = wire
  const [method = ''] = head.line.split(' ')
  if (/^100-continue$/i.test(valueOf(head.fields, 'expect') ?? '')) socket.write('HTTP/1.1 100 Continue\r\n\r\n')
  const { framing, length } = framingOf(head, method)
  const { bytes, trailers, complete } = await wire.content(framing, length)
  received.content = bytes
  received.trailers = trailers
  if (leaves !== 'content' && !complete) {
    socket.destroy()
    return
  }
  for (const { status, fields } of script.interim) socket.write(writeHead(`HTTP/1.1 ${status} Interim`, fields))
  if (leaves === 'thinking') {
    await wire.closed()
    socket.destroy()
    return
  }
  received.complete = complete && (await respond(wire, method, head.fields, script, leaves))
}

/** Whether all of it was said to somebody who listened. */
async function respond(
  wire: Wire,
  method: string,
  asked: FieldList,
  script: ResponseScript,
  leaves: Scene['leaves'],
): Promise<boolean> {
  const { socket } = wire
  const { framing, trailers, breaks, version, pieceBytes } = script
  const { status, reason, fields, content } = selectResponse(method, asked, script)
  if (breaks === 'before-head') {
    socket.destroy()
    return true
  }
  const isEmpty = status === 204 || status === 304
  const framed: FieldList = isEmpty
    ? []
    : framing === 'length'
      ? [['Content-Length', String(content.length)]]
      : framing === 'chunked'
        ? [['Transfer-Encoding', 'chunked']]
        : [['Connection', 'close']]
  const bytes = writeHead(`HTTP/${version} ${status} ${reason}`, [...fields, ...framed])
  if (breaks === 'in-head') {
    socket.end(bytes.subarray(0, -10), () => socket.destroy())
    return true
  }
  socket.write(bytes)
  const hasContent = !isEmpty && method !== 'HEAD'
  if (hasContent) {
    const half = Math.ceil(content.length / 2)
    const isHalf = breaks === 'in-content' || leaves === 'content'
    const wasHeard = await writePieces(socket, content, framing, pieceBytes, isHalf ? half : content.length)
    if (leaves === 'content') {
      await wire.closed()
      socket.destroy()
      return false
    }
    if (breaks === 'in-content') {
      // What was written must arrive; only what should follow is missing.
      socket.end(() => socket.destroy())
      return true
    }
    if (!wasHeard) return false
    if (framing === 'chunked') socket.write(lastChunk(trailers))
  }
  if (framing === 'close' || version === '1.0') socket.end()
  return true
}

interface Response {
  readonly status: number
  readonly reason: string
  readonly fields: FieldList
  readonly content: Buffer
}

/** RFC 9110 §13.2 and §14.2, as far as the scripts go. */
function selectResponse(method: string, asked: FieldList, script: ResponseScript): Response {
  const { status, reason, fields, coded, etag, lastModified, hasRanges } = script
  const whole = { status, reason, fields, content: coded }
  const isRead = method === 'GET' || method === 'HEAD'
  if (status !== 200) return whole
  const bare = without(fields, 'content-type', 'content-encoding', 'trailer')
  const ifMatch = valueOf(asked, 'if-match')
  if (ifMatch !== undefined && ifMatch !== '*' && (etag === undefined || etag.startsWith('W/') || ifMatch !== etag)) {
    return { status: 412, reason: 'Precondition Failed', fields: bare, content: Buffer.from('no match') }
  }
  const ifNoneMatch = valueOf(asked, 'if-none-match')
  const since = valueOf(asked, 'if-modified-since')
  const isSame =
    ifNoneMatch === undefined
      ? since !== undefined && lastModified !== undefined && Date.parse(lastModified) <= Date.parse(since)
      : ifNoneMatch === '*' || (etag !== undefined && weak(ifNoneMatch).includes(weak(etag)))
  if (isRead && isSame) return { status: 304, reason: 'Not Modified', fields: bare, content: Buffer.alloc(0) }
  const range = /^bytes=(\d*)-(\d*)$/.exec(valueOf(asked, 'range') ?? '')
  const ifRange = valueOf(asked, 'if-range')
  const isCurrent = ifRange === undefined || (ifRange === etag && !etag.startsWith('W/')) || ifRange === lastModified
  if (method !== 'GET' || !range || !hasRanges || !isCurrent) return whole
  const [, first = '', last = ''] = range
  const start = first === '' ? Math.max(0, coded.length - Number(last)) : Number(first)
  const end = first === '' || last === '' ? coded.length : Math.min(coded.length, Number(last) + 1)
  if (start >= end) {
    const unsatisfied = [...bare, ['Content-Range', `bytes */${coded.length}`] as const]
    return { status: 416, reason: 'Range Not Satisfiable', fields: unsatisfied, content: Buffer.alloc(0) }
  }
  const part = [...fields, ['Content-Range', `bytes ${start}-${end - 1}/${coded.length}`] as const]
  return { status: 206, reason: 'Partial Content', fields: part, content: coded.subarray(start, end) }
}

function weak(tag: string): string {
  return tag.replaceAll('W/', '')
}
