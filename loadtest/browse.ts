// A real browser over a slow link: page loads with Hunch's tricks and without, and screenshots to look at.
//   node loadtest/browse.ts [--link modem-28.8] [--page /article/1] [--shots DIR]
// Each mode has its own pair and its own browser: a first load, a load after the site aged, and one more at once.
// Exits 1 when a document differs from the origin's bytes or something on a page failed to load.
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { parseArgs } from 'node:util'
import type { BrowserContext } from 'playwright-core'
import { launchChromium } from './chromium.ts'
import { isPresetName, presetFigures } from './link/presets.ts'
import { type Origin, startOrigin } from './origin/origin.ts'
import { startFar } from './pair.ts'

const modes = ['optimistic', 'plain'] as const

const { values } = parseArgs({
  options: {
    link: { type: 'string', default: 'modem-28.8' },
    page: { type: 'string', default: '/article/1' },
    shots: { type: 'string' },
  },
})
if (!isPresetName(values.link)) {
  process.stderr.write(`browse: there is no link preset ${values.link}\n`)
  process.exit(2)
}
const link = presetFigures(values.link)
let failures = 0

const origin = await startOrigin({ listen: { host: '127.0.0.1', port: 0 }, seed: 1 })
try {
  process.stdout.write(`${values.link}, ${values.page}; seconds until the page's load event\n`)
  for (const mode of modes) await browse(origin, mode)
} finally {
  await origin.close()
}
process.exitCode = failures === 0 ? 0 : 1

async function browse(site: Origin, mode: (typeof modes)[number]): Promise<void> {
  const far = await startFar(['--allow-private', '--log-level', 'warn'])
  try {
    const near = await far.startNear({ link, arguments: ['--mode', mode, '--log-level', 'warn'] })
    const browser = await launchChromium(near.proxy)
    try {
      const context = await browser.newContext({ viewport: { width: 1200, height: 900 } })
      await load(site, context, mode, 'first')
      site.age()
      await load(site, context, mode, 'aged')
      await load(site, context, mode, 'unchanged')
    } finally {
      await browser.close()
    }
  } finally {
    await far.close()
  }
}

async function load(site: Origin, context: BrowserContext, mode: string, visit: string): Promise<void> {
  const page = await context.newPage()
  const ways = new Map<string, number>()
  page.on('requestfailed', request => {
    failures += 1
    process.stdout.write(`failed: ${request.url()} ${request.failure()?.errorText ?? ''}\n`)
  })
  page.on('response', response => {
    const way = /detail=([a-z]+)/.exec(response.headers()['cache-status'] ?? '')?.[1] ?? 'not by near'
    ways.set(way, (ways.get(way) ?? 0) + 1)
  })
  const startedAt = performance.now()
  const response = await page.goto(`${site.url}${values.page}`, { waitUntil: 'load', timeout: 300_000 })
  const seconds = (performance.now() - startedAt) / 1000
  // A 304 is answered from the browser's own cache: its bytes are those of the last load.
  const isCurrent =
    response?.status() === 304 || site.current(values.page)?.equals((await response?.body()) ?? Buffer.alloc(0))
  if (!isCurrent) failures += 1
  if (values.shots !== undefined) await page.screenshot({ path: join(values.shots, `${mode}-${visit}.png`) })
  const counts = [...ways].map(([way, times]) => `${times} ${way}`).join(', ')
  const verdict = isCurrent ? "the origin's bytes" : 'WRONG BYTES'
  process.stdout.write(
    `${mode.padEnd(11)}${visit.padEnd(11)}${seconds.toFixed(1).padStart(6)}  ${verdict}; ${counts}\n`,
  )
  await page.close()
}
