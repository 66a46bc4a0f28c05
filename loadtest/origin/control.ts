// The endpoints under /-/ by which tests and people make pages older and see what they give now. They never wait.
// Knows: the site in time. Does not know: how a page is found or drawn.

import type { IncomingMessage, ServerResponse } from 'node:http'
import { contentTypes } from './answer.ts'
import { redirect, sendText, userOf } from './endpoints.ts'
import type { AgeingSite } from './ageing.ts'

interface Control {
  readonly method: 'GET' | 'POST'
  readonly answer: (
    site: AgeingSite,
    request: IncomingMessage,
    response: ServerResponse,
    query: URLSearchParams,
  ) => void
}

const controls: Readonly<Record<string, Control>> = {
  '/-/age': { method: 'POST', answer: age },
  '/-/current': { method: 'GET', answer: showCurrent },
  '/-/pages': { method: 'GET', answer: listPages },
}

/** Answers a request under /-/: 404 for an unknown one, 405 for the wrong method. */
export function answerControl(site: AgeingSite, request: IncomingMessage, response: ServerResponse, url: URL): void {
  const control = controls[url.pathname]
  if (control === undefined) return sendJson(response, 404, { error: 'no such control', known: Object.keys(controls) })
  const isHead = request.method === 'HEAD' && control.method === 'GET'
  if (request.method !== control.method && !isHead) {
    response.setHeader('allow', control.method)
    return sendJson(response, 405, { error: `use ${control.method}` })
  }
  control.answer(site, request, response, url.searchParams)
}

function age(site: AgeingSite, request: IncomingMessage, response: ServerResponse, query: URLSearchParams): void {
  const path = query.get('path') ?? undefined
  if (!site.age(path)) return sendJson(response, 404, { error: `there is no page ${path}` })
  // The button on the first page is pressed by a browser, which then wants to see that page again.
  if ((request.headers.accept ?? '').includes('text/html')) return redirect(response, 303, '/')
  sendJson(response, 200, path === undefined ? { aged: 'all' } : { aged: path })
}

function showCurrent(
  site: AgeingSite,
  request: IncomingMessage,
  response: ServerResponse,
  query: URLSearchParams,
): void {
  const path = query.get('path') ?? ''
  const page = path === '' ? undefined : site.find(path)
  if (page === undefined) return sendJson(response, 404, { error: `there is no page ${path}` })
  const content = site.contentOf(page, query.get('user') ?? userOf(request))
  response.writeHead(200, {
    'content-type': contentTypes[page.kind],
    'content-length': content.length,
    'cache-control': 'no-store',
    'demo-step': `${site.stepOf(page)}`,
  })
  response.end(content)
}

function listPages(site: AgeingSite, _: IncomingMessage, response: ServerResponse): void {
  sendJson(response, 200, site.pages)
}

function sendJson(response: ServerResponse, status: number, value: unknown): void {
  sendText(response, status, 'json', `${JSON.stringify(value, null, 1)}\n`, { 'cache-control': 'no-store' })
}
