// `hunch demo`: an origin whose pages age, far, an emulated slow link and near, in one command.
// Knows: how they are put together, what to tell the user. Does not know: how any of them works.
import { startOrigin, type Origin } from '../loadtest/origin/origin.ts'
import { presetFigures, presets } from '../loadtest/link/presets.ts'
import { type LogLine, startFar } from '../loadtest/pair.ts'
import { flagOf, thresholdOptions, type DemoConfig } from '../shared/config/options.ts'
import { Fault } from '../shared/fault.ts'
import { loadConfig } from './config-file.ts'
import { waitForStop } from './stop.ts'

const SEED = 1997

/** Gives 0 once the demo has been stopped; raises a Fault when a part of it cannot start. */
export async function runDemo(argv: readonly string[]): Promise<number> {
  const config = await loadConfig('demo', argv)
  const stopped = waitForStop()
  const origin = await startDemoOrigin(config)
  try {
    const shared = sharedArguments(config)
    const far = await startFar(['--allow-private', ...shared])
    try {
      const near = await far.startNear({
        link: config.link === 'lan' ? undefined : presetFigures(config.link),
        listen: config.listen,
        arguments: [
          '--mode',
          config.mode,
          ...(config.open ? ['--open'] : []),
          ...interceptArguments(config),
          ...shared,
        ],
        onLog: line => print(describeExchange(line)),
      })
      print(describeStart(config, origin, near.proxy))
      const ended = await Promise.race([stopped.then(() => undefined), far.ended, near.ended])
      if (ended !== undefined) throw new Fault('NEAR_INTERNAL', ended)
    } finally {
      await far.close()
    }
    return 0
  } finally {
    await origin.close()
  }
}

/** Beside near, on the next port; on any free one when that is taken. */
async function startDemoOrigin(config: DemoConfig): Promise<Origin> {
  const options = { seed: SEED, corpus: config.corpus }
  const { host, port } = config.listen
  try {
    return await startOrigin({ ...options, listen: { host, port: port === 0 ? 0 : port + 1 } })
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== 'PORT_IN_USE') throw error
    return startOrigin({ ...options, listen: { host, port: 0 } })
  }
}

function sharedArguments(config: DemoConfig): string[] {
  const thresholds = Object.keys(thresholdOptions).flatMap(name => {
    const value = config.thresholds[name as keyof typeof config.thresholds]
    return [flagOf(name), value === Number.POSITIVE_INFINITY ? 'none' : String(value)]
  })
  return [
    '--memory',
    String(config.memory),
    '--store',
    String(config.store || 'none'),
    '--log-level',
    config.logLevel,
    '--log-queries',
    ...thresholds,
  ].filter(word => word !== '--log-queries' || config.logQueries)
}

function interceptArguments({ intercept, exclude }: DemoConfig): string[] {
  return intercept ? ['--intercept', '--exclude', exclude.join(',') || 'none'] : []
}

function describeStart(config: DemoConfig, origin: Origin, proxy: string): string {
  const { what, downBitsPerSecond, upBitsPerSecond, roundTripMs } = presets[config.link]
  const site = origin.url
  return `
Hunch is running: a site whose pages age, and a slow link (${config.link}: ${what},
${downBitsPerSecond / 1000}/${upBitsPerSecond / 1000} kbit/s, ${roundTripMs} ms) with Hunch on both sides of it.

  the proxy, and what it says of itself   ${proxy}/
  the site, without the slow link         ${site}/

Try, in another terminal:
  curl -x ${proxy} -o /dev/null -sD - -w '%{time_total} s\\n' ${site}/
  curl -X POST ${site}/-/age          all pages of the site become one step older; then ask again
  chromium --proxy-server=${proxy} --proxy-bypass-list='<-loopback>' ${site}/

Each response says in Cache-Status which way it came. Ctrl-C ends the demo.

`
}

/** One line for each exchange, for people. */
function describeExchange(line: LogLine): string {
  if (typeof line['method'] !== 'string') return ''
  const word = (name: string) =>
    typeof line[name] === 'string' || typeof line[name] === 'number' ? `${line[name]}` : ''
  const bytes = ['baseBytes', 'deltaBytes', 'wholeBytes'].map(name => Number(line[name] ?? 0))
  const link = bytes.reduce((sum, each) => sum + each, 0)
  const saved = Number(line['savedBytes'] ?? 0) > 0 ? `, ${word('savedBytes')} saved` : ''
  const outcome = word('fault') === '' ? `${word('status')} ${word('way')}` : `failed: ${word('fault')}`
  const size = word('contentBytes') === '' ? '' : `  ${word('contentBytes')} B by ${link} B on the link${saved}`
  return `${word('totalMs').padStart(6)} ms  ${outcome.padEnd(14)} ${word('method')} ${word('url')}${size}\n`
}

function print(text: string): void {
  process.stdout.write(text)
}
