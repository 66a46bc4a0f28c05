// `hunch far`: reads the configuration, starts the far proxy, prints the line to run near with, closes it when told to.

import type { FarConfig } from '../shared/config/options.ts'
import { loadConfig } from './config-file.ts'
import { waitForStop } from './stop.ts'

type StartFar = (config: FarConfig) => Promise<{ readonly joinLine: string; close(): Promise<void> }>

/** Gives 0 once the proxy has been closed; raises a Fault when it cannot start. */
export async function runFar(argv: readonly string[]): Promise<number> {
  const config = await loadConfig('far', argv)
  const stopped = waitForStop()
  const program: string = '../proxy-far/far.ts'
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- until that file exists
  const { startFar } = (await import(program)) as { startFar: StartFar }
  const far = await startFar(config)
  // The only line of standard output: scripts read it. Logs go to standard error.
  process.stdout.write(`${far.joinLine}\n`)
  await stopped
  await far.close()
  return 0
}
