// Claims about far's gate: who does not introduce themselves, or falls silent, is shown out. Real connections.
import { once } from 'node:events'
import { connect as connectHttp2, createServer } from 'node:http2'
import { connect } from 'node:net'
import { pino } from 'pino'
import t, { type Test } from 'tap'
import { Gate, type Patience } from '../../proxy-far/gate.ts'
import { readConfig } from '../../shared/config/read-config.ts'
import { listen } from '../pair/odd-origin.ts'

const NEVER = 2 ** 31 - 1

/** A server behind a gate, which knows everybody whose request is for /known. */
async function startGuarded(t: Test, patience: Patience): Promise<number> {
  const gate = new Gate(
    readConfig('far', { argv: ['--data', '/nowhere'], env: {} }),
    pino({ level: 'silent' }),
    Date.now,
    patience,
  )
  t.teardown(() => gate.close())
  const server = createServer()
  gate.guard(server)
  server.on('stream', (stream, headers) => {
    if (headers[':path'] === '/known') gate.accept(stream.session)
    stream.respond({ ':status': 200 }, { endStream: true })
  })
  return listen(t, server)
}

t.test('a connection that says nothing is closed', async t => {
  const port = await startGuarded(t, { introductionMs: 1, silenceMs: NEVER })
  const socket = connect(port, '127.0.0.1')
    .on('error', () => undefined)
    .resume()
  await once(socket, 'close')
  t.pass('closed')
})

t.test('so is one that speaks and never shows a credential; one that did stays', async t => {
  const port = await startGuarded(t, { introductionMs: 200, silenceMs: NEVER })
  const open = async (path: string) => {
    const session = connectHttp2(`http://127.0.0.1:${port}`).on('error', () => undefined)
    t.teardown(() => session.destroy())
    const stream = session.request({ ':path': path }).resume()
    await once(stream, 'response')
    return session
  }
  const known = await open('/known')
  const stranger = await open('/stranger')
  await once(stranger, 'close')
  t.notOk(known.closed)
})

t.test('a near that sends nothing any more, not even a PING, is gone', async t => {
  const port = await startGuarded(t, { introductionMs: NEVER, silenceMs: 1 })
  const session = connectHttp2(`http://127.0.0.1:${port}`).on('error', () => undefined)
  await once(session, 'close')
  t.pass('closed')
})
