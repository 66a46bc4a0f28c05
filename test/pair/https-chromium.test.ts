// A real browser that was told to trust near, by the command that users have, and by nothing else.
import { spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { launchChromium } from '../../loadtest/chromium.ts'
import { runHunch } from '../cli/run-hunch.ts'
import { makeText } from './odd-origin.ts'
import { startPair } from './running-pair.ts'
import { makeLeaf, startTlsOrigin, trust } from './tls-origin.ts'

const page = (version: number) =>
  `<!doctype html><meta charset="utf-8"><title>${version}</title><link rel="icon" href="data:,"><p>${makeText(40_000)}<p>${version}`

async function start(t: Test) {
  const home = await mkdtemp(join(tmpdir(), 'hunch-home-'))
  t.teardown(() => rm(home, { recursive: true, force: true }))
  const leaf = await makeLeaf()
  trust(t, leaf)
  let version = 0
  const origin = await startTlsOrigin(t, leaf, (_request, response) => {
    version += 1
    response.writeHead(200, { 'Content-Type': 'text/html', 'Cache-Control': 'no-cache' }).end(page(version))
  })
  const { near } = await startPair(t, { near: ['--intercept'] })
  const ca = (verb: string) => runHunch(['ca', verb, '--no-system', '--data', near.data], { env: { HOME: home } })
  const launch = async () => {
    const browser = await launchChromium(`http://${near.address}`, { home })
    t.teardown(() => browser.close())
    return browser.newContext()
  }
  return { url: `https://${origin}/`, home, leaf, ca, launch }
}

t.test('Chromium trusts near after hunch ca install: HTTP/2, the bytes of the origin, deltas', async t => {
  const { url, ca, launch } = await start(t)
  t.match(ca('install'), { code: 0, stdout: /Chrome and Chromium .*: trusts it now\n/ })
  const tab = await (await launch()).newPage()
  for (const [version, way] of [
    [1, 'whole'],
    [2, 'delta'],
  ] as const) {
    const response = await tab.goto(url)
    t.match(response?.headers()['cache-status'], new RegExp(`hunch-near.*detail=${way}`))
    t.equal((await response?.body())?.toString(), page(version))
    const protocol = `performance.getEntriesByType('navigation')[0].nextHopProtocol`
    t.equal(await tab.evaluate(protocol), 'h2')
  }
  t.match(ca('remove'), { code: 0, stdout: /Chrome and Chromium .*: trusts it no more\n/ })
})

t.test('a Chromium that does not trust near refuses it, and meets the origin itself the next time', async t => {
  const { url, home, leaf, launch } = await start(t)
  // It trusts the authority of the origin instead.
  const database = `sql:${home}/.pki/nssdb`
  await mkdir(`${home}/.pki/nssdb`, { recursive: true })
  await writeFile(`${home}/origin.pem`, leaf.ca)
  spawnSync('certutil', ['-N', '-d', database, '--empty-password'])
  spawnSync('certutil', ['-A', '-d', database, '-n', 'origin', '-t', 'C,,', '-i', `${home}/origin.pem`])
  const browser = await launch()
  await t.rejects((await browser.newPage()).goto(url), /ERR_CERT_AUTHORITY_INVALID/)
  const response = await (await browser.newPage()).goto(url)
  t.equal(response?.status(), 200)
  t.equal(response?.headers()['cache-status'], undefined, 'what comes through a tunnel has no word of ours')
})
