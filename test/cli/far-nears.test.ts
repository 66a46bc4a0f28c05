// Claims about who may use a far: what `hunch far invite`, `nears` and `revoke` do while it runs.
import { once } from 'node:events'
import { get } from 'node:http'
import { createServer, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { runHunch, startHunch } from './run-hunch.ts'

t.test('a running far takes who is invited beside it, lists them, and cuts off who is revoked', async t => {
  const data = t.testdir()
  const far = startHunch(t, ['far', '--port', '0', '--data', `${data}/far`, '--allow-private', '--no-invite'])
  await far.waitFor(/"msg":"listening"/, 'stderr')
  t.equal(far.stdout(), '', 'no secret in the log of a service')
  const invited = runHunch(['far', 'invite', 'Ada', '--data', `${data}/far`])
  const [, url = ''] = /^hunch near --far '(.*)'\n$/.exec(invited.stdout) ?? []
  const near = startHunch(t, ['near', '--far', url, '--port', '0', '--data', `${data}/near`])
  const [, address = ''] = await near.waitFor(/^listening on (.*)\n/)
  await far.waitFor(/"event":"joined"/, 'stderr')

  const listed = runHunch(['far', 'nears', '--data', `${data}/far`, '--json'])
  const nears = JSON.parse(listed.stdout) as { id: string; name: string }[]
  t.match(nears, [{ name: 'Ada' }])
  t.match(runHunch(['far', 'nears', '--data', `${data}/far`]).stdout, /^[0-9a-f]{16} {2}\d{4}-.*Z {2}Ada\n$/)

  // A tunnel that is open goes down with its near.
  const service = createServer(socket => socket.on('error', () => undefined)).listen(0, '127.0.0.1')
  t.teardown(() => service.close())
  await once(service, 'listening')
  const { port } = service.address() as { port: number }
  const { hostname, port: proxyPort } = new URL(address)
  const connecting = get({ hostname, port: proxyPort, method: 'CONNECT', path: `127.0.0.1:${port}`, agent: false })
  const [, tunnel] = (await once(connecting, 'connect')) as [unknown, Socket]
  tunnel.on('error', () => undefined)
  const broken = new Promise(resolve => tunnel.resume().once('close', resolve))

  const id = nears[0]?.id ?? ''
  t.match(runHunch(['far', 'revoke', id, '--data', `${data}/far`]), { code: 0, stdout: `${id} is shut out.\n` })
  await broken
  await far.waitFor(/"event":"refused"/, 'stderr')
  const answer = get({ hostname, port: proxyPort, path: `http://127.0.0.1:${port}/`, agent: false })
  const [response] = await once(answer, 'response')
  t.match(await text(response), /LINK_CREDENTIAL/)
  t.match(runHunch(['far', 'revoke', id, '--data', `${data}/far`]), { code: 1, stderr: /no near has the ID/ })
  t.match(runHunch(['far', 'nears', '--data', `${data}/far`]).stdout, /^No near has joined/)
})

t.test('a place where no far ran is one line that says what to do, and stays empty', async t => {
  const data = `${t.testdir()}/none`
  for (const words of [['invite'], ['nears'], ['revoke', 'x']]) {
    const { code, stderr, stdout } = runHunch(['far', ...words, '--data', data])
    t.match({ code, stdout }, { code: 1, stdout: '' })
    t.match(stderr, /^hunch far: No far ran with --data .*none yet: start it, or run hunch far init\..*\n$/)
  }
  t.match(runHunch(['far', 'invite', 'a', 'b', '--data', data]), { code: 2 })
  t.match(runHunch(['far', 'revoke', '--data', data]), { code: 2, stderr: /say the ID of one near/ })
})
