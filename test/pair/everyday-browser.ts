// A browser as users have it: Chromium that was told by `hunch ca install` to trust near, and by nothing else, with two
// nears on one far to choose from, and sites to visit.
// Knows: how all of them are started. Does not know: what is visited.
import { once } from 'node:events'
import { createServer as createPlainServer } from 'node:http'
import { createSecureServer, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import type { Test } from 'tap'
import { launchChromium } from '../../loadtest/chromium.ts'
import { runHunch } from '../cli/run-hunch.ts'
import { listen } from './odd-origin.ts'
import { type RunningNear, startPair } from './running-pair.ts'
import { makeLeaf, type SignedLeaf, trust } from './tls-origin.ts'
import { accept, echo } from './websocket-origin.ts'

export type Handler = (request: Http2ServerRequest, response: Http2ServerResponse) => unknown

/** A site that does for each path what a test says; `/acknowledge?NAME` is how its pages tell how far they are. */
export class Site {
  readonly url: string
  /** Where WebSockets are echoed. */
  readonly socketUrl: string
  readonly #handlers: Map<string, Handler>
  readonly #acknowledged = new Map<string, PromiseWithResolvers<void>>()

  private constructor(url: string, handlers: Map<string, Handler>) {
    this.url = url
    this.socketUrl = url.replace('http', 'ws')
    this.#handlers = handlers
    this.on('/favicon.ico', (_request, response) => response.writeHead(204).end())
    this.on('/acknowledge', (request, response) => {
      this.#gate(new URL(request.url, url).search.slice(1)).resolve()
      response.writeHead(204, { 'cache-control': 'no-store' }).end()
    })
  }

  /** Over TLS with HTTP/2 and HTTP/1.1, or, without `leaf`, in clear. */
  static async start(t: Test, leaf: SignedLeaf | undefined): Promise<Site> {
    const handlers = new Map<string, Handler>()
    const serve = async (request: Http2ServerRequest, response: Http2ServerResponse) => {
      response.on('error', () => undefined)
      const handler = handlers.get(new URL(request.url, 'http://site').pathname)
      if (handler) await handler(request, response)
      else response.writeHead(404).end('There is no such page.')
    }
    // What tests use is the same in both servers' requests and responses.
    const server = leaf
      ? createSecureServer({ ...leaf, allowHTTP1: true }, (...exchange) => void serve(...exchange))
      : createPlainServer((...exchange) => void serve(...(exchange as unknown as Parameters<Handler>)))
    server.on('upgrade', (request, socket: Duplex) => {
      accept(request, socket)
      echo(socket)
    })
    return new Site(`${leaf ? 'https' : 'http'}://127.0.0.1:${await listen(t, server)}`, handlers)
  }

  /** What to do with requests for `path`. */
  on(path: string, handler: Handler): void {
    this.#handlers.set(path, handler)
  }

  /** Answers requests for `path` with a page of HTML around `body`. */
  page(path: string, body = '', fields: Readonly<Record<string, string>> = {}): void {
    this.on(path, (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-cache', ...fields })
      response.end(`<!doctype html><title>${path}</title>${body}`)
    })
  }

  /** Resolves when a page has acknowledged `name`. */
  async acknowledged(name: string): Promise<void> {
    return this.#gate(name).promise
  }

  #gate(name: string): PromiseWithResolvers<void> {
    const gate = this.#acknowledged.get(name) ?? Promise.withResolvers<void>()
    this.#acknowledged.set(name, gate)
    return gate
  }
}

export interface EverydayBrowser {
  readonly site: Site
  /** Another origin: it trusts and is trusted like the first. */
  readonly otherSite: Site
  /** In clear. */
  readonly plainSite: Site
  readonly nears: readonly [RunningNear, RunningNear]
  /** A new profile behind a near, the first one by default. */
  readonly openProfile: (near?: RunningNear) => Promise<BrowserContext>
}

/** Starts all of it; it ends with the test. */
export async function startEverydayBrowser(t: Test): Promise<EverydayBrowser> {
  const home = await mkdtemp(join(tmpdir(), 'hunch-home-'))
  t.teardown(async () => rm(home, { recursive: true, force: true, maxRetries: 5 }))
  const leaf = await makeLeaf()
  trust(t, leaf)
  const pair = await startPair(t, { near: ['--intercept'] })
  const nears = [pair.near, await pair.addNear()] as const
  for (const { data } of nears) {
    const { code, stderr } = runHunch(['ca', 'install', '--no-system', '--data', data], { env: { HOME: home } })
    t.equal(code, 0, stderr)
  }
  const browser: Browser = await launchChromium(`http://${pair.near.address}`, { home })
  t.teardown(async () => browser.close())
  return {
    site: await Site.start(t, leaf),
    otherSite: await Site.start(t, leaf),
    plainSite: await Site.start(t, undefined),
    nears,
    openProfile: async (near = pair.near) => {
      const context = await browser.newContext({ proxy: { server: `http://${near.address}` } })
      context.setDefaultTimeout(PATIENCE_MS)
      return context
    },
  }
}

// What a browser waits for here comes within a second, or never.
const PATIENCE_MS = 20_000

/** Runs a script in a page, where it may wait, and gives what it returns. */
export async function run<T>(page: Page, script: string): Promise<T> {
  return page.evaluate(`(async () => { ${script} })()`)
}

/** All that a request holds. */
export async function readContent(request: Http2ServerRequest): Promise<Buffer> {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  await once(request, 'end')
  return Buffer.concat(chunks)
}
