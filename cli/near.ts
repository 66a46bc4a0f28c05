// `hunch near`: reads the configuration, starts the near proxy, says where it listens, closes it when told to stop.

import { loadConfig } from './config-file.ts'
import { waitForStop } from './stop.ts'

/** Gives 0 once the proxy has been closed; raises a Fault when it cannot start. */
export async function runNear(argv: readonly string[]): Promise<number> {
  if (argv[0] === 'cache') return (await import('./cache.ts')).runCache('near', argv.slice(1))
  const config = await loadConfig('near', argv)
  const stopped = waitForStop()
  const { startNear } = await import('../proxy-near/near.ts')
  const near = await startNear(config)
  process.stdout.write(`listening on http://${near.address}\n`)
  await stopped
  await near.close()
  return 0
}
