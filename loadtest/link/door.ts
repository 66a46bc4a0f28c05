// A door between two networks: what connects to one address is led to the same port of another, byte for byte.
//   node loadtest/link/door.ts LISTEN_HOST TO_HOST PORT
// Knows: sockets. Does not know: what passes. Prints `ready`.
import { connect, createServer } from 'node:net'

const [host = '', toHost = '', port = ''] = process.argv.slice(2)
createServer({ allowHalfOpen: true }, client => {
  const origin = connect({ host: toHost, port: Number(port), allowHalfOpen: true })
  // When one side is gone so is the other.
  client.on('error', () => origin.destroy()).once('close', () => origin.destroy())
  origin.on('error', () => client.destroy()).once('close', () => client.destroy())
  client.setNoDelay().pipe(origin.setNoDelay()).pipe(client)
}).listen({ host, port: Number(port) }, () => process.stdout.write('ready\n'))
