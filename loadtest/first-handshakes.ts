// How long near makes a client wait for a certificate: TLS handshakes with hosts that near has never heard of, each
// followed by one with the same host again, whose certificate is there.
// `node loadtest/first-handshakes.ts [HOSTS]`, 200 unless another number is given; on loopback. Prints medians and p90.
// Knows: running pairs, Node's TLS client. Does not know: how certificates are made.
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import { connect as connectTls } from 'node:tls'
import { get } from './get.ts'
import { startFar } from './pair.ts'

/** Milliseconds of a handshake inside CONNECT; the connection is verified, and closed. */
async function handshake(proxy: URL, host: string, ca: string): Promise<number> {
  const socket: Socket = connect({ host: proxy.hostname, port: Number(proxy.port), noDelay: true })
  socket.write(`CONNECT ${host}:443 HTTP/1.1\r\nHost: ${host}:443\r\n\r\n`)
  await once(socket, 'data')
  const startedAt = performance.now()
  const secure = connectTls({ socket, servername: host, ca, ALPNProtocols: ['h2'] })
  await once(secure, 'secureConnect')
  const tookMs = performance.now() - startedAt
  secure.destroy()
  return tookMs
}

function quantile(values: readonly number[], part: number): string {
  const sorted = values.toSorted((one, other) => one - other)
  return (sorted[Math.floor(part * (sorted.length - 1))] ?? 0).toFixed(2)
}

const hosts = Number(process.argv[2] ?? 200)
const far = await startFar()
try {
  const near = await far.startNear({ link: undefined, arguments: ['--intercept', '--log-level', 'warn'] })
  const ca = (await get(`${near.proxy}/authority.pem`, undefined)).body.toString()
  const first: number[] = []
  const again: number[] = []
  for (let count = 0; count < hosts; count++) {
    first.push(await handshake(new URL(near.proxy), `site-${count}.example`, ca))
    again.push(await handshake(new URL(near.proxy), `site-${count}.example`, ca))
  }
  const differences = first.map((tookMs, at) => tookMs - (again[at] ?? 0))
  for (const [name, values] of Object.entries({ first, again, difference: differences })) {
    process.stdout.write(`${name.padEnd(11)} median ${quantile(values, 0.5)} ms, p90 ${quantile(values, 0.9)} ms\n`)
  }
} finally {
  await far.close()
}
