// Claims about what of another configuration holds at once.
import t from 'tap'
import { planReload } from '../../../shared/config/plan-reload.ts'
import { readConfig } from '../../../shared/config/read-config.ts'

function near(content: object) {
  return readConfig('near', { argv: ['--data', '/d'], env: {}, file: { name: 'hunch.json', content } })
}

t.test('thresholds, sites and excluded hosts hold at once, all else waits for a restart', async t => {
  const next = near({
    maxDeltaRatio: 0.5,
    maxVersionsPerUrl: 9,
    exclude: 'bank.example',
    sites: { 'a.example': { policy: 'bypass' } },
    memory: '64MiB',
    listen: '127.0.0.1:9',
  })
  t.strictSame(planReload(near({}), next), {
    live: ['exclude', 'sites', 'maxDeltaRatio'],
    restart: ['listen', 'memory', 'maxVersionsPerUrl'],
  })
})

t.test('what says the same in other words changes nothing', async t => {
  t.strictSame(planReload(near({}), near({ maxBaseBytes: '8MiB', sites: {} })), { live: [], restart: [] })
})
