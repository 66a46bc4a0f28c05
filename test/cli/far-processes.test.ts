// Claims about far as several processes on one port, each of which may be killed.
import t from 'tap'
import { CheckedLoad, startCheckedOrigin } from '../../loadtest/store/checked-load.ts'
import { startHunch } from './run-hunch.ts'

t.test(
  'a process that is killed under load costs no wrong byte; service goes on, and another takes its place',
  async t => {
    const data = t.testdir()
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
  const data = t.testdir()
  const taken = startHunch(t, ['far', '--port', '0', '--data', `${data}/one`])
  const [, port = ''] = await taken.waitFor(/127\.0\.0\.1:(\d+)/)
  const far = startHunch(t, ['far', '--port', port, '--data', `${data}/two`, '--processes', '2'])
  t.equal(await far.waitForEnd(), 1)
  t.match(far.stderr(), /choose another port/)
  t.equal(far.stdout(), '')
})

function servingPids(log: string): number[] {
  return Array.from(log.matchAll(/"process":(\d+),"msg":"a process serves"/g), ([, pid]) => Number(pid))
}
