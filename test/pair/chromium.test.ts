// A real browser behind the pair: whole page loads, with all that a page refers to.
import { test, type Test } from 'tap'
import type { Page } from 'playwright-core'
import { launchChromium } from '../../loadtest/chromium.ts'
import { startOrigin } from '../../loadtest/origin/origin.ts'
import { startPair } from './running-pair.ts'

test('Chromium loads a page through the pair, and gets its current bytes after it has aged', async t => {
  const origin = await startOrigin({ listen: { host: '127.0.0.1', port: 0 }, seed: 7, waits: 'none' })
  t.teardown(() => origin.close())
  const { near } = await startPair(t)
  const browser = await launchChromium(`http://${near.address}`)
  t.teardown(() => browser.close())

  const page = await (await browser.newContext()).newPage()
  const first = await load(t, page, `${origin.url}/news`)
  t.ok(first.body?.equals(origin.current('/news') ?? Buffer.alloc(0)), "the first load has the origin's bytes")
  t.equal(first.ways.get('/news'), 'whole')
  t.ok(first.ways.size > 10, `the page brought ${first.ways.size - 1} other resources with it`)
  t.same(first.failed, [], 'nothing on the page failed to load')

  origin.age('/news')
  const second = await load(t, page, `${origin.url}/news`)
  t.ok(second.body?.equals(origin.current('/news') ?? Buffer.alloc(0)), "the second load has the origin's new bytes")
  t.equal(second.ways.get('/news'), 'delta')
  t.same(second.failed, [], 'nothing on the page failed to load')
})

/** Loads a page; tells its document, and which way near says that each resource came. */
async function load(t: Test, page: Page, url: string) {
  const ways = new Map<string, string | undefined>()
  const failed: string[] = []
  page.removeAllListeners('response')
  page.removeAllListeners('requestfailed')
  page.on('response', response => {
    const way = /detail=([a-z]+)/.exec(response.headers()['cache-status'] ?? '')?.[1]
    ways.set(new URL(response.url()).pathname, way)
  })
  page.on('requestfailed', request => failed.push(request.url()))
  const response = await page.goto(url, { waitUntil: 'load' })
  t.equal(response?.status(), 200)
  return { body: await response?.body(), ways, failed }
}
