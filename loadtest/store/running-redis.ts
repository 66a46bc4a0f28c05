// Servers of Redis or Valkey on free ports of this machine, alone or as a cluster of three, each of which can be killed,
// stopped, and started again on what it left.
// Knows: the server's command line. Does not know: who uses it.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const NODES = 3

export class RunningRedis {
  readonly port: number
  readonly #directory: string
  readonly #words: readonly string[]
  #child: ChildProcess | undefined

  constructor(port: number, directory: string, words: readonly string[]) {
    this.port = port
    this.#directory = directory
    this.#words = words
  }

  get url(): string {
    return `${this.#words.includes('--tls-port') ? 'rediss' : 'redis'}://127.0.0.1:${this.port}`
  }

  get pid(): number {
    return this.#child?.pid ?? 0
  }

  /** Resolves when it accepts connections. */
  async start(): Promise<void> {
    const words = ['--port', String(this.port), '--bind', '127.0.0.1', '--dir', this.#directory, '--save', '']
    this.#child = spawn('redis-server', [...words, ...this.#words], { stdio: ['ignore', 'pipe', 'ignore'] })
    const lines = createInterface({ input: this.#child.stdout! })
    for await (const line of lines) if (line.includes('Ready to accept connections')) break
    this.#child.stdout!.resume()
  }

  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal)
  }

  async kill(): Promise<void> {
    const child = this.#child
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  }

  async close(): Promise<void> {
    await this.kill()
    await rm(this.#directory, { recursive: true, force: true })
  }

  /** What redis-cli prints for these words. */
  ask(...words: readonly string[]): string {
    return spawnSync('redis-cli', ['-p', String(this.port), ...words], { encoding: 'utf8' }).stdout.trim()
  }
}

export async function startRedis(...words: readonly string[]): Promise<RunningRedis> {
  const server = await makeServer(words)
  await server.start()
  return server
}

/** Speaks TLS alone; `key` and `cert` are PEM. */
export async function startSecureRedis({
  key,
  cert,
}: {
  readonly key: string
  readonly cert: string
}): Promise<RunningRedis> {
  const directory = await mkdtemp(join(tmpdir(), 'hunch-redis-'))
  const [port, keyFile, certFile] = [await findPort(), join(directory, 'key.pem'), join(directory, 'cert.pem')]
  await Promise.all([writeFile(keyFile, key, { mode: 0o600 }), writeFile(certFile, cert)])
  const files = ['--tls-key-file', keyFile, '--tls-cert-file', certFile, '--tls-auth-clients', 'no']
  const server = new RunningRedis(port, directory, ['--port', '0', '--tls-port', String(port), ...files])
  await server.start()
  return server
}

/** Three nodes, each with a third of the slots. */
export async function startRedisCluster(): Promise<readonly RunningRedis[]> {
  const words = ['--cluster-enabled', 'yes', '--cluster-node-timeout', '1000', '--cluster-require-full-coverage', 'no']
  const nodes: RunningRedis[] = []
  for (let count = NODES; count > 0; count--) nodes.push(await startRedis(...words))
  const addresses = nodes.map(({ port }) => `127.0.0.1:${port}`)
  const made = spawnSync('redis-cli', ['--cluster', 'create', ...addresses, '--cluster-replicas', '0', '--cluster-yes'])
  if (made.status !== 0) throw new Error(`no cluster: ${made.stdout.toString()}`)
  return nodes
}

async function makeServer(words: readonly string[]): Promise<RunningRedis> {
  return new RunningRedis(await findPort(), await mkdtemp(join(tmpdir(), 'hunch-redis-')), words)
}

/** A cluster's nodes also listen on their port and 10000. */
async function findPort(): Promise<number> {
  for (;;) {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    server.close()
    await once(server, 'close')
    if (typeof address === 'object' && address && address.port < 55_000) return address.port
  }
}
