// Claims about fars on several machines behind a load balancer: data directories of their own, one key, one shared store.
import { cp, mkdir } from 'node:fs/promises'
import t, { type Test } from 'tap'
import { type Balancer, startBalancer } from '../../loadtest/store/balancer.ts'
import { CheckedLoad, startCheckedOrigin } from '../../loadtest/store/checked-load.ts'
import { get } from '../../loadtest/get.ts'
import { startRedis, type RunningRedis } from '../../loadtest/store/running-redis.ts'
import { makeDataDir, runHunch, startHunch } from './run-hunch.ts'

t.test(
  'any far answers any near: one is killed under load, the shared store stops and dies, no byte is wrong',
  async t => {
    const { origin, fars, near } = await startMachines(t)
    const load = new CheckedLoad(origin.url, [near], 3)
    await load.nextRight(near)
    // The near has its link with one of the two, and is not asked which.
    fars[0]!.kill('SIGKILL')
    await load.nextRight(near)
    const again = fars[0]!.again()
    await again.waitFor(/"msg":"listening"/, 'stderr')
    fars[1]!.kill('SIGKILL')
    await load.nextRight(near)
    redisOf(t).signal('SIGSTOP')
    await load.nextRight(near)
    await redisOf(t).kill()
    await load.nextRight(near)
    await load.stop()
    t.equal(load.counts.wrong, 0)
    t.notMatch(again.stderr(), /a near was refused/)
  },
)

t.test(
  'what is common with one far is common with the other, and who is revoked at one is shut out by both',
  async t => {
    const { origin, fars, near, data } = await startMachines(t)
    const pages = [1, 2, 3, 4].map(number => `${origin.url}/all/${number}`)
    const [page = ''] = pages
    for (const each of pages) t.equal((await get(each, near)).way, 'whole')
    const nears = JSON.parse(runHunch(['far', 'nears', '--json', '--data', `${data}/0`]).stdout) as { id: string }[]
    const ids =
      nears.length > 0 ? nears : JSON.parse(runHunch(['far', 'nears', '--json', '--data', `${data}/1`]).stdout)
    // What was written behind is on the server once its list is there.
    while (redisOf(t).ask('KEYS', 'hunch1:v:*').split('\n').length < pages.length)
      await get(`${origin.url}/all/5`, near)
    const served = fars.findIndex(far => far.stderr().includes('"url"'))
    fars[served]!.kill('SIGKILL')
    await fars[served]!.waitForEnd()
    // Near finds the other one by itself; until then it says at once that there is no link.
    let got = await get(page, near)
    while (got.status === 502) got = await get(page, near)
    // On a busy machine the server may take longer than a lookup waits for it.
    const ways = [got.way]
    for (const each of pages.slice(1)) ways.push((await get(each, near)).way)
    t.ok(
      ways.some(way => way === 'confirmed' || way === 'delta'),
      `the other one has the bases: ${ways.join()}`,
    )
    const left = 1 - served
    const id = (ids as { id: string }[])[0]?.id ?? ''
    t.match(runHunch(['far', 'revoke', id, '--data', `${data}/${left}`]), { code: 0 })
    await fars[left]!.waitFor(/a near was refused|"refused"|revoked/, 'stderr')
    const back = fars[served]!.again()
    await back.waitFor(/"msg":"listening"/, 'stderr')
    while ((await get(page, near)).status === 200);
    t.equal(redisOf(t).ask('SMEMBERS', 'hunch1:revoked'), id)
  },
)

const servers = new WeakMap<Test, RunningRedis>()

function redisOf(t: Test): RunningRedis {
  return servers.get(t)!
}

async function startMachines(t: Test) {
  const data = makeDataDir(t)
  const origin = await startCheckedOrigin()
  t.teardown(() => origin.close())
  const redis = await startRedis()
  servers.set(t, redis)
  t.teardown(() => redis.close())
  // The key is made on one machine, and copied to the others.
  const first = startMachine(t, `${data}/0`, redis, ['--port', '0'])
  const [, url = '', port = ''] = await first.waitFor(/^hunch near --far '(.*127\.0\.0\.1:(\d+).*)'\n/)
  await mkdir(`${data}/1`, { mode: 0o700 })
  for (const name of ['far-key.pem', 'far-cert.pem']) await cp(`${data}/0/${name}`, `${data}/1/${name}`)
  const second = startMachine(t, `${data}/1`, redis, ['--port', '0', '--no-invite'])
  const [, secondPort = ''] = await second.waitFor(/"port":(\d+),"msg":"listening"/, 'stderr')
  const balancer: Balancer = await startBalancer([Number(secondPort), Number(port)])
  t.teardown(() => balancer.close())
  const through = url.replace(`:${port}`, `:${balancer.port}`)
  const near = startHunch(t, ['near', '--far', through, '--port', '0', '--data', `${data}/near`])
  const [, address = ''] = await near.waitFor(/^listening on (.*)\n/)
  const fars = [
    { ...first, again: () => startMachine(t, `${data}/0`, redis, ['--port', port, '--no-invite']) },
    { ...second, again: () => startMachine(t, `${data}/1`, redis, ['--port', secondPort, '--no-invite']) },
  ]
  return { data, origin, fars, near: address }
}

function startMachine(t: Test, data: string, redis: RunningRedis, words: readonly string[]) {
  return startHunch(t, ['far', '--data', data, '--allow-private', '--shared-store', redis.url, ...words])
}
