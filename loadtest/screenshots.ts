// Pictures of near's page with real exchanges in it: `node loadtest/screenshots.ts --out DIR [--readme docs/dashboard.png]`.
// A visitor reads the built-in site over an emulated link; Chromium only looks at near's page, from beside the proxy, so that
// nothing of its own is in the list.
// Knows: a pair, the site, the views of the page. Does not know: how any of them works.
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { launchChromium } from './chromium.ts'
import { get } from './get.ts'
import { presetFigures } from './link/presets.ts'
import { startOrigin } from './origin/origin.ts'
import { startFar } from './pair.ts'

const { values } = parseArgs({ options: { out: { type: 'string' }, readme: { type: 'string' } } })

const views = ['now', 'sites', 'settings', 'kept', 'start'] as const
const screens = {
  desktop: { width: 1280, height: 860 },
  phone: { width: 390, height: 844 },
} as const

// So that there is something in the chart.
const ROUNDS = 6
// What somebody reads: pages that far has, that near has, that changed, that did not, and a few parts of them.
const visits: readonly string[] = [
  '/news',
  '/assets/site.css',
  '/article/1',
  '/article/2',
  '/item?id=1',
  '/item?id=2',
  'age',
  '/news',
  '/article/1',
  '/item?id=3',
  'age',
  '/news',
  '/article/2',
  'age',
]

const origin = await startOrigin({ listen: { host: '127.0.0.1', port: 0 }, seed: 1997 })
const far = await startFar(['--allow-private'])
try {
  // Somebody else reads before, so that far has versions to send ahead.
  const other = await far.startNear({ link: undefined })
  for (const path of ['/news', '/article/1', '/feed.xml', '/item?id=9']) await get(origin.url + path, other.proxy)
  await other.close()
  origin.age()
  const near = await far.startNear({ link: presetFigures('edge') })
  const browser = await launchChromium(undefined)
  try {
    const watching = await browser.newPage({ viewport: screens.desktop })
    await watching.goto(`${near.proxy}/`)
    await watching.locator('#link strong', { hasText: 'up' }).waitFor()
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const path of visits) {
        if (path === 'age') origin.age()
        else await get(origin.url + path, near.proxy)
      }
    }
    // What only far has, and then what near has just got.
    for (const path of ['/feed.xml', '/item?id=1', '/feed.xml']) await get(origin.url + path, near.proxy)
    for (const [name, viewport] of Object.entries(screens)) {
      for (const colorScheme of ['light', 'dark'] as const) {
        const page = await browser.newPage({ viewport, colorScheme })
        await page.goto(`${near.proxy}/`)
        await page.locator('#exchanges tbody tr').nth(5).waitFor()
        if (values.readme !== undefined && name === 'desktop' && colorScheme === 'light') {
          await page.screenshot({ path: values.readme })
        }
        if (values.out === undefined) continue
        await mkdir(values.out, { recursive: true })
        for (const view of views) {
          await page.goto(`${near.proxy}/#${view}`)
          await page.locator(`#${view} :is(td, input, li, .tile)`).first().waitFor()
          if (view === 'settings') {
            await page.getByLabel('minExpectedGainMs').fill('500')
            await page.locator('#threshold-minExpectedGainMs-effect:not(:empty)').waitFor()
          }
          await page.screenshot({ path: join(values.out, `${view}-${name}-${colorScheme}.png`), fullPage: true })
          if (view === 'settings') await page.getByRole('button', { name: 'Back to 20' }).click()
        }
        await page.close()
      }
    }
  } finally {
    await browser.close()
  }
} finally {
  await far.close()
  await origin.close()
}
