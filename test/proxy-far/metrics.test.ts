// Claims about far's figures: what is counted, where they are read, and that the page and the dashboard name them all.
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer, get } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { beginExchange } from '../../proxy-far/exchange-log.ts'
import { FarMetrics, farMetrics, serveMetrics } from '../../proxy-far/metrics.ts'
import { nearMetrics } from '../../proxy-near/dashboard/metrics.ts'
import { Fault } from '../../shared/fault.ts'
import { describeMetricsPage } from '../metrics-page.ts'

const gauges = {
  sessions: 1,
  nears: 2,
  heldVersions: 3,
  heldBytes: 4,
  encoding: { waiting: 0, running: 1 },
  version: '0.1.0',
}

t.test('every exchange is counted once, by verdict, part and fault, and names nothing private', t => {
  const metrics = new FarMetrics()
  t.teardown(() => metrics.close())
  const exchange = {
    ...beginExchange('GET', 'http://secret.example/', 'near-id', 0),
    deltaBytes: 10,
    originWaitMs: 200,
  }
  metrics.note({ ...exchange, verdict: { kind: 'whole', why: 'no-base' } as never, wholeBytes: 5 }, undefined)
  metrics.note({ ...exchange, method: 'CONNECT', wholeBytes: 7 }, new Fault('ORIGIN_RESET', 'secret.example'))
  const page = metrics.text(gauges)
  for (const line of [
    'hunch_far_exchanges_total 2',
    'hunch_far_failures_total{fault="ORIGIN_RESET"} 1',
    'hunch_far_verdicts_total{verdict="whole"} 1',
    'hunch_far_link_bytes_total{part="delta"} 20',
    'hunch_far_link_bytes_total{part="whole"} 5',
    'hunch_far_link_bytes_total{part="tunnel"} 7',
    'hunch_far_origin_wait_seconds_bucket{le="0.25"} 2',
    'hunch_far_sessions 1',
    'hunch_far_encode_jobs{state="running"} 1',
    'hunch_far_build_info{version="0.1.0"} 1',
  ])
    t.ok(page.includes(`${line}\n`), line)
  t.notMatch(page, /secret|near-id/)
  t.end()
})

t.test('they are read at an address of their own, which answers nothing else', async t => {
  const server = await serveMetrics({ host: '127.0.0.1', port: 0 }, () => 'figures\n')
  t.teardown(() => server.close())
  const { port } = server.address() as AddressInfo
  const ask = async (path: string, method = 'GET') => {
    const [response] = await once(get({ host: '127.0.0.1', port, path, method, agent: false }), 'response')
    return [response.statusCode, await text(response)]
  }
  t.strictSame(await ask('/metrics'), [200, 'figures\n'])
  t.strictSame(await ask('/healthz'), [200, '{"status":"ok"}'])
  t.match(await ask('http://site.example/'), [404])
  t.match(await ask('/metrics', 'POST'), [404])
  const taken = createServer().listen(0, '127.0.0.1')
  t.teardown(() => taken.close())
  await once(taken, 'listening')
  const address = { host: '127.0.0.1', port: (taken.address() as AddressInfo).port }
  await t.rejects(
    serveMetrics(address, () => ''),
    { code: 'PORT_IN_USE' },
  )
})

t.test(
  'docs/metrics.md is what the tables say now (npm run docs writes it), and Grafana’s dashboard asks for no other',
  async t => {
    t.equal(await readFile(new URL('../../docs/metrics.md', import.meta.url), 'utf8'), describeMetricsPage())
    const dashboard = await readFile(new URL('../../docs/grafana.json', import.meta.url), 'utf8')
    for (const [name] of dashboard.matchAll(/\b(?:hunch|process)_[a-z_]+/g)) {
      const family = name.replace(/_bucket$/, '')
      t.ok(family in farMetrics || family in nearMetrics, name)
    }
  },
)
