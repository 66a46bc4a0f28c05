// `hunch near`: reads the configuration, starts the near proxy, says where it listens, closes it when told to stop.

import type { NearConfig } from '../shared/config/options.ts'
import { loadConfig } from './config-file.ts'
import { waitForStop } from './stop.ts'

type StartNear = (config: NearConfig) => Promise<{ readonly address: string; close(): Promise<void> }>

/** Gives 0 once the proxy has been closed; raises a Fault when it cannot start. */
export async function runNear(argv: readonly string[]): Promise<number> {
  const config = await loadConfig('near', argv)
  const stopped = waitForStop()
  const program: string = '../proxy-near/near.ts'
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- until that file exists
  const { startNear } = (await import(program)) as { startNear: StartNear }
  const near = await startNear(config)
  process.stdout.write(`listening on ${near.address}\n`)
  await stopped
  await near.close()
  return 0
}
