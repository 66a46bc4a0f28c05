// Other caches in front of the suite's origin, set up as the suite's own container sets them up: as reverse proxies,
// with their defaults but for what keeps them from being measured (Varnish's and Squid's freshness without a word).
// Knows: their command lines and configurations (Debian's packages). Does not know: tests.
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { promisify } from 'node:util'
import { get } from '../get.ts'
import { findFreePort } from './suite.ts'

export interface Rival {
  readonly name: string
  /** What it says of its version. */
  readonly version: string
  /** Its address, which stands for the origin's. */
  readonly base: string
  close(): Promise<void>
}

interface Setup {
  readonly program: string
  readonly versionWord: string
  /** Writes what it needs to `folder`; gives the words of its command line and its environment. */
  prepare(folder: string, port: number, originPort: number): Promise<Command>
}

interface Command {
  readonly words: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

const setups: Readonly<Record<string, Setup>> = {
  Squid: {
    program: 'squid',
    versionWord: '-v',
    async prepare(folder, port, originPort) {
      const file = join(folder, 'squid.conf')
      await writeFile(
        file,
        `http_port 127.0.0.1:${port} accel defaultsite=127.0.0.1 no-vhost
cache_peer 127.0.0.1 parent ${originPort} 0 no-query no-digest originserver default name=origin
cache_peer_access origin allow all
http_access allow all
shutdown_lifetime 1 second
connect_retries 3
pid_filename ${folder}/pid
cache_log ${folder}/log
access_log none
coredump_dir ${folder}
`,
      )
      return { words: ['-N', '-f', file] }
    },
  },
  'Traffic Server': {
    program: 'traffic_server',
    versionWord: '-V',
    async prepare(folder, port, originPort) {
      await mkdir(join(folder, 'cache'))
      await mkdir(join(folder, 'log'))
      await mkdir(join(folder, 'run'))
      const files: Record<string, string> = {
        'records.config': `CONFIG proxy.config.http.server_ports STRING ${port}:ip-in=127.0.0.1
CONFIG proxy.config.url_remap.remap_required INT 1
CONFIG proxy.config.url_remap.pristine_host_hdr INT 1
CONFIG proxy.config.reverse_proxy.enabled INT 1
CONFIG proxy.config.http.insert_response_via_str INT 0
CONFIG proxy.config.http.cache.required_headers INT 2
CONFIG proxy.config.admin.user_id STRING #-1
CONFIG proxy.config.log.logging_enabled INT 0
CONFIG proxy.config.cache.min_average_object_size INT 8000
`,
        'remap.config': `map http://127.0.0.1:${port}/ http://127.0.0.1:${originPort}/\n`,
        'storage.config': `${folder}/cache 64M\n`,
        'ip_allow.yaml': `ip_allow:
  - apply: in
    ip_addrs: 127.0.0.1
    action: allow
    methods: ALL
`,
      }
      await Promise.all(Object.entries(files).map(([name, text]) => writeFile(join(folder, name), text)))
      return {
        words: [],
        env: {
          PROXY_CONFIG_CONFIG_DIR: folder,
          PROXY_CONFIG_LOCAL_STATE_DIR: join(folder, 'run'),
          PROXY_CONFIG_LOG_LOGFILE_DIR: join(folder, 'log'),
        },
      }
    },
  },
  Varnish: {
    program: 'varnishd',
    versionWord: '-V',
    async prepare(folder, port, originPort) {
      const file = join(folder, 'origin.vcl')
      await writeFile(file, `vcl 4.1;\nbackend default { .host = "127.0.0.1"; .port = "${originPort}"; }\n`)
      const settings = ['default_ttl=0', 'default_grace=0', 'default_keep=3600'].flatMap(each => ['-p', each])
      const place = ['-n', join(folder, 'state'), '-a', `127.0.0.1:${port}`, '-s', 'malloc,64M']
      return { words: ['-F', '-j', 'none', ...place, '-f', file, ...settings] }
    },
  },
  nginx: {
    program: 'nginx',
    versionWord: '-v',
    async prepare(folder, port, originPort) {
      const file = join(folder, 'nginx.conf')
      await writeFile(
        file,
        `daemon off;
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
      proxy_pass http://127.0.0.1:${originPort};
      proxy_cache it;
      proxy_cache_revalidate on;
    }
  }
}
`,
      )
      return { words: ['-e', join(folder, 'log'), '-c', file] }
    },
  },
}

export const rivalNames: readonly string[] = Object.keys(setups)

/** Starts one; undefined where it is not installed. Raises when it does not answer within half a minute. */
export async function startRival(name: string, originPort: number): Promise<Rival | undefined> {
  const setup = setups[name] as Setup
  const version = await readVersion(setup)
  if (version === undefined) return undefined
  const folder = await mkdtemp(join(tmpdir(), 'rival-'))
  // Started by root they become somebody else, who has to write here.
  await chmod(folder, 0o777)
  const port = await findFreePort()
  const { words, env } = await setup.prepare(folder, port, originPort)
  for (const each of ['cache', 'log', 'run']) await chmod(join(folder, each), 0o777).catch(() => {})
  const child = spawn(setup.program, words, { env: { ...process.env, ...env }, stdio: 'ignore', cwd: folder })
  const close = async () => {
    await stop(child)
    await rm(folder, { recursive: true, force: true })
  }
  const base = `http://127.0.0.1:${port}`
  try {
    await untilAnswering(base, child, name)
  } catch (error) {
    await close()
    throw error
  }
  return { name, version, base, close }
}

async function readVersion({ program, versionWord }: Setup): Promise<string | undefined> {
  const said = await promisify(execFile)(program, [versionWord]).catch(() => undefined)
  return said && /\d+(?:\.\d+)+/.exec(said.stdout + said.stderr)?.[0]
}

async function untilAnswering(base: string, child: ChildProcess, name: string): Promise<void> {
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    if (child.exitCode !== null) throw new Error(`${name} ended with ${child.exitCode}`)
    const got = await get(`${base}/state/none`, undefined).catch(() => undefined)
    // The suite's origin says so; what a cache says by itself while it is starting is another status.
    if (got?.status === 404) return
    await setTimeout(TRY_EVERY_MS)
  }
  throw new Error(`${name} does not answer`)
}

// Varnish compiles its configuration first, and Traffic Server makes its disk.
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
