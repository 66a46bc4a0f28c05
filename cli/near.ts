// `hunch near`: reads the configuration, starts the near proxy, says where it listens, has it take up its file anew,
// closes it when told to stop.

import { configPath, loadConfig } from './config-file.ts'
import { DRAIN_MS, waitForStop } from './stop.ts'
import { watchConfig } from './watch-config.ts'

/** Gives 0 once the proxy has been closed; raises a Fault when it cannot start. */
export async function runNear(argv: readonly string[]): Promise<number> {
  const config = await loadConfig('near', argv)
  const stopped = waitForStop()
  const { startNear } = await import('../proxy-near/near.ts')
  const near = await startNear(config)
  process.stdout.write(`listening on http://${near.address}\n`)
  const { madePassword } = near
  if (madePassword !== undefined) {
    process.stderr.write(
      `The password for everybody on the network, shown this once and kept in ${config.data}: ${madePassword} (with any user name)\n`,
    )
  }
  const path = configPath('near', argv)
  const unwatch = path === undefined ? () => {} : watchConfig(path, () => near.reload(() => loadConfig('near', argv)))
  await stopped
  unwatch()
  await near.close(DRAIN_MS)
  return 0
}
