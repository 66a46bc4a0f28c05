// The demo's origin: an ordinary HTTP/1.1 server with a small web site whose documents age.
// Knows: sockets, steps, timers. What a page is and what an answer says is decided in page.ts and answer.ts.
// 1. Everything is seeded: the same seed, steps and order of requests give the same bytes after the same waits.
// 2. The endpoints under /-/ never wait.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { Fault } from '../../shared/fault.ts'
import { AgeingSite, parseTarget, type PageInfo } from './ageing.ts'
import { planAnswer } from './answer.ts'
import { answerControl } from './control.ts'
import { readCorpus } from './corpus.ts'
import { endpoints, sendProblem, userOf } from './endpoints.ts'
import type { Page } from './page.ts'
import { makeSite } from './site.ts'
import { drawWait, waitKindOf, type WaitKind, type Waits } from './waits.ts'

export interface OriginOptions {
  readonly listen: { readonly host: string; readonly port: number }
  readonly seed: number
  /** A directory with manifest.json, whose documents are served under /corpus/. */
  readonly corpus?: string | undefined
  /** How long the origin thinks before it answers; 'typical' by default. */
  readonly waits?: Waits | undefined
  /** Every page is one step older after so many seconds; 0, the default: only when it is told to. */
  readonly ageEverySeconds?: number | undefined
  /** Calls back once after `delayMs` and returns what calls it off; setTimeout by default. */
  readonly after?: Timer | undefined
}

export type Timer = (delayMs: number, call: () => void) => () => void

export interface Origin {
  /** Where it listens, without a slash at the end. */
  readonly url: string
  /** Every page as it is now, items and recorded documents included. */
  readonly pages: readonly PageInfo[]
  /** Makes every page one step older, or the one page that `path` names; false when there is no such page. */
  age(path?: string): boolean
  /** The bytes that `path` gives now, without a wait; undefined when there is no such page. */
  current(path: string, user?: string): Buffer | undefined
  /** Stops listening and drops every connection. */
  close(): Promise<void>
}

/**
 * Starts the origin. Port 0 takes a free one.
 * Faults: PORT_IN_USE, CANNOT_LISTEN; CANNOT_READ for a corpus that is not one.
 */
export async function startOrigin(options: OriginOptions): Promise<Origin> {
  const { seed, waits = 'typical', after = setTimer, ageEverySeconds = 0 } = options
  const recorded = options.corpus === undefined ? [] : await readCorpus(options.corpus)
  const site = new AgeingSite(makeSite(recorded), seed)
  const requestsOf = new Map<string, number>()
  let stopAgeing = () => {}

  const server = createServer(PATIENCE, (request, response) => {
    // A client that leaves in the middle is no failure of the site.
    request.on('error', () => {})
    response.on('error', () => {})
    answer(request, response).catch(error => {
      if (response.headersSent) response.destroy()
      else sendProblem(response, 500, 'The site failed', String(error))
    })
  })
  await listen()
  if (ageEverySeconds > 0) ageLater()
  return {
    url: urlOf(server.address()),
    get pages() {
      return site.pages
    },
    age: path => site.age(path),
    current(path, user) {
      const page = site.find(path)
      return page === undefined ? undefined : site.contentOf(page, user)
    },
    close,
  }

  function listen(): Promise<void> {
    const { host, port } = options.listen
    return new Promise((resolve, reject) => {
      server.once('error', (error: NodeJS.ErrnoException) => {
        const code = error.code === 'EADDRINUSE' ? 'PORT_IN_USE' : 'CANNOT_LISTEN'
        reject(new Fault(code, `the origin cannot listen on ${host}:${port}: ${error.code ?? error.message}`))
      })
      server.listen(port, host, resolve)
    })
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = parseTarget(request.url ?? '/')
    if (url === undefined) return sendProblem(response, 400, 'Bad request', 'That is not a path.')
    if (url.pathname.startsWith('/-/')) return answerControl(site, request, response, url)
    const endpoint = endpoints[url.pathname]
    const page = endpoint === undefined ? site.find(url.href) : undefined
    const methods = endpoint?.methods ?? (page === undefined ? 'any' : ['GET', 'HEAD'])
    if (methods !== 'any' && !methods.includes(request.method ?? '')) {
      response.setHeader('allow', methods.join(', '))
      return sendProblem(response, 405, 'Method not allowed', `This page answers ${methods.join(' and ')} only.`)
    }
    if (!(await waitFor(page === undefined ? 'file' : waitKindOf(page), url.pathname, response))) return undefined
    if (endpoint !== undefined) return endpoint.answer({ request, response, url, seed })
    if (page === undefined) return sendProblem(response, 404, 'Not found', `There is nothing at ${url.pathname}`)
    return answerPage(page, request, response)
  }

  async function answerPage(page: Page, request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method === 'GET') site.visit(page)
    const plan = planAnswer(page, site.contentOf(page, userOf(request)), site.stepOf(page), request.headers)
    if (plan.kind === 'not-modified') return void response.writeHead(304, plan.fields).end()
    response.writeHead(200, plan.fields)
    if (request.method === 'HEAD') return void response.end()
    if (page.sending !== 'pieces' && page.sending !== 'chunked') return void response.end(plan.body)
    const pieceBytes = Math.ceil(plan.body.length / PIECES)
    for (let start = 0; start < plan.body.length; start += pieceBytes) {
      if (start > 0 && page.sending === 'pieces' && !(await waitFor('piece', page.path, response))) return
      response.write(plan.body.subarray(start, start + pieceBytes))
    }
    response.end()
  }

  /** Waits as the origin does; false when the client has left meanwhile. */
  function waitFor(kind: WaitKind, path: string, response: ServerResponse): Promise<boolean> {
    const number = (requestsOf.get(path) ?? 0) + 1
    if (number > 1 || requestsOf.size < MOST_PATHS_COUNTED) requestsOf.set(path, number)
    const waitMs = drawWait(waits, kind, seed, path, number)
    if (waitMs === 0) return Promise.resolve(true)
    return new Promise(resolve => {
      const leave = () => {
        stop()
        resolve(false)
      }
      const stop = after(waitMs, () => {
        response.off('close', leave)
        resolve(true)
      })
      response.once('close', leave)
    })
  }

  function ageLater(): void {
    stopAgeing = after(ageEverySeconds * 1000, () => {
      site.age()
      ageLater()
    })
  }

  function close(): Promise<void> {
    stopAgeing()
    return new Promise(resolve => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  }
}

// An upload over a modem takes as long as it takes; an idle connection is kept for as long as browsers think.
const PATIENCE = { requestTimeout: 0, keepAliveTimeout: 65_000 } as const

// A page that is sent while it is made comes in so many pieces.
const PIECES = 8

// Requests are counted for each path that is asked for, but strangers cannot fill the memory with paths.
const MOST_PATHS_COUNTED = 10_000

function urlOf(address: ReturnType<Server['address']>): string {
  if (address === null || typeof address === 'string') throw new Fault('CANNOT_LISTEN', 'the origin has no port')
  const host = address.family === 'IPv6' ? `[${address.address}]` : address.address
  return `http://${host}:${address.port}`
}

function setTimer(delayMs: number, call: () => void): () => void {
  const timer = setTimeout(call, delayMs)
  return () => clearTimeout(timer)
}
