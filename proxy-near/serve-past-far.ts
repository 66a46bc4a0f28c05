// Serves a request past far, where there is no link and the user wants that (`--when-link-fails direct`).
// Knows: what the client is told of it, and what near holds that it makes outdated. Does not know: when (serve.ts).
import { cacheStatus } from '../shared/http/cache-status.ts'
import { invalidatedUrls } from '../shared/http/caching.ts'
import type { FieldList } from '../shared/http/fields.ts'
import { type AnswerSink, type ClientRequest, NEAR_SCOPE, type ServeContext } from './ask-far.ts'
import type { Exchange } from './exchange-log.ts'

/** Raises ORIGIN_*, CLIENT_GONE. */
export async function servePastFar(
  request: ClientRequest,
  response: AnswerSink,
  { direct, versions }: ServeContext,
  exchange: Exchange,
): Promise<void> {
  exchange.way = 'fallback'
  const sink = new TellingSink(response, (status, fields) => {
    exchange.status = status
    for (const url of invalidatedUrls(request.facts, { status, fields })) versions.invalidate(url, [NEAR_SCOPE])
  })
  await direct?.serve(request, sink)
}

/** Tells the client which way its response came. */
class TellingSink implements AnswerSink {
  readonly #response: AnswerSink
  readonly #onHead: (status: number, fields: FieldList) => void

  constructor(response: AnswerSink, onHead: (status: number, fields: FieldList) => void) {
    this.#response = response
    this.#onHead = onHead
  }

  get gone(): AbortSignal {
    return this.#response.gone
  }

  get begun(): boolean {
    return this.#response.begun
  }

  inform(status: number, fields: FieldList): void {
    this.#response.inform(status, fields)
  }

  begin(status: number, fields: FieldList, contentLength: number | undefined | null): void {
    this.#onHead(status, fields)
    const told = cacheStatus({ way: 'fallback', forwardedStatus: status, held: false, stored: false })
    this.#response.begin(status, [...fields, ['Cache-Status', told]], contentLength)
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.#response.write(bytes)
  }

  end(trailers?: FieldList): void {
    this.#response.end(trailers)
  }

  flushHead(): void {
    this.#response.flushHead()
  }
}
