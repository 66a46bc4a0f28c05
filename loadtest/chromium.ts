// Debian's Chromium, headless, behind a proxy or not, here or in a network namespace.
// Knows: where it is, the words that it needs. Does not know: what it visits.
import { accessSync, constants } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
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

export interface Surroundings {
  /** In the place of the user's own, where it finds the authorities that it trusts. */
  readonly home?: string
  /** The words before its command, such as those that enter a network namespace. */
  readonly enter?: readonly string[]
}

/** Starts Chromium with a new profile, behind `proxy` (a URL) where there is one. Raises CANNOT_READ when there is none. */
export async function launchChromium(proxy: string | undefined, surroundings: Surroundings = {}): Promise<Browser> {
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  const found = folders.flatMap(folder => NAMES.map(name => join(folder, name))).find(isProgram)
  if (found === undefined) {
    throw new Fault('CANNOT_READ', 'There is no chromium on the PATH (Debian: apt-get install chromium).')
  }
  const { home, enter = [] } = surroundings
  const env = home === undefined ? {} : { env: { ...process.env, HOME: home } }
  const args = proxy === undefined ? WORDS : [...WORDS, `--proxy-server=${proxy}`]
  if (enter.length === 0) return chromium.launch({ executablePath: found, args, ...env })
  // Playwright wants a single program, and talks to it by pipes, which go with it wherever it is.
  const folder = await mkdtemp(join(tmpdir(), 'hunch-chromium-'))
  try {
    const executablePath = join(folder, 'chromium')
    await writeFile(executablePath, `#!/bin/sh\nexec ${enter.join(' ')} ${found} "$@"\n`, { mode: 0o700 })
    return await chromium.launch({ executablePath, args, ...env })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
