// Claims about near's dashboard in a real browser: what it shows, changes and withholds from other sites.
// HUNCH_TEST_SHOTS=DIR keeps a screenshot of each view, desktop and phone, light and dark.
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import type { Page } from 'playwright-core'
import { launchChromium } from '../../loadtest/chromium.ts'
import { startOrigin } from '../../loadtest/origin/origin.ts'
import { ask } from './client.ts'
import { startPair } from './running-pair.ts'

const DASHBOARD = 'http://hunch.invalid'
const views = ['now', 'sites', 'settings', 'kept', 'start'] as const
const screens = {
  desktop: { viewport: { width: 1280, height: 860 }, colorScheme: 'light' },
  phone: { viewport: { width: 390, height: 844 }, colorScheme: 'dark' },
} as const
const axe = readFileSync(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8')
const shots = process.env['HUNCH_TEST_SHOTS']

const origin = await startOrigin({ listen: { host: '127.0.0.1', port: 0 }, seed: 5, waits: 'none' })
t.teardown(() => origin.close())
const { near } = await startPair(t)
const browser = await launchChromium(`http://${near.address}`)
t.teardown(() => browser.close())

t.test('what happens is shown while it happens, on every screen, without an accessibility violation', async t => {
  await ask(near.address, `${origin.url}/news`)
  origin.age('/news')
  for (const [name, screen] of Object.entries(screens)) {
    const page = await openPage(t, screen)
    await page.goto(`${DASHBOARD}/`)
    await page.locator('#exchanges tbody tr').first().waitFor()
    // A request that comes while the page is open appears by itself.
    const shown = page.locator('#exchanges tbody tr', { hasText: '/news' })
    const before = await shown.count()
    await ask(near.address, `${origin.url}/news`)
    await shown.nth(before).waitFor()
    t.match(await page.locator('#link').innerText(), /Link up/)
    for (const view of views) {
      await page.goto(`${DASHBOARD}/#${view}`)
      await page.locator(`#${view} :is(td, input, li, .tile)`).first().waitFor()
      const overflow = await page.evaluate('document.documentElement.scrollWidth - innerWidth')
      t.ok(Number(overflow) <= 0, `${view} fits a ${name}`)
      t.strictSame(await violations(page), [], `${view} on a ${name}`)
      if (shots !== undefined) await page.screenshot({ path: join(shots, `${view}-${name}.png`), fullPage: true })
    }
  }
})

t.test('settings and sites change by the keyboard, hold at once, and what does not fit is said', async t => {
  const page = await openPage(t, screens.desktop)
  await page.goto(`${DASHBOARD}/#settings`)
  const slider = page.getByLabel('maxDeltaRatio')
  await slider.focus()
  const kept = page.waitForResponse(response => response.request().method() === 'PATCH')
  await page.keyboard.press('ArrowLeft')
  t.equal((await kept).status(), 200)
  await page.getByRole('button', { name: 'Back to 0.8' }).waitFor()
  t.equal(await page.evaluate('document.activeElement.id'), 'threshold-maxDeltaRatio', 'the focus stays')
  await page.locator('#threshold-maxDeltaRatio-effect', { hasText: /exchanges?|Nothing was seen/ }).waitFor()
  const size = page.getByLabel('minBaseBytes')
  await size.fill('much')
  await size.press('Enter')
  await page.locator('#settings-result', { hasText: 'minBaseBytes "much" is not' }).waitFor()

  await ask(near.address, `${origin.url}/about`)
  await page.goto(`${DASHBOARD}/#sites`)
  const select = page.getByLabel(/^What Hunch does for 127\.0\.0\.1/)
  const changed = page.waitForResponse(response => response.request().method() === 'PATCH')
  await select.selectOption('bypass')
  t.equal((await changed).status(), 200)
  const direct = await ask(near.address, `${origin.url}/news`)
  t.equal(direct.status, 200)
  t.notOk(direct.all('server-timing').length > 0, 'far was not asked')
})

t.test('another site in the same browser can neither read nor change anything', async t => {
  const evil = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>evil</title>')
  }).listen(0, '127.0.0.1')
  await once(evil, 'listening')
  t.teardown(() => evil.close())
  const page = await openPage(t, screens.desktop)
  await page.goto(`http://127.0.0.1:${(evil.address() as AddressInfo).port}/`)
  const attempt = (path: string, options: object) =>
    page.evaluate(
      ([url, init]) =>
        fetch(url, init).then(
          async response => `${response.status} ${response.type} ${(await response.text()).length}`,
          () => 'failed',
        ),
      [`${DASHBOARD}${path}`, options] as const,
    )
  t.equal(await attempt('/status.json', {}), 'failed')
  t.equal(await attempt('/healthz', {}), 'failed', 'not even whether near is there')
  t.equal(await attempt('/healthz', { mode: 'no-cors' }), 'failed')
  t.equal(await attempt('/effect.json?speculation=off', {}), 'failed')
  t.equal(await attempt('/activity.json', { mode: 'no-cors' }), 'failed', 'not even an opaque response')
  const body = '{"thresholds":{"speculation":"off"}}'
  t.equal(await attempt('/settings.json', { method: 'PATCH', body }), 'failed')
  t.equal(await attempt('/settings.json', { method: 'POST', mode: 'no-cors', body }), 'failed')
  t.equal(await attempt('/versions.json', { method: 'DELETE' }), 'failed')
  const framed = await page.evaluate(`new Promise(resolve => {
    const frame = document.createElement('iframe')
    frame.onload = () => { try { resolve(frame.contentDocument === null ? 'closed' : frame.contentDocument.body.innerText) } catch { resolve('closed') } }
    frame.src = '${DASHBOARD}/'
    document.body.append(frame)
  })`)
  t.notMatch(String(framed), /Last exchanges/)
  const settings = JSON.parse((await ask(near.address, `${DASHBOARD}/settings.json`)).body.toString())
  t.match(
    settings.thresholds.find(({ name }: { name: string }) => name === 'speculation'),
    { value: 'balanced' },
  )

  // A name that was made to point here: the browser would ask near itself, under that name.
  const [, port] = near.address.split(':')
  t.match(await askOwn(Number(port), 'evil.example'), { status: 403 })
  t.match(await askOwn(Number(port), `localhost:${port}`), { status: 200 })
})

t.test('a program that sends everything to its proxy finds near under its own address, too', async t => {
  const [, port] = near.address.split(':')
  for (const host of ['localhost', '127.0.0.1']) {
    t.match(await ask(near.address, `http://${host}:${port}/healthz`), { status: 200 }, host)
  }
  t.match(await ask(near.address, `http://localhost:${port}/healthz`, { fields: ['Origin', 'http://evil.example'] }), {
    status: 403,
  })
})

t.test('the page says whether its browser goes through near, also when it was asked for by its address', async t => {
  const step = (page: Page) => page.locator('#steps li', { hasText: 'Your browser uses near' }).locator('.done, .todo')
  // Chromium asks near itself for near's page, unless it was told to send loopback addresses to its proxy, too.
  for (const [proxy, said] of [
    [`http://${near.address}`, 'Works.'],
    [undefined, 'Not yet.'],
  ] as const) {
    const other = await launchChromium(proxy)
    t.teardown(() => other.close())
    const page = await other.newPage()
    await page.goto(`http://${near.address}/#start`)
    await step(page).waitFor()
    t.equal((await step(page).innerText()).trim(), said)
  }
})

t.test('the page runs no script and loads nothing but its own', async t => {
  const page = await ask(near.address, `${DASHBOARD}/`)
  const [policy = ''] = page.all('content-security-policy')
  t.match(policy, /^default-src 'none'/)
  t.notMatch(policy.replace('http://hunch.invalid', ''), /unsafe|\*|https?:/)
  const html = page.body.toString()
  t.notMatch(html, /<script(?![^>]*\bsrc="\/assets\/)/)
  t.notMatch(html, /\bon\w+=|style=|https?:\/\//)
})

async function openPage(t: Test, screen: (typeof screens)[keyof typeof screens]): Promise<Page> {
  const context = await browser.newContext(screen)
  const page = await context.newPage()
  page.on('pageerror', error => t.fail(`the page failed: ${error.message}`))
  page.on('dialog', dialog => void dialog.dismiss())
  return page
}

async function violations(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe)
  const found = await page.evaluate<{ id: string; nodes: { html: string }[] }[]>(
    'axe.run(document, { resultTypes: ["violations"] }).then(({ violations }) => violations)',
  )
  return found.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)
}

function askOwn(port: number, host: string): Promise<{ status: number }> {
  return new Promise((resolve, reject) => {
    const asking = request({ host: '127.0.0.1', port, path: '/status.json', headers: { host } }, response => {
      response.resume()
      resolve({ status: response.statusCode ?? 0 })
    })
    asking.once('error', reject)
    asking.end()
  })
}
