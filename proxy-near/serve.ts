// Serves one request of a client: from what near holds, or by asking far; the life of a request on near's side.
// Knows: the plans of shared/exchange, and who carries them out. Does not know: sockets, parts.
import { planRepeat } from '../shared/exchange/plan-repeat.ts'
import { planRequest, type RequestPlan } from '../shared/exchange/plan-request.ts'
import { isUnreachable, mayShare } from '../shared/exchange/plan-reuse.ts'
import { planRevalidation } from '../shared/exchange/plan-revalidation.ts'
import { nameSiblings } from '../shared/exchange/siblings.ts'
import { asFault } from '../shared/fault.ts'
import type { RequestFacts } from '../shared/http/caching.ts'
import type { Version } from '../shared/version.ts'
import { type AnswerSink, type AskPlan, askFar, type ClientRequest, NEAR_SCOPE, type ServeContext } from './ask-far.ts'
import type { ClientResponse } from './client-response.ts'
import type { Exchange } from './exchange-log.ts'
import { ResumableResponse } from './resumable-response.ts'
import { serveHeld } from './serve-held.ts'
import { servePastFar } from './serve-past-far.ts'

/** Serves `request` on `response`; raises the fault that ended it. */
export async function serveRequest(
  request: ClientRequest,
  response: ClientResponse,
  context: ServeContext,
  exchange: Exchange,
): Promise<void> {
  const { facts } = request
  const { underWay } = context
  await context.versions.recall({ url: facts.url, scopes: [NEAR_SCOPE], siblings: facts.method === 'GET' })
  let plan = planFor(facts, context)
  const other = plan.kind === 'ask' && isShareable(facts, context) ? underWay.get(facts.url) : undefined
  if (other) {
    await untilEither(other, response.gone)
    plan = planFor(facts, context)
  }
  if (plan.kind === 'serve') {
    serveHeld(plan.held, plan.how, plan.notModified, response, context, exchange, plan.range)
    if (plan.how === 'revalidate') revalidate(plan.held, request, context)
    return
  }
  await sharing(facts.url, isShareable(facts, context), context, release =>
    askOrRescue(plan, request, response, context, exchange, release),
  )
}

function planFor(facts: RequestFacts, context: ServeContext): RequestPlan {
  const held = context.versions.of(facts.url, [NEAR_SCOPE])
  const siblings = held.length > 0 ? [] : nameSiblings(facts.url, context.versions.ofOrigin(facts.url, [NEAR_SCOPE]))
  return planRequest(facts, held, context.mode, context.now(), siblings)
}

function isShareable(facts: RequestFacts, { versions }: ServeContext): boolean {
  return mayShare(facts, versions.of(facts.url, [NEAR_SCOPE]), 'private')
}

/** Does what `work` does, while others of the same URL wait for it until it is done or calls `release`. */
async function sharing(
  url: string,
  isShared: boolean,
  { underWay }: ServeContext,
  work: (release: () => void) => Promise<void>,
): Promise<void> {
  const mine = Promise.withResolvers<void>()
  if (isShared && !underWay.has(url)) underWay.set(url, mine.promise)
  const release = () => {
    if (underWay.get(url) === mine.promise) underWay.delete(url)
    mine.resolve()
  }
  try {
    await work(release)
  } finally {
    release()
  }
}

async function untilEither(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  const fired = Promise.withResolvers<void>()
  if (signal.aborted) fired.resolve()
  signal.addEventListener('abort', () => fired.resolve(), { once: true })
  await Promise.race([promise, fired.promise])
}

/** Gets an answer; where nobody gives one, serves what is held where RFC 9111 §4.2.4 allows it. */
async function askOrRescue(
  plan: AskPlan,
  request: ClientRequest,
  response: AnswerSink,
  context: ServeContext,
  exchange: Exchange,
  release: () => void,
): Promise<void> {
  const rescuer = plan.rescue?.version
  try {
    const end = await askUntilAnswered(plan, request, response, context, exchange, release)
    if (end === 'rescue' && rescuer) serveHeld(rescuer, 'stale', false, response, context, exchange)
  } catch (error) {
    const fault = asFault(error, 'NEAR_INTERNAL')
    if (!rescuer || !isUnreachable(fault) || response.begun || response.gone.aborted) throw fault
    serveHeld(rescuer, 'stale', false, response, context, exchange)
  }
}

/** Asks far, and again, unseen by the client, where that can help; past far where there is no link and the user wants it. */
async function askUntilAnswered(
  first: AskPlan,
  request: ClientRequest,
  response: AnswerSink,
  context: ServeContext,
  exchange: Exchange,
  release: () => void,
): Promise<'done' | 'rescue'> {
  const sink = new ResumableResponse(response)
  const { rescue } = first
  let plan = first
  for (let asks = 1; ; asks += 1) {
    const session = await untilLinked(context, response.gone, sink.state === 'nothing')
    if (!session) {
      await servePastFar(request, response, context, exchange)
      return 'done'
    }
    const bases = plan.kind === 'ask' ? plan.bases : []
    try {
      return await askFar(plan, bases, request, sink, context, exchange, release)
    } catch (error) {
      const fault = asFault(error, 'NEAR_INTERNAL')
      const { method } = request.facts
      const linkBroke = session.over
      const failed = { method, hasContent: request.body !== undefined, linkBroke, asks, given: sink.state }
      const next = planRepeat(failed, fault)
      if (next.kind === 'fail' || response.gone.aborted) throw fault
      exchange.askedAgainFor = fault.code
      if (next.kind === 'repeat-plain') {
        plan = { kind: 'pass', why: 'mode', rescue }
        // What near holds may be what is damaged; it must not cost a second ask every time.
        if (fault.code !== 'LINK_CLOSED') for (const base of bases) context.versions.drop(base.url, [NEAR_SCOPE])
      }
      sink.restart()
    }
  }
}

/** The session that is asked next; undefined when there is none and the request may go past far. */
async function untilLinked({ link, direct }: ServeContext, gone: AbortSignal, mayGoPast: boolean) {
  try {
    return await link.ready(gone)
  } catch (error) {
    if (!direct || !mayGoPast || gone.aborted) throw error
    return undefined
  }
}

/** RFC 5861 §3: asks far behind an answer, unless somebody does so already; what fails is asked for again next time. */
function revalidate(held: Version, { facts, receivedBy }: ClientRequest, context: ServeContext): void {
  if (context.underWay.has(facts.url)) return
  const { url } = facts
  const request = { facts: planRevalidation(facts), body: undefined, receivedBy, retire: () => {} }
  const exchange = { method: 'GET', url, startedAt: context.now() }
  const plan = { kind: 'ask', bases: [held], rescue: undefined } as const
  void sharing(url, true, context, async () => {
    await askFar(plan, plan.bases, request, new Nobody(), context, exchange, () => {})
  }).catch(() => {})
}

/** Takes an answer that is only to be kept. */
class Nobody implements AnswerSink {
  readonly gone = new AbortController().signal
  begun = false

  inform(): void {}

  begin(): void {
    this.begun = true
  }

  async write(): Promise<void> {}

  end(): void {}

  flushHead(): void {}
}
