// `hunch far`: reads the configuration, starts the far proxy, prints the line to run near with, closes it when told to.

import { configPath, loadConfig } from './config-file.ts'
import { DRAIN_MS, waitForStop } from './stop.ts'
import { watchConfig } from './watch-config.ts'

/** Gives 0 once the proxy has been closed; raises a Fault when it cannot start. */
export async function runFar(argv: readonly string[]): Promise<number> {
  const config = await loadConfig('far', argv)
  const stopped = waitForStop()
  const { countProcesses, isOneOfSeveral, ownPart, sayReady, startProcesses, whenTold } = await import(
    '../proxy-far/processes.ts'
  )
  const isShared = isOneOfSeveral()
  if (countProcesses(config) > 1 && !isShared) {
    const far = await startProcesses(config)
    await finish(far, stopped)
    return 0
  }
  const told = isShared ? whenTold() : new Promise(() => {})
  const { startFar } = await import('../proxy-far/far.ts')
  const far = await startFar(isShared ? ownPart(config) : config)
  if (isShared) sayReady()
  const load = async () => (isShared ? ownPart(await loadConfig('far', argv)) : loadConfig('far', argv))
  // Each of several processes watches for itself.
  const path = configPath('far', argv)
  const unwatch = path === undefined ? () => {} : watchConfig(path, () => far.reload(load))
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
