// Claims about the configuration file.
import t from 'tap'
import { loadConfig } from '../../cli/config-file.ts'

t.test('what the file says holds where no flag says otherwise', async t => {
  const folder = t.testdir({ 'hunch.json': '{"mode": "plain", "memory": 2000000, "logQueries": true}' })
  const config = await loadConfig('near', ['--config', `${folder}/hunch.json`, '--mode', 'simple'])
  t.match(config, { mode: 'simple', memory: 2_000_000, logQueries: true })
})

t.test('a file that is absent, and one that is not JSON, are different faults', async t => {
  const folder = t.testdir({ 'hunch.json': 'mode: plain' })
  await t.rejects(loadConfig('near', ['--config', `${folder}/absent.json`]), { code: 'CANNOT_READ' })
  await t.rejects(loadConfig('near', ['--config', `${folder}/hunch.json`]), { code: 'CONFIG' })
})
