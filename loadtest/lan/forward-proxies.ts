// Well-known forward proxies with a cache, as they come from Debian, with as little configuration as makes them one.
// Knows: their command lines and configurations. Does not know: what is measured.
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { promisify } from 'node:util'
import { findFreePort } from '../conformance/suite.ts'
import { get } from '../get.ts'
import { familyOf } from '../process-family.ts'

export interface ForwardProxy {
  readonly version: string
  /** As a URL. */
  readonly proxy: string
  /** Its processes. */
  pids(): Promise<readonly number[]>
  close(): Promise<void>
}

interface Setup {
  readonly program: string
  readonly versionWord: string
  /** Writes what it needs to `folder`; gives the words of its command line. */
  readonly prepare: (folder: string, port: number) => Promise<readonly string[]>
}

const setups: Readonly<Record<string, Setup>> = {
  Squid: {
    program: 'squid',
    versionWord: '-v',
    async prepare(folder, port) {
      const lines = [
        `http_port 127.0.0.1:${port}`,
        'http_access allow all',
        'cache_mem 64 MB',
        'shutdown_lifetime 0 seconds',
        `pid_filename ${folder}/pid`,
        `cache_log ${folder}/log`,
        'access_log none',
        `coredump_dir ${folder}`,
      ]
      await writeFile(join(folder, 'squid.conf'), `${lines.join('\n')}\n`)
      return ['-N', '-f', join(folder, 'squid.conf')]
    },
  },
  nginx: {
    program: 'nginx',
    versionWord: '-v',
    async prepare(folder, port) {
      await writeFile(
        join(folder, 'nginx.conf'),
        `daemon off;
worker_processes 1;
pid ${folder}/pid;
error_log ${folder}/log;
events { worker_connections 2048; }
http {
  access_log off;
  proxy_cache_path ${folder}/cache levels=1:2 keys_zone=it:8m max_size=64m inactive=600m;
  proxy_temp_path ${folder}/temp;
  client_body_temp_path ${folder}/body;
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://$http_host$request_uri;
      proxy_http_version 1.1;
      proxy_cache it;
      proxy_cache_revalidate on;
    }
  }
}
`,
      )
      return ['-e', join(folder, 'log'), '-c', join(folder, 'nginx.conf')]
    },
  },
  mitmproxy: {
    program: 'mitmdump',
    versionWord: '--version',
    // Large contents are streamed, as the others do; it has no cache.
    prepare: (folder, port) =>
      Promise.resolve(
        ['--quiet', '--listen-host', '127.0.0.1', '--listen-port', String(port)].concat([
          '--set',
          `confdir=${folder}`,
          '--set',
          'stream_large_bodies=1m',
        ]),
      ),
  },
}

export const forwardProxyNames: readonly string[] = Object.keys(setups)

/** Starts one; undefined where it is not installed. Raises when it does not answer within half a minute. */
export async function startForwardProxy(name: string, url: string): Promise<ForwardProxy | undefined> {
  const { program, versionWord, prepare } = setups[name] as Setup
  const said = await promisify(execFile)(program, [versionWord]).catch(() => undefined)
  const version = said && /\d+(?:\.\d+)+/.exec(said.stdout + said.stderr)?.[0]
  if (version === undefined) return undefined
  const folder = await mkdtemp(join(tmpdir(), 'forward-'))
  // Started by root they become somebody else, who has to write here.
  await chmod(folder, 0o777)
  const port = await findFreePort()
  const child = spawn(program, await prepare(folder, port), { stdio: 'ignore', cwd: folder })
  const close = async () => {
    await stop(child)
    await rm(folder, { recursive: true, force: true })
  }
  const proxy = `http://127.0.0.1:${port}`
  try {
    await untilAnswering(proxy, url, child, name)
  } catch (error) {
    await close()
    throw error
  }
  return { version, proxy, pids: () => familyOf(child.pid ?? 0), close }
}

async function untilAnswering(proxy: string, url: string, child: ChildProcess, name: string): Promise<void> {
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    if (child.exitCode !== null) throw new Error(`${name} ended with ${child.exitCode}`)
    const got = await get(url, proxy).catch(() => undefined)
    if (got?.status === 200) return
    await setTimeout(TRY_EVERY_MS)
  }
  throw new Error(`${name} does not answer`)
}

const TRY_EVERY_MS = 100
const MOST_TRIES = 300

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return
  const ended = new Promise(resolve => child.once('close', resolve))
  child.kill('SIGTERM')
  const forced = setTimeout(STOP_WITHIN_MS, undefined, { ref: false }).then(() => child.kill('SIGKILL'))
  await Promise.race([ended, forced])
  await ended
}

const STOP_WITHIN_MS = 5_000
