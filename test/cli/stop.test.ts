// Claims about how a running command is told to stop.
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { startChild } from './run-hunch.ts'

const stop = fileURLToPath(new URL('../../cli/stop.ts', import.meta.url))

// A command whose closing takes for ever.
const stubborn = `
  import { waitForStop } from ${JSON.stringify(stop)}
  setInterval(() => {}, 1e6)
  const stopped = waitForStop()
  console.log('running')
  console.log('closing after', await stopped)`

t.test(
  'the first signal lets the command close, a second one ends it at once with the code of that signal',
  async t => {
    const cases = [
      ['SIGINT', 'SIGINT', 130],
      ['SIGTERM', 'SIGTERM', 143],
      ['SIGTERM', 'SIGINT', 130],
    ] as const
    for (const [first, second, code] of cases) {
      const child = startChild(t, process.execPath, ['--input-type=module', '--eval', stubborn])
      await child.waitFor(/running/)
      child.kill(first)
      await child.waitFor(new RegExp(`closing after ${first}`))
      child.kill(second)
      t.equal(await child.waitForEnd(), code, `${first}, ${second}`)
    }
  },
)
