// An origin with one document, made older by whoever measures, that answers after the same wait every time.
// Knows: sockets, validators. Does not know: proxies, what is measured.
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import type { Document } from './documents.ts'

export interface SteppedOrigin {
  readonly url: string
  readonly siblingUrl: string
  /** What `url` answers with from now on. */
  step: number
  close(): void
}

/** `onThinking` is called when a request has come and once more when its answer goes. */
export async function startSteppedOrigin(
  document: Document,
  waitMs: number,
  host: string,
  onThinking: (state: 'begins' | 'ends') => void,
): Promise<SteppedOrigin> {
  const server = createServer((request, response) => {
    const content = request.url === SIBLING ? document.sibling : document.steps[origin.step]
    const etag = `"${createHash('sha256')
      .update(content ?? '')
      .digest('hex')
      .slice(0, 16)}"`
    const answer = () => send(response, content ?? Buffer.alloc(0), etag, request.headers['if-none-match'])
    void think().then(answer)
  })
  const think = async () => {
    onThinking('begins')
    // No wait is none: a timer of 0 takes a millisecond.
    if (waitMs > 0) await setTimeout(waitMs)
    onThinking('ends')
  }
  const send = (response: ServerResponse, content: Buffer, etag: string, known: string | undefined) => {
    const fields = { etag, 'cache-control': 'public, no-cache' }
    if (known?.includes(etag) === true) response.writeHead(304, fields).end()
    else response.writeHead(200, { 'content-type': document.type, ...fields }).end(content)
  }
  server.listen(0, host)
  await once(server, 'listening')
  const base = `http://${host}:${(server.address() as AddressInfo).port}`
  const origin: SteppedOrigin = {
    url: `${base}${PAGE}`,
    siblingUrl: `${base}${SIBLING}`,
    step: 0,
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
  return origin
}

const PAGE = '/document?edition=1'
const SIBLING = '/document?edition=2'
