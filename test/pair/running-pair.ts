// A whole pair for tests: far and nears with their real TLS link on loopback, in this process, on free ports.
// Knows: how the two are configured and started. Does not know: what is asked of them.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { Wiretap } from '../../loadtest/link/wiretap.ts'
import { startFar, type Far } from '../../proxy-far/far.ts'
import { openIdentity } from '../../proxy-far/identity.ts'
import { writeJoinedFar } from '../../proxy-near/credential.ts'
import { startNear } from '../../proxy-near/near.ts'
import { readConfig } from '../../shared/config/read-config.ts'
import { type JoinUrl, parseJoinUrl } from '../../shared/link/join-url.ts'
import { Valve } from './valve.ts'

export interface PairOptions {
  readonly far?: readonly string[]
  readonly near?: readonly string[]
}

/** One near; its address is that of a proxy. */
export interface RunningNear {
  readonly address: string
  /** Its --data. */
  readonly data: string
  close(): Promise<void>
}

export interface RunningPair {
  /** Where far listens and what its key is; holds a join code. */
  readonly url: JoinUrl
  readonly far: Far
  /** The near that most tests talk to. */
  readonly near: RunningNear
  /** A near with an identity of its own on the same far. */
  addNear(options?: {
    readonly arguments?: readonly string[]
    readonly through?: Pick<Valve, 'port'>
  }): Promise<RunningNear>
  /** A credential of its own for a client that speaks to far without a near. */
  readonly credential: string
  /** Ends far and the first near, and starts both again on what they left; gives that near. */
  restart(): Promise<RunningNear>
}

// Loopback origins answer in a millisecond, and then speculation is not worth it: here it always is.
const ALWAYS_SPECULATE = ['--min-expected-gain-ms', '0', '--max-waste-percent', '100']
// Identities are made before far starts, because far gives out one join code only.
const SPARE_IDENTITIES = 7

/** Starts far and one near; both end with the test. */
export async function startPair(t: Test, options: PairOptions = {}): Promise<RunningPair> {
  // Not `testdir`, which is removed while the proxies still write there.
  const data = await mkdtemp(join(tmpdir(), 'hunch-'))
  const ends: (() => Promise<void>)[] = []
  t.teardown(async () => {
    for (const end of ends.toReversed()) await end()
    await rm(data, { recursive: true, force: true })
  })
  const farData = join(data, 'far')
  const spares = await makeIdentities(farData)
  const farWords = ['--data', farData, '--allow-private', ...ALWAYS_SPECULATE, ...(options.far ?? [])]
  const far = await startFar(readConfig('far', { argv: [...common, ...farWords], env: {} }))
  ends.push(() => far.close())
  const url = parseJoinUrl(/'(.*)'/.exec(far.joinLine ?? '')?.[1] ?? '')
  const take = () => spares.pop() ?? { credential: '', nearId: '' }
  const addNear: RunningPair['addNear'] = async added => {
    const nearData = join(data, `near-${spares.length}`)
    const port = added?.through?.port ?? url.port
    await writeJoinedFar(nearData, { url: { ...url, port, token: undefined }, ...take(), version: 1 })
    const words = ['--data', nearData, ...(added?.arguments ?? options.near ?? [])]
    const near = await startNear(readConfig('near', { argv: [...common, ...words], env: {} }))
    ends.push(() => near.close())
    return { address: near.address, data: nearData, close: () => near.close() }
  }
  const near = await addNear()
  const restart = async () => {
    await near.close()
    await far.close()
    const samePort = ['--listen', `127.0.0.1:${url.port}`]
    const farAgain = await startFar(readConfig('far', { argv: [...common, ...farWords, ...samePort], env: {} }))
    ends.push(() => farAgain.close())
    const words = ['--data', near.data, ...(options.near ?? [])]
    const nearAgain = await startNear(readConfig('near', { argv: [...common, ...words], env: {} }))
    ends.push(() => nearAgain.close())
    return { address: nearAgain.address, data: near.data, close: () => nearAgain.close() }
  }
  return { url, far, addNear, near, credential: take().credential, restart }
}

/** A valve in front of far, for nears that are added through it. */
export async function startValve(t: Test, pair: RunningPair): Promise<Valve> {
  const valve = await Valve.start(pair.url.port)
  t.teardown(() => valve.close())
  return valve
}

/** Reads what passes in front of a port, until the test ends. */
export async function startWiretap(t: Test, port: number, kind: 'frames' | 'records'): Promise<Wiretap> {
  const tap = await Wiretap.start(port, kind)
  t.teardown(() => tap.close())
  return tap
}

// What is kept on disks is a matter of few tests; a thread for each proxy would be started in all of them.
const common = ['--listen', '127.0.0.1:0', '--log-level', 'silent', '--store', 'none']

async function makeIdentities(data: string) {
  const identity = await openIdentity(data)
  const identities = []
  for (let count = 0; count < SPARE_IDENTITIES; count++) {
    identities.push((await identity.join(await identity.makeJoinCode(0), 0)) ?? { credential: '', nearId: '' })
  }
  return identities
}
