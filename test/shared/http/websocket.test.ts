// Claims about the opening handshake of WebSocket.
import t from 'tap'
import { acceptOf } from '../../../shared/http/websocket.ts'

t.test('the key of RFC 6455 §1.3 is accepted as there', async t => {
  t.equal(acceptOf('dGhlIHNhbXBsZSBub25jZQ=='), 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=')
})
