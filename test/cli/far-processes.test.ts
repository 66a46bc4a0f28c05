// Claims about far as several processes on one port: each may be killed; limits and figures are those of all together.
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { get } from '../../loadtest/get.ts'
import { LinkClient } from '../../loadtest/link-client.ts'
import { CheckedLoad, startCheckedOrigin } from '../../loadtest/store/checked-load.ts'
import { parseJoinUrl } from '../../shared/link/join-url.ts'
import { makeDataDir, startHunch } from './run-hunch.ts'

t.test(
  'a process that is killed under load costs no wrong byte; service goes on, and another takes its place',
  async t => {
    const data = makeDataDir(t)
    const origin = await startCheckedOrigin()
    t.teardown(() => origin.close())
    const far = startHunch(t, ['far', '--port', '0', '--data', `${data}/far`, '--allow-private', '--processes', '2'])
    const [, url = ''] = await far.waitFor(/^hunch near --far '(.*)'\n/)
    const first = await startNear(url, 'first')
    await far.waitFor(/(?:"msg":"a process serves"[^]*){2}/, 'stderr')
    // It has a link already; the second one goes to the other process.
    const invited = startHunch(t, ['far', 'invite', '--data', `${data}/far`])
    const [, again = ''] = await invited.waitFor(/^hunch near --far '(.*)'\n/)
    const second = await startNear(again, 'second')
    const load = new CheckedLoad(origin.url, [first, second], 2)
    await Promise.all([load.nextRight(first), load.nextRight(second)])

    const [one = 0, other = 0] = servingPids(far.stderr())
    process.kill(one, 'SIGKILL')
    await Promise.all([load.nextRight(first), load.nextRight(second)])
    await far.waitFor(/"msg":"a process ended: another one takes its place"[^]*"msg":"a process serves"/, 'stderr')
    process.kill(other, 'SIGKILL')
    await Promise.all([load.nextRight(first), load.nextRight(second)])
    await load.stop()
    t.equal(load.counts.wrong, 0)
    t.ok((load.counts.ways.get('delta') ?? 0) + (load.counts.ways.get('confirmed') ?? 0) > 0, 'with deltas, as before')

    far.kill('SIGTERM')
    t.equal(await far.waitForEnd(), 0)

    async function startNear(join: string, name: string): Promise<string> {
      const near = startHunch(t, ['near', '--far', join, '--port', '0', '--data', `${data}/${name}`])
      return (await near.waitFor(/^listening on (.*)\n/))[1] ?? ''
    }
  },
)

t.test('processes that cannot start are told of once, and far ends', async t => {
  const data = makeDataDir(t)
  const taken = startHunch(t, ['far', '--port', '0', '--data', `${data}/one`])
  const [, port = ''] = await taken.waitFor(/127\.0\.0\.1:(\d+)/)
  const far = startHunch(t, ['far', '--port', port, '--data', `${data}/two`, '--processes', '2'])
  t.equal(await far.waitForEnd(), 1)
  t.match(far.stderr(), /choose another port/)
  t.equal(far.stdout(), '')
})

t.test('what a near has taken of one process counts in the others, and figures are those of all', async t => {
  const large = randomBytes(1_100_000)
  const pages = createServer(({ url }, response) => void response.end(url === '/large' ? large : 'small'))
  pages.listen(0, '127.0.0.1')
  t.teardown(() => pages.close())
  await once(pages, 'listening')
  const site = `http://127.0.0.1:${portOf(pages)}`
  const metrics = `http://127.0.0.1:${await findPort()}`
  const data = makeDataDir(t)
  const words = ['--bytes-per-day-per-user', '1MiB', '--metrics', metrics.slice('http://'.length)]
  const { far, url } = await startTwo(t, data, words)
  const link = { bandwidthBytesPerSecond: undefined, roundTripMs: undefined }
  const one = await LinkClient.open(parseJoinUrl(url))
  const other = await LinkClient.open(parseJoinUrl(url), one.credential)
  t.teardown(() => [one, other].forEach(each => each.close()))
  await other.ask(new URL(`${site}/small`), undefined, link)
  await one.ask(new URL(`${site}/large`), undefined, link)
  let answered = 2
  // A few bytes each: it is not the share of its own process that they exhaust.
  const another = () => other.ask(new URL(`${site}/small`), undefined, link)
  for (let at = 0; at < 1000 && (await another().then(Boolean, () => false)); at++) answered += 1
  t.ok(answered < 1000, 'refused in the end')

  const untilTold = async (line: string) => {
    while (!(await get(`${metrics}/metrics`, undefined)).body.toString().includes(`\n${line}\n`));
    t.pass(line)
  }
  await untilTold(`hunch_far_exchanges_total ${answered}`)
  await untilTold('hunch_far_sessions 2')
  await untilTold('hunch_far_nears 1')
  process.kill(servingPids(far.stderr())[0] ?? 0, 'SIGKILL')
  await untilTold('hunch_far_sessions 1')
  await untilTold(`hunch_far_exchanges_total ${answered}`)
})

t.test('SIGHUP has each process read the configuration again', async t => {
  const data = t.testdir({ 'hunch.json': '{"maxDeltaRatio": 0.5}' })
  const { far } = await startTwo(t, data, ['--config', join(data, 'hunch.json')])
  far.kill('SIGHUP')
  await far.waitFor(/(?:"live":\[\],"restart":\[\],"msg":"the configuration was read again"[^]*){2}/, 'stderr')
  far.kill('SIGTERM')
  t.equal(await far.waitForEnd(), 0)
})

/** Far as two processes that both serve. */
async function startTwo(t: Test, data: string, words: readonly string[]) {
  const all = ['--port', '0', '--data', join(data, 'far'), '--allow-private', '--processes', '2', ...words]
  const far = startHunch(t, ['far', ...all])
  const [, url = ''] = await far.waitFor(/^hunch near --far '(.*)'\n/)
  await far.waitFor(/(?:"msg":"a process serves"[^]*){2}/, 'stderr')
  return { far, url }
}

async function findPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const port = portOf(server)
  server.close()
  await once(server, 'close')
  return port
}

function portOf(server: { address(): unknown }): number {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it listens
  return (server.address() as AddressInfo).port
}

function servingPids(log: string): number[] {
  return Array.from(log.matchAll(/"process":(\d+),"msg":"a process serves"/g), ([, pid]) => Number(pid))
}
