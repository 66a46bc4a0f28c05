// Claims that going through near changes nothing beyond a listed set of differences: exchanges made by chance are done
// straight with an origin and again through the pair, or through a near in `--mode direct`, and both ends' views compared.
// One seed again: HUNCH_TEST_SEED=123 npx tap test/pair/differential.test.ts; more: HUNCH_TEST_EXCHANGES=5000.
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2'
import { connect } from 'node:net'
import { type TLSSocket, connect as connectTls } from 'node:tls'
import t, { type Test } from 'tap'
import { type Answered, askHttp1, askHttp2 } from './differential/clients.ts'
import { compare, differences, type Seen } from './differential/differences.ts'
import { type ExchangeScript, makeExchange } from './differential/make-exchange.ts'
import { ScriptedOrigin } from './differential/scripted-origin.ts'
import { openTls } from './inside.ts'
import { startPair } from './running-pair.ts'
import { makeLeaf, trust } from './tls-origin.ts'

const seed = Number(process.env['HUNCH_TEST_SEED'] ?? 0)
const COUNT = Number(process.env['HUNCH_TEST_EXCHANGES'] ?? 320)
const SEEDS = seed > 0 ? [seed] : Array.from({ length: COUNT }, (_, at) => at + 1)
const AT_ONCE = 8
// So that an exchange that hangs is named; none comes near.
const DEADLINE_MS = 20_000
// For a machine that has much else to do; alone it takes a fifth of this.
const TEST_MS = 100_000 + 50 * COUNT

/** One way to the origin: asks what the script says once; `visit` counts from 0. */
type Way = (script: ExchangeScript, visit: number, heard: Promise<void>) => Promise<Answered>

interface ProxyOfWay {
  readonly address: string
  readonly ca: string
  readonly session: ClientHttp2Session
}

t.test('exchanges through near are those straight with the origin, but for the listed differences', async t => {
  t.setTimeout(TEST_MS)
  const leaf = await makeLeaf()
  trust(t, leaf)
  const origin = await ScriptedOrigin.start(t, leaf)
  const pair = await startPair(t, { near: ['--intercept'] })
  const direct = await pair.addNear({ arguments: ['--intercept', '--mode', 'direct'] })
  const second = await pair.addNear({ arguments: ['--intercept'] })
  const open = async ({ address, data }: { address: string; data: string }): Promise<ProxyOfWay> => {
    const ca = await readFile(`${data}/authority-cert.pem`, 'utf8')
    return { address, ca, session: await openSession(t, address, origin.secure, ca) }
  }
  const [first, other, alone] = await Promise.all([open(pair.near), open(second), open(direct)])
  const straight: Way = (script, _visit, heard) => askStraight(script, origin, leaf.ca, heard)
  // The last visit is another user's: far has a version, and near has none.
  const throughPair: Way = (script, visit, heard) => askThrough(t, script, visit < 2 ? first : other, origin, heard)
  const throughDirect: Way = (script, _visit, heard) => askThrough(t, script, alone, origin, heard)
  const queue = [...SEEDS]
  const failures: string[] = []
  const work = async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const script = makeExchange(next)
      const seen = await visitAll(script, straight, origin)
      for (const [mode, way] of [
        ['pair', throughPair],
        ['direct', throughDirect],
      ] as const) {
        const found = await visitAll(script, way, origin)
        const problems = script.visits.flatMap((response, at) => {
          const facts = { lane: script.lane, mode, request: script.request, response, isAgain: at > 0 }
          return compare(seen[at] as Seen, found[at] as Seen, facts).map(text => `  visit ${at + 1}, ${text}`)
        })
        if (problems.length > 0) failures.push([`${describe(script)}, ${mode}:`, ...problems].join('\n'))
      }
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  for (const failure of failures) t.comment(failure)
  t.strictSame(
    failures.map(failure => failure.slice(0, failure.indexOf(','))),
    [],
  )
})

t.test('docs/conformance.md lists every difference that is allowed', async t => {
  const text = await readFile(new URL('../../docs/conformance.md', import.meta.url), 'utf8')
  for (const { what } of differences) t.ok(text.includes(`| ${what} |`), what)
})

function describe({ seed, lane, request, visits }: ExchangeScript): string {
  const [{ status, framing, plain, breaks }] = visits as [ExchangeScript['visits'][0]]
  const { method, path, leaves, content } = request
  const asked = `${method} ${path} ${content?.length ?? 'no'} bytes, leaves ${leaves}`
  return `HUNCH_TEST_SEED=${seed}, ${lane}: ${asked}; ${status} ${framing} ${plain.length} bytes, breaks ${breaks}`
}

async function visitAll(script: ExchangeScript, way: Way, origin: ScriptedOrigin): Promise<Seen[]> {
  const all: Seen[] = []
  for (const [visit, response] of script.visits.entries()) {
    const scene = origin.set(script.seed, response, script.request.leaves)
    const late = Promise.withResolvers<never>()
    const timer = setTimeout(() => late.reject(new Error('hangs')), DEADLINE_MS)
    const run = way(script, visit, scene.heard).then(async answered => {
      await scene.done()
      return { answered, received: scene.received }
    })
    const failed = (cause: unknown) => {
      throw new Error(`${describe(script)}: visit ${visit + 1} failed: ${String(cause)}`, { cause })
    }
    all.push(
      await Promise.race([run, late.promise])
        .catch(failed)
        .finally(() => clearTimeout(timer)),
    )
  }
  return all
}

/** Always by HTTP/1.1: what HTTP/2 changes is among the differences. */
async function askStraight(
  { lane, request }: ExchangeScript,
  origin: ScriptedOrigin,
  ca: string,
  heard: Promise<void>,
): Promise<Answered> {
  const authority = lane === 'plain' ? origin.plain : origin.secure
  const [host = '', port = ''] = authority.split(':')
  const to = { host, port: Number(port), noDelay: true }
  const socket = lane === 'plain' ? connect(to) : connectTls({ ...to, ca, ALPNProtocols: ['http/1.1'] })
  await once(socket, lane === 'plain' ? 'connect' : 'secureConnect')
  return askHttp1(socket, request.path, authority, request, heard)
}

async function askThrough(
  t: Test,
  { lane, request }: ExchangeScript,
  { address, ca, session }: ProxyOfWay,
  origin: ScriptedOrigin,
  heard: Promise<void>,
): Promise<Answered> {
  if (lane === 'inside-http2') return askHttp2(session, origin.secure, request, heard)
  if (lane === 'plain') {
    const [host = '', port = ''] = address.split(':')
    const socket = connect({ host, port: Number(port), noDelay: true })
    return askHttp1(socket, `http://${origin.plain}${request.path}`, origin.plain, request, heard)
  }
  const socket = await openTls(t, address, origin.secure, { ca, ALPNProtocols: ['http/1.1'] })
  return askHttp1(socket, request.path, origin.secure, request, heard)
}

async function openSession(t: Test, proxy: string, authority: string, ca: string): Promise<ClientHttp2Session> {
  const socket: TLSSocket = await openTls(t, proxy, authority, { ca })
  const options = { createConnection: () => socket, strictSingleValueFields: false }
  const session = connectHttp2(`https://${authority}`, options)
  session.on('error', () => undefined)
  t.teardown(() => session.destroy())
  return session
}
