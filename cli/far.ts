// `hunch far`: reads the configuration, starts the far proxy, prints the line to run near with, closes it when told to.

import { configPath, loadConfig } from './config-file.ts'
import { waitForStop } from './stop.ts'
import { watchConfig } from './watch-config.ts'

/** Gives 0 once the proxy has been closed; raises a Fault when it cannot start. */
export async function runFar(argv: readonly string[]): Promise<number> {
  const config = await loadConfig('far', argv)
  const stopped = waitForStop()
  const { startFar } = await import('../proxy-far/far.ts')
  const far = await startFar(config)
  // The only line of standard output: scripts read it. Logs go to standard error.
  if (far.joinLine !== undefined) process.stdout.write(`${far.joinLine}\n`)
  const path = configPath('far', argv)
  const unwatch = path === undefined ? () => {} : watchConfig(path, () => far.reload(() => loadConfig('far', argv)))
  await stopped
  unwatch()
  await far.close()
  return 0
}
