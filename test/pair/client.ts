// A client of a proxy, for tests: asks in absolute form and keeps all that came back, also when the connection broke.
// Knows: Node's HTTP client. Does not know: which proxy it talks to.
import { once } from 'node:events'
import { request as sendRequest, type ClientRequest, type IncomingMessage } from 'node:http'

export interface Wish {
  readonly method?: string
  /** Name, value, name, value: repeated names stay apart. */
  readonly fields?: readonly string[]
  readonly body?: string | Uint8Array
}

export interface Got {
  readonly status: number
  /** All values of a field, in order. */
  readonly all: (name: string) => string[]
  readonly body: Buffer
  /** Whether the response ended as HTTP says that it must; else the connection broke in the middle. */
  readonly complete: boolean
  /** The `detail` of Cache-Status: which way the response came. */
  readonly way: string | undefined
  readonly raw: readonly string[]
}

/** Begins a request to `proxy` (HOST:PORT) for `url`; the caller writes its content and ends it. */
export function begin(proxy: string, url: string, { method = 'GET', fields = [] }: Wish = {}): ClientRequest {
  const { hostname, port } = new URL(`http://${proxy}`)
  const headers = ['Host', new URL(url).host, ...fields]
  return sendRequest({ hostname, port, path: url, method, headers, agent: false, maxHeaderSize: 1024 * 1024 })
}

/** Waits for the response's head. */
export async function headOf(request: ClientRequest): Promise<IncomingMessage> {
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  return response
}

/** Reads a response to its end, or to where it broke. */
export async function readAll(response: IncomingMessage): Promise<Got> {
  const chunks: Buffer[] = []
  response.on('error', () => undefined)
  response.on('data', (chunk: Buffer) => chunks.push(chunk))
  // Not `once`, which a connection that breaks would make fail.
  if (!response.closed) await new Promise(resolve => response.once('close', resolve))
  const raw = response.rawHeaders
  const all = (name: string) => raw.filter((_, at) => at % 2 === 1 && raw[at - 1]?.toLowerCase() === name)
  const [way] = all('cache-status').flatMap(value => /hunch-near.*detail=([a-z]+)/.exec(value)?.[1] ?? [])
  return { status: response.statusCode ?? 0, all, body: Buffer.concat(chunks), complete: response.complete, way, raw }
}

/** Asks and reads the response; rejects when the connection breaks before there is a head. */
export async function ask(proxy: string, url: string, wish: Wish = {}): Promise<Got> {
  const request = begin(proxy, url, wish)
  const head = headOf(request)
  request.end(wish.body)
  return readAll(await head)
}
