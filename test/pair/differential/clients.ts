// Clients that ask what a script says, straight or through a proxy, by HTTP/1.1 as bytes or by HTTP/2, and keep all that
// came back.
// Knows: how each way is asked. Does not know: what should come back.
import type { ClientHttp2Session } from 'node:http2'
import type { Duplex } from 'node:stream'
import { type FieldList, fromRaw, toRaw } from '../../../shared/http/fields.ts'
import { Wire, framingOf, lastChunk, writeHead, writePieces } from './http1.ts'
import type { RequestScript } from './make-exchange.ts'

/** What a client got. */
export interface Answered {
  readonly interim: readonly { readonly status: number; readonly fields: FieldList }[]
  /** Undefined when the connection broke before there was one. */
  readonly status: number | undefined
  readonly fields: FieldList
  readonly content: Buffer
  readonly trailers: FieldList
  readonly complete: boolean
}

/** Asks over a connection of HTTP/1.1. `target`: what stands in the request line; `heard`: the origin has the head. */
export async function askHttp1(
  socket: Duplex,
  target: string,
  host: string,
  request: RequestScript,
  heard: Promise<void>,
): Promise<Answered> {
  const wire = new Wire(socket)
  const { method, version, fields, content, framing, leaves } = request
  const length: FieldList =
    framing === 'length'
      ? [['Content-Length', String(content?.length)]]
      : framing === 'chunked'
        ? [['Transfer-Encoding', 'chunked']]
        : []
  const expect: FieldList = request.expects ? [['Expect', '100-continue']] : []
  socket.write(
    writeHead(`${method} ${target} HTTP/${version}`, [['Host', host], ...hopFields(fields), ...length, ...expect]),
  )
  const goOn = Promise.withResolvers<void>()
  if (!request.expects) goOn.resolve()
  void upload(socket, request, goOn.promise, heard)
  const interim: { status: number; fields: FieldList }[] = []
  for (let head = await wire.head(); head; head = await wire.head()) {
    const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(head.line)?.[1] ?? 0)
    goOn.resolve()
    if (status >= 100 && status < 200) {
      interim.push({ status, fields: head.fields })
      continue
    }
    const { framing: way, length: announced } = framingOf(head, method)
    const onBytes = () => {
      if (leaves === 'content') socket.destroy()
    }
    const { bytes, trailers, complete } = await wire.content(way, announced, onBytes)
    socket.destroy()
    return { interim, status, fields: head.fields, content: bytes, trailers, complete }
  }
  socket.destroy()
  return { interim, status: undefined, fields: [], content: Buffer.alloc(0), trailers: [], complete: false }
}

/** What belongs to a connection is named by Connection (RFC 9110 §7.6.1). */
function hopFields(fields: FieldList): FieldList {
  const hasTe = fields.some(([name]) => name === 'TE')
  return hasTe ? [...fields, ['Connection', 'TE']] : fields
}

async function upload(
  socket: Duplex,
  request: RequestScript,
  goOn: Promise<void>,
  heard: Promise<void>,
): Promise<void> {
  await goOn
  const { content, framing, pieceBytes, trailers, leaves } = request
  if (content !== undefined) {
    const half = Math.floor(content.length / 2)
    await writePieces(socket, content, framing, pieceBytes, leaves === 'upload' ? half : content.length)
    if (leaves !== 'upload' && framing === 'chunked' && !socket.destroyed) socket.write(lastChunk(trailers))
  }
  if (leaves !== 'upload' && leaves !== 'thinking') return
  await heard
  socket.destroy()
}

/** Asks on a session of HTTP/2. */
export async function askHttp2(
  session: ClientHttp2Session,
  authority: string,
  request: RequestScript,
  heard: Promise<void>,
): Promise<Answered> {
  const { method, path, content, trailers, leaves, pieceBytes } = request
  const pseudo: FieldList = [
    [':method', method],
    [':scheme', 'https'],
    [':authority', authority],
    [':path', path],
  ]
  const length: FieldList = request.framing === 'length' ? [['content-length', String(content?.length)]] : []
  const expect: FieldList = request.expects ? [['expect', '100-continue']] : []
  const lower = request.fields.map(([name, value]) => [name.toLowerCase(), value] as const)
  const raw = toRaw([...pseudo, ...lower, ...length, ...expect])
  const waitForTrailers = trailers.length > 0
  const stream = session.request(raw, { endStream: content === undefined, waitForTrailers })
  const cancel = () => stream.close(8)
  stream.on('wantTrailers', () =>
    stream.sendTrailers(Object.fromEntries(trailers.map(([name, value]) => [name, value]))),
  )
  const interim: { status: number; fields: FieldList }[] = []
  let status: number | undefined
  let fields: FieldList = []
  let trailing: FieldList = []
  let ended = false
  const pieces: Buffer[] = []
  const goOn = Promise.withResolvers<void>()
  if (!request.expects) goOn.resolve()
  stream.on('error', () => undefined)
  stream.on('continue', () => {
    interim.push({ status: 100, fields: [] })
    goOn.resolve()
  })
  stream.on('headers', (headers, _flags, raws: string[]) => {
    const code = Number(headers[':status'])
    if (code !== 100) interim.push({ status: code, fields: withoutPseudo(raws) })
  })
  stream.on('response', (headers, _flags, raws: string[]) => {
    status = headers[':status']
    fields = withoutPseudo(raws)
    goOn.resolve()
  })
  stream.on('trailers', (_headers, _flags, raws: string[]) => (trailing = withoutPseudo(raws)))
  stream.on('data', (bytes: Buffer) => {
    pieces.push(bytes)
    if (leaves === 'content') cancel()
  })
  stream.on('end', () => (ended = true))
  const closed = new Promise<void>(resolve => void stream.once('close', () => resolve()))
  const send = async () => {
    await goOn.promise
    if (content !== undefined) {
      const count = leaves === 'upload' ? Math.floor(content.length / 2) : content.length
      await writePieces(stream, content, 'length', pieceBytes, count)
      if (leaves !== 'upload' && !stream.destroyed) stream.end()
    }
    if (leaves !== 'upload' && leaves !== 'thinking') return
    await heard
    cancel()
  }
  void send()
  await closed
  const complete = ended && stream.rstCode === 0
  return { interim, status, fields, content: Buffer.concat(pieces), trailers: trailing, complete }
}

function withoutPseudo(raw: readonly string[]): FieldList {
  return fromRaw(raw).filter(([name]) => !name.startsWith(':'))
}
