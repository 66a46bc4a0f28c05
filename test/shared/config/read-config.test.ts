// Claims about where options come from, which source wins, and what is refused.
import t, { type Test } from 'tap'
import type { FarConfig, NearConfig } from '../../../shared/config/options.ts'
import { type ConfigSources, findConfigFile, readConfig } from '../../../shared/config/read-config.ts'
import { Fault } from '../../../shared/fault.ts'

const env = { HOME: '/home/ada' }

function near(argv: readonly string[], more: Partial<ConfigSources> = {}): NearConfig {
  return readConfig('near', { argv, env, ...more })
}

function far(argv: readonly string[], more: Partial<ConfigSources> = {}): FarConfig {
  return readConfig('far', { argv, env, ...more })
}

function content(values: unknown): ConfigSources['file'] {
  return { name: 'hunch.json', content: values }
}

t.test('without any source the defaults stand, data under the home of the user', async t => {
  const config = near([])
  t.same(config.listen, { host: '127.0.0.1', port: 8080 })
  t.equal(config.mode, 'optimistic')
  t.equal(config.far, undefined)
  t.equal(config.memory, 256 * 1024 ** 2)
  t.equal(config.data, '/home/ada/.local/share/hunch/near')
  t.equal(config.thresholds.monthlyBudgetBytes, Infinity)
  t.equal(far([]).data, '/home/ada/.local/share/hunch/far')
})

t.test('XDG_DATA_HOME moves the default of --data and nothing that was written out', async t => {
  const xdg = { env: { HOME: '/home/ada', XDG_DATA_HOME: '/data' } }
  t.equal(near([], xdg).data, '/data/hunch/near')
  t.equal(near(['--data', '~/.local/share/hunch/near'], xdg).data, '/home/ada/.local/share/hunch/near')
  t.equal(near([], { env: { HOME: '/home/ada', XDG_DATA_HOME: 'relative' } }).data, '/home/ada/.local/share/hunch/near')
})

t.test('a home that is not known is a fault only when a path needs it', async t => {
  t.equal(near(['--data', '/srv/near'], { env: {} }).data, '/srv/near')
  refused(t, () => near([], { env: {} }), 'CONFIG', /--data is under ~.*HOME is not set/)
})

t.test('a flag beats the environment, which beats the file, which beats the default', async t => {
  const file = content({ mode: 'simple', memory: '1MiB', maxDeltaRatio: 0.1 })
  const variables = { ...env, HUNCH_MODE: 'plain', HUNCH_MEMORY: '2MiB' }
  const config = near(['--mode', 'direct'], { env: variables, file })
  t.equal(config.mode, 'direct')
  t.equal(config.memory, 2 * 1024 ** 2)
  t.equal(config.thresholds.maxDeltaRatio, 0.1)
})

t.test('near has settings of single sites, in the file alone', async t => {
  const file = content({ sites: { 'a.example': { policy: 'bypass' } } })
  t.equal(near([], { file }).sites.get('a.example')?.policy, 'bypass')
  t.equal(near([]).sites.size, 0)
  refused(t, () => near([], { file: content({ sites: [] }) }), 'CONFIG', /sites in hunch\.json is not a JSON object/)
  refused(t, () => far([], { file }), 'CONFIG', /no key sites for far/)
})

t.test('the port of --port replaces that of a --listen with less say, and yields to one with more', async t => {
  t.same(near(['--port', '0']).listen, { host: '127.0.0.1', port: 0 })
  t.same(near(['--port', '1'], { file: content({ listen: '[::1]:9' }) }).listen, { host: '::1', port: 1 })
  t.same(near(['--listen', '0.0.0.0:9'], { env: { ...env, HUNCH_PORT: '1' } }).listen, { host: '0.0.0.0', port: 9 })
  t.same(near(['--listen', '0.0.0.0:9', '--port', '9']).listen, { host: '0.0.0.0', port: 9 })
  refused(t, () => near(['--listen', '0.0.0.0:9', '--port', '8']), 'USAGE', /--listen says port 9 and --port says 8/)
})

t.test('switches are on by their name, off with no- before it, and can be said in full', async t => {
  t.equal(far(['--allow-private']).allowPrivate, true)
  t.equal(far(['--no-allow-private'], { env: { ...env, HUNCH_ALLOW_PRIVATE: '1' } }).allowPrivate, false)
  t.equal(far(['--allow-private=false']).allowPrivate, false)
  t.equal(far([], { file: content({ allowPrivate: true }) }).allowPrivate, true)
  refused(t, () => far(['--no-allow-private=yes']), 'USAGE', /--no-allow-private takes no value/)
  refused(t, () => far(['--no-memory']), 'USAGE', /no option --no-memory/)
})

t.test('an unknown flag is a fault that names the nearest one', async t => {
  refused(t, () => near(['--prot', '1']), 'USAGE', 'there is no option --prot. Did you mean --port?')
  refused(t, () => near(['--allow-private']), 'USAGE', /no option --allow-private/)
  refused(t, () => near(['-p', '1']), 'USAGE', /no option -p/)
  refused(t, () => near(['extra']), 'USAGE', /only options are understood, not "extra"/)
})

t.test('an unknown HUNCH_ variable is a fault, one of another command or an empty one is passed over', async t => {
  const mistyped = { ...env, HUNCH_MEMROY: '1MiB' }
  refused(t, () => near([], { env: mistyped }), 'CONFIG', /HUNCH_MEMROY\. Did you mean HUNCH_MEMORY\?/)
  t.equal(near([], { env: { ...env, HUNCH_ALLOW_PRIVATE: '1', HUNCH_MODE: '' } }).mode, 'optimistic')
})

t.test('an unknown key is a fault that names the file and the nearest key', async t => {
  refused(
    t,
    () => near([], { file: content({ mod: 'plain' }) }),
    'CONFIG',
    /hunch\.json.*no key mod for near\..*mean mode\?/,
  )
  refused(t, () => near([], { file: content({ config: 'other.json' }) }), 'CONFIG', /no key config/)
  refused(t, () => near([], { file: content({ mode: null }) }), 'CONFIG', /value of mode is not a string/)
  refused(t, () => near([], { file: content({ __proto__: 1, ['constructor']: 1 }) }), 'CONFIG', /no key constructor/)
  for (const wrong of [[], null, 'text', 1])
    refused(t, () => near([], { file: content(wrong) }), 'CONFIG', /JSON object/)
})

t.test('a value that does not fit is a fault that says where it stands and what fits', async t => {
  refused(t, () => near(['--port', '70000']), 'USAGE', '--port "70000" is not a port from 0 to 65535')
  refused(
    t,
    () => near([], { env: { ...env, HUNCH_MODE: 'fast' } }),
    'CONFIG',
    /^HUNCH_MODE "fast" is not one of optim/,
  )
  refused(
    t,
    () => near([], { file: content({ deltaEffort: 12 }) }),
    'CONFIG',
    /^deltaEffort in hunch\.json "12" is not/,
  )
  refused(t, () => near(['--data']), 'USAGE', '--data needs the path of a directory')
  refused(t, () => near(['--data', '--port', '1']), 'USAGE', '--data needs the path of a directory')
})

t.test('the URL of far is read whole, and a wrong one is refused with its reason', async t => {
  const pin = `sha256-${'A'.repeat(43)}`
  const { far } = near(['--far', `hunch://code@far.example:8443?pin=${pin}`])
  t.same(far, { token: 'code', host: 'far.example', port: 8443, security: { kind: 'pinned', pin } })
  refused(t, () => near(['--far', 'hunch://code@far.example:8443']), 'USAGE', /one pin/)
})

t.test('a fault never repeats the token of a far', async t => {
  refused(
    t,
    () => near(['--far', 'hunch://secret@far:8443']),
    'USAGE',
    (message: string) => !message.includes('secret'),
  )
})

t.test('cleartext is refused unless far listens on loopback', async t => {
  t.equal(far(['--cleartext']).cleartext, true)
  t.equal(far(['--cleartext', '--listen', '[::1]:1']).cleartext, true)
  refused(t, () => far(['--cleartext', '--listen', '0.0.0.0:8443']), 'CONFIG', /loopback only, not for 0\.0\.0\.0:8443/)
})

t.test('bounds that contradict each other are refused', async t => {
  const argv = ['--min-base-bytes', '1MiB', '--max-base-bytes', '1KiB']
  refused(t, () => near(argv), 'CONFIG', /minBaseBytes \(1048576\) is more than maxBaseBytes \(1024\)/)
})

t.test('the file is found by flag before environment, and only there', async t => {
  const variables = { ...env, HUNCH_CONFIG: '/etc/hunch.json' }
  t.equal(findConfigFile('near', { argv: ['--config', '~/h.json'], env: variables }), '/home/ada/h.json')
  t.equal(findConfigFile('near', { argv: [], env: variables }), '/etc/hunch.json')
  t.equal(findConfigFile('near', { argv: [], env }), undefined)
})

function refused(
  t: Test,
  read: () => unknown,
  code: 'USAGE' | 'CONFIG',
  message: string | RegExp | ((message: string) => boolean),
): void {
  try {
    read()
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    t.equal(error.code, code)
    if (typeof message === 'string') t.equal(error.message, message)
    if (message instanceof RegExp) t.match(error.message, message)
    if (typeof message === 'function') t.ok(message(error.message), error.message)
    return
  }
  t.fail(`${code} was not raised`)
}

t.test('the password of a shared store is not taken from the command line, where everybody sees it', async t => {
  const url = 'redis://user:secret@store'
  t.throws(() => readConfig('far', { argv: ['--shared-store', url], env }), {
    code: 'USAGE',
    message: /HUNCH_SHARED_STORE or in the configuration file/,
  })
  t.equal(readConfig('far', { argv: [], env: { ...env, HUNCH_SHARED_STORE: url } }).sharedStore?.password, 'secret')
})
