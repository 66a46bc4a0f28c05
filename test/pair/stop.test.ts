// Claims about far that is stopped while others still hold their side of a connection.
import { once } from 'node:events'
import { connect as connectTcp } from 'node:net'
import { connect } from 'node:tls'
import t from 'tap'
import { startPair } from './running-pair.ts'

// RFC 9113 §3.4: the preface, and an empty SETTINGS frame.
const HELLO = Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0])])

t.test('far stops though a near neither reads nor closes any more', async t => {
  const { far, url } = await startPair(t)
  const { host, port } = url
  const socket = connectTcp({ host, port, allowHalfOpen: true })
  const silent = connect({ socket, ALPNProtocols: ['h2'], rejectUnauthorized: false })
  t.teardown(() => silent.destroy())
  silent.on('error', () => {})
  await once(silent, 'secureConnect')
  silent.write(HELLO)
  await once(silent, 'data')
  silent.pause()
  await far.close(10)
  t.pass('it is closed')
})
