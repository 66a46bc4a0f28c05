// Claims about reading ClientHellos: real ones, in any pieces, and what is none.
import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { connect, type ConnectionOptions } from 'node:tls'
import t, { type Test } from 'tap'
import { MAX_HELLO_BYTES, readFirstWords } from '../../proxy-near/client-hello.ts'

/** The ClientHello that Node sends with these options. */
async function catchHello(t: Test, options: ConnectionOptions): Promise<Buffer> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const accepted = once(server, 'connection') as Promise<[Socket]>
  const client = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', ...options })
  client.on('error', () => undefined)
  t.teardown(() => {
    client.destroy()
    server.close()
  })
  const [socket] = await accepted
  let bytes = Buffer.alloc(0)
  while (readFirstWords(bytes) === undefined) {
    const [chunk] = (await once(socket, 'data')) as [Buffer]
    bytes = Buffer.concat([bytes, chunk])
  }
  socket.destroy()
  return bytes
}

t.test('the name and the protocols are read, of TLS 1.3 and 1.2', async t => {
  for (const maxVersion of ['TLSv1.3', 'TLSv1.2'] as const) {
    const hello = await catchHello(t, { servername: 'site.example', ALPNProtocols: ['h2', 'http/1.1'], maxVersion })
    const words = { kind: 'client-hello', serverName: 'site.example', protocols: ['h2', 'http/1.1'] }
    t.same(readFirstWords(hello), words, maxVersion)
  }
})

t.test('what a client does not say is undefined', async t => {
  const words = { kind: 'client-hello', serverName: undefined, protocols: undefined }
  t.same(readFirstWords(await catchHello(t, {})), words)
})

t.test('no beginning of a ClientHello is enough, and more behind it changes nothing', async t => {
  const hello = await catchHello(t, { servername: 'site.example' })
  for (let length = 0; length < hello.length; length++) {
    t.equal(readFirstWords(hello.subarray(0, length)), undefined, `${length}`)
  }
  t.match(readFirstWords(Buffer.concat([hello, Buffer.from('more')])), { serverName: 'site.example' })
})

t.test('a ClientHello in many records is read', async t => {
  const hello = await catchHello(t, { servername: 'site.example', ALPNProtocols: ['h2'] })
  const message = hello.subarray(5)
  for (const size of [1, 3, 50]) {
    const records: Buffer[] = []
    for (let at = 0; at < message.length; at += size) {
      const piece = message.subarray(at, at + size)
      records.push(Buffer.from([22, 3, 1, 0, piece.length]), piece)
    }
    const bytes = Buffer.concat(records)
    t.match(readFirstWords(bytes), { serverName: 'site.example', protocols: ['h2'] }, `${size}`)
    t.equal(readFirstWords(bytes.subarray(0, -1)), undefined)
  }
})

t.test('what is no ClientHello is known by its first bytes', async t => {
  const others = ['GET / HTTP/1.1\r\n', 'SSH-2.0-', Buffer.from([22, 2]), Buffer.from([23, 3, 3, 0, 1])]
  const serverHello = Buffer.from([22, 3, 3, 0, 4, 2, 0, 0, 0])
  const empty = Buffer.from([22, 3, 1, 0, 0])
  const tooLong = Buffer.from([22, 3, 1, 255, 255])
  for (const bytes of [...others, serverHello, empty, tooLong]) {
    t.same(readFirstWords(Buffer.from(bytes)), { kind: 'other' })
  }
})

t.test('a ClientHello that lies about its lengths, or never ends, is none', async t => {
  const hello = await catchHello(t, { servername: 'site.example', ALPNProtocols: ['h2'] })
  const record = Buffer.concat([Buffer.from([22, 3, 1, 0, 4, 1, 0, 0, 0])])
  t.same(readFirstWords(record), { kind: 'other' }, 'an empty one')
  const endless = Buffer.alloc(MAX_HELLO_BYTES, Buffer.from([22, 3, 1, 0, 5, 1, 255, 255, 255, 0]))
  t.same(readFirstWords(endless), { kind: 'other' }, 'an endless one')
  for (let at = 9; at < hello.length; at++) {
    const damaged = Buffer.from(hello)
    damaged[at] = damaged[at]! ^ 0xff
    t.ok(readFirstWords(damaged), `byte ${at}`)
  }
})
