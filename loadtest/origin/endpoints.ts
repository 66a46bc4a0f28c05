// What the site has beside pages: an echo of the request, a download of any length, signing in and out, a redirect.
// Knows: one request and its response. Does not know: pages, steps, waits.

import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Chance } from './chance.ts'
import { contentTypes } from './answer.ts'
import { escapeText } from './layout.ts'

export interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly url: URL
  readonly seed: number
}

interface Endpoint {
  readonly methods: readonly string[] | 'any'
  readonly answer: (exchange: Exchange) => void | Promise<void>
}

const READ = ['GET', 'HEAD'] as const

export const endpoints: Readonly<Record<string, Endpoint>> = {
  '/echo': { methods: 'any', answer: echo },
  '/download': { methods: READ, answer: download },
  '/login': { methods: READ, answer: logIn },
  '/logout': { methods: READ, answer: logOut },
  '/redirect': { methods: READ, answer: ({ response }) => redirect(response, 302, '/news') },
}

/** The name in the `user` cookie, or undefined when there is none that can be read. */
export function userOf(request: IncomingMessage): string | undefined {
  const cookies = (request.headers.cookie ?? '').split(';').map(cookie => cookie.trim())
  const value = cookies.find(cookie => cookie.startsWith('user='))?.slice('user='.length)
  if (value === undefined || value === '') return undefined
  try {
    return decodeURIComponent(value)
  } catch {
    return undefined
  }
}

/** Sends a whole body with its type and length, or only its fields when the request was a HEAD. */
export function sendText(
  response: ServerResponse,
  status: number,
  kind: 'html' | 'json' | 'text',
  text: string,
  fields: Readonly<Record<string, string>> = {},
): void {
  const body = Buffer.from(text)
  response.writeHead(status, { 'content-type': contentTypes[kind], 'content-length': body.length, ...fields })
  response.end(body)
}

/** A page that says what went wrong, in few words. */
export function sendProblem(response: ServerResponse, status: number, title: string, text: string): void {
  const html = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeText(title)}</title>
<link rel="icon" href="/assets/logo.svg" type="image/svg+xml">
<link rel="stylesheet" href="/assets/site.css">
<main class="main">
<h1 class="headline">${escapeText(title)}</h1>
<p class="lead">${escapeText(text)}</p>
<p><a class="button" href="/">To the first page</a></p>
</main>
</html>
`
  sendText(response, status, 'html', html, { 'cache-control': 'no-cache' })
}

/** Says what arrived, so that a test can compare it with what was sent: uploads by their SHA-256. */
async function echo({ request, response, url }: Exchange): Promise<void> {
  const hash = createHash('sha256')
  let bodyBytes = 0
  for await (const part of request as AsyncIterable<Buffer>) {
    hash.update(part)
    bodyBytes += part.length
  }
  const { method, httpVersion, headers, rawHeaders } = request
  const seen = {
    method,
    path: url.pathname + url.search,
    httpVersion,
    fields: headers,
    rawFields: rawHeaders,
    bodyBytes,
    bodySha256: hash.digest('hex'),
  }
  sendText(response, 200, 'json', `${JSON.stringify(seen, null, 2)}\n`, { 'cache-control': 'no-store' })
}

// Enough for any test of a link, and no more than a disk holds.
const MOST_BYTES = 2 ** 40
const BLOCK_BYTES = 64 * 1024

/** `bytes` seeded bytes that cannot be compressed, as fast as the client takes them. */
async function download({ request, response, url, seed }: Exchange): Promise<void> {
  const text = url.searchParams.get('bytes') ?? ''
  const length = Number(text)
  if (!/^\d+$/.test(text) || length > MOST_BYTES) {
    return sendProblem(response, 400, 'How much?', `Ask for /download?bytes=N, with N up to ${MOST_BYTES}.`)
  }
  response.writeHead(200, {
    'content-type': 'application/octet-stream',
    'content-length': length,
    'cache-control': 'no-cache',
  })
  if (request.method === 'HEAD') return void response.end()
  try {
    await pipeline(Readable.from(seededBytes(seed, length)), response)
  } catch {
    // The client went away, which is its right.
  }
}

/** The content of /download: for one seed, a shorter one is the beginning of a longer one. */
export function* seededBytes(seed: number, length: number): Generator<Buffer> {
  const chance = new Chance(seed, 'download')
  for (let sent = 0; sent < length; sent += BLOCK_BYTES) {
    const block = new Uint32Array(BLOCK_BYTES / 4)
    for (let index = 0; index < block.length; index++) block[index] = chance.bits()
    yield Buffer.from(block.buffer).subarray(0, Math.min(BLOCK_BYTES, length - sent))
  }
}

function logIn({ response, url }: Exchange): void {
  // A name, not a novel: it goes into a cookie.
  const user = (url.searchParams.get('user') ?? '').trim().slice(0, 40).toWellFormed()
  if (user === '') return redirect(response, 303, '/account')
  redirect(response, 303, '/account', `user=${encodeURIComponent(user)}; Path=/; HttpOnly; SameSite=Lax`)
}

function logOut({ response }: Exchange): void {
  redirect(response, 303, '/account', 'user=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax')
}

/** Sends the client elsewhere, and gives it a cookie where one is named. */
export function redirect(response: ServerResponse, status: 302 | 303, location: string, cookie?: string): void {
  const fields = cookie === undefined ? {} : { 'set-cookie': cookie, 'cache-control': 'no-store' }
  sendText(response, status, 'text', `It is at ${location}\n`, { location, ...fields })
}
