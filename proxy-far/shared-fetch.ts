// One fetch for several asks of the same URL: who comes while a response is awaited shares it, if it is for all and
// fresh (RFC 9111 §4); else each asks by itself.
// Knows: responses of origins. Does not know: nears, versions, what is made of a response.
//
// Invariants:
// 1. A response is shared only with requests that it would answer from a shared cache; nobody waits longer than for its
//    head to learn that it does not.
// 2. The fetch is given up when all who share it have gone, not when the first has.
import { type RequestFacts, isPublic, mayKeep } from '../shared/http/caching.ts'
import { codingsToUndo } from '../shared/http/content.ts'
import { Freshness } from '../shared/http/freshness.ts'
import type { OriginResponse } from './origin.ts'
import { SharedContent } from './shared-content.ts'

type Send = (signal: AbortSignal) => Promise<OriginResponse>

export class SharedFetches {
  readonly #flights = new Map<string, Flight>()
  readonly #now: () => number

  constructor(now: () => number) {
    this.#now = now
  }

  /** Asks by `send`, or shares what is under way. Raises what `send` raises, and the reason of `signal`. */
  async fetch(facts: RequestFacts, send: Send, signal: AbortSignal): Promise<OriginResponse> {
    const underWay = this.#flights.get(facts.url)
    if (underWay) return (await underWay.join(facts, signal, this.#now)) ?? send(signal)
    const flight = new Flight(facts, this.#now())
    this.#flights.set(facts.url, flight)
    try {
      return await flight.lead(send, signal)
    } finally {
      // Whoever comes later asks the cache, which has the response when it has arrived.
      this.#flights.delete(facts.url)
    }
  }
}

/** One fetch; every signal of those who share it ends with their exchange. */
class Flight {
  readonly #facts: RequestFacts
  readonly #askedAt: number
  readonly #abort = new AbortController()
  #response = Promise.resolve<OriginResponse | undefined>(undefined)
  #content: SharedContent | undefined
  #members = 0

  constructor(facts: RequestFacts, now: number) {
    this.#facts = facts
    this.#askedAt = now
  }

  async lead(send: Send, signal: AbortSignal): Promise<OriginResponse> {
    this.#enter(signal)
    const sent = this.#send(send)
    this.#response = sent.catch(() => undefined)
    const response = await untilGone(sent, signal)
    return this.#content ? { ...response, body: this.#content.open(signal) } : response
  }

  /** The response when it answers `facts` too, undefined when it does not or failed. */
  async join(facts: RequestFacts, signal: AbortSignal, now: () => number): Promise<OriginResponse | undefined> {
    const leave = this.#enter(signal)
    const response = await untilGone(this.#response, signal)
    if (response && this.#content?.isOpen) {
      const freshness = Freshness.of(this.#facts, response, 'shared', this.#askedAt)
      if (freshness.answers(facts, now())) return { ...response, body: this.#content.open(signal) }
    }
    leave()
    return undefined
  }

  async #send(send: Send): Promise<OriginResponse> {
    const response = await send(this.#abort.signal)
    // What stays in its coding is only for clients that read the same ones.
    const isPlain = codingsToUndo(response.fields) !== undefined
    const isForAll = isPlain && mayKeep(this.#facts, response) && isPublic(this.#facts, response)
    const freshness = Freshness.of(this.#facts, response, 'shared', this.#askedAt)
    if (isForAll && freshness.answers(this.#facts, this.#askedAt)) this.#content = new SharedContent(response.body)
    return response
  }

  #enter(signal: AbortSignal): () => void {
    let isIn = true
    this.#members += 1
    const leave = () => {
      if (!isIn) return
      isIn = false
      this.#members -= 1
      if (this.#members === 0) this.#abort.abort(signal.reason)
    }
    signal.addEventListener('abort', leave, { once: true })
    return leave
  }
}

/** What `promise` gives, or the reason of `signal` as an error when that fires first. */
async function untilGone<Result>(promise: Promise<Result>, signal: AbortSignal): Promise<Result> {
  const gone = Promise.withResolvers<never>()
  const leave = () => gone.reject(signal.reason)
  if (signal.aborted) leave()
  signal.addEventListener('abort', leave)
  try {
    return await Promise.race([promise, gone.promise])
  } finally {
    signal.removeEventListener('abort', leave)
  }
}
