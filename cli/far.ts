// `hunch far`: reads the configuration, starts the far proxy, prints the line to run near with, closes it when told to.

import { configPath, loadConfig } from './config-file.ts'
import { DRAIN_MS, waitForStop } from './stop.ts'
import { watchConfig } from './watch-config.ts'

/** Gives 0 once the proxy has been closed; raises a Fault when it cannot start. */
export async function runFar(argv: readonly string[]): Promise<number> {
  const config = await loadConfig('far', argv)
  const stopped = waitForStop()
  const path = configPath('far', argv)
  const { countProcesses, startProcesses } = await import('../proxy-far/processes.ts')
  const { isOneOfSeveral, Others, ownPart, sayReady, whenTold } = await import('../proxy-far/one-of-several.ts')
  const isShared = isOneOfSeveral()
  if (countProcesses(config) > 1 && !isShared) {
    const far = await startProcesses(config)
    // Each watches the file for itself; a signal comes to this process alone.
    if (path !== undefined) process.on('SIGHUP', () => far.reload())
    await finish(far, stopped)
    return 0
  }
  const told = isShared ? whenTold() : new Promise(() => {})
  const { startFar } = await import('../proxy-far/far.ts')
  const far = await (isShared ? startFar(ownPart(config), new Others()) : startFar(config))
  const load = async () => (isShared ? ownPart(await loadConfig('far', argv)) : loadConfig('far', argv))
  const unwatch = path === undefined ? () => {} : watchConfig(path, () => far.reload(load))
  if (isShared) sayReady(() => far.figures())
  await finish(far, Promise.race([stopped, told]))
  unwatch()
  return 0
}

async function finish(
  far: { readonly joinLine: string | undefined; close(patienceMs?: number): Promise<void> },
  stopped: Promise<unknown>,
): Promise<void> {
  // The only line of standard output: scripts read it. Logs go to standard error.
  if (far.joinLine !== undefined) process.stdout.write(`${far.joinLine}\n`)
  await stopped
  await far.close(DRAIN_MS)
}
