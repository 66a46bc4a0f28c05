// Debian's Chromium, headless, behind a proxy.
// Knows: where it is, the words that it needs. Does not know: what it visits.
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { type Browser, chromium } from 'playwright-core'
import { Fault } from '../shared/fault.ts'

// Root has no sandbox; the rest keeps Chromium from asking the network for things of its own, and makes it send
// loopback addresses through the proxy, too.
const WORDS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--proxy-bypass-list=<-loopback>',
]
const NAMES = ['chromium', 'chromium-browser', 'google-chrome']

/**
 * Starts Chromium with a new profile, behind `proxy` (a URL); `home` in the place of the user's own, where it finds the
 * authorities that it trusts. Raises CANNOT_READ when there is none.
 */
export async function launchChromium(proxy: string, home?: string): Promise<Browser> {
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  const executablePath = folders.flatMap(folder => NAMES.map(name => join(folder, name))).find(isProgram)
  if (executablePath === undefined) {
    throw new Fault('CANNOT_READ', 'There is no chromium on the PATH (Debian: apt-get install chromium).')
  }
  const env = home === undefined ? {} : { env: { ...process.env, HOME: home } }
  return chromium.launch({ executablePath, args: [...WORDS, `--proxy-server=${proxy}`], ...env })
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
