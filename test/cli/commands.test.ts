// Claims about the command line as a whole: help, version, mistakes, exit codes.
import { readFile } from 'node:fs/promises'
import t from 'tap'
import { commands } from '../../cli/commands.ts'
import { presetNames } from '../../loadtest/link/presets.ts'
import { options } from '../../shared/config/options.ts'
import { runHunch } from './run-hunch.ts'

t.test('--help lists every command on standard output and succeeds', async t => {
  for (const argv of [['--help'], ['-h'], ['help']]) {
    const { code, stdout, stderr } = runHunch(argv)
    t.same([code, stderr], [0, ''])
    for (const name of Object.keys(commands)) t.match(stdout, new RegExp(`^  ${name} +\\w`, 'm'))
  }
})

t.test('no command at all shows the same on standard error and fails', async t => {
  const { code, stdout, stderr } = runHunch([])
  t.same([code, stdout, stderr], [2, '', runHunch(['--help']).stdout])
})

t.test('--version is the version of the package', async t => {
  const manifest: unknown = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'))
  const { code, stdout } = runHunch(['--version'])
  t.equal(code, 0)
  t.match(manifest, { version: stdout.trim() })
})

t.test('help COMMAND and COMMAND --help say the same, for every command', async t => {
  for (const name of Object.keys(commands)) {
    const { code, stdout, stderr } = runHunch(['help', name])
    t.same([code, stderr], [0, ''], name)
    t.match(stdout, new RegExp(`hunch ${name} `))
    t.equal(runHunch([name, '--help']).stdout, stdout)
  }
})

t.test('help is given even beside an option that is wrong', async t => {
  t.equal(runHunch(['near', '--prot', '1', '--help']).code, 0)
})

t.test('an unknown command is one line that names the nearest, and exit code 2', async t => {
  const { code, stdout, stderr } = runHunch(['naer', '--port', '1'])
  t.same([code, stdout], [2, ''])
  t.equal(stderr, 'hunch: there is no command naer. Did you mean near? Run hunch --help for what there is.\n')
  t.match(runHunch(['--versoin']), { code: 2, stderr: /no option --versoin\. Did you mean --version\?/ })
  t.match(runHunch(['help', 'fra']), { code: 2, stderr: /no command fra\. Did you mean far\?/ })
})

t.test('an unknown option is one line that names the nearest, and exit code 2', async t => {
  for (const command of ['near', 'far']) {
    const { code, stdout, stderr } = runHunch([command, '--prot', '1'])
    t.same([code, stdout], [2, ''])
    const help = `Run hunch ${command} --help for what there is.`
    t.equal(stderr, `hunch ${command}: there is no option --prot. Did you mean --port? ${help}\n`)
  }
})

t.test('a wrong variable, a wrong key and a file that is none are one line each', async t => {
  const folder = t.testdir({ 'key.json': '{"mod": "plain"}', 'broken.json': '{"mode":', 'good.json': '{"prot": 1}' })
  const near = (file: string) => runHunch(['near', '--config', `${folder}/${file}`])
  t.match(near('key.json'), { code: 2, stderr: /^hunch near: .*key\.json: there is no key mod .*mean mode\?.*\n$/ })
  t.match(near('broken.json'), { code: 2, stderr: /^hunch near: .*broken\.json is not JSON: .*\n$/ })
  t.match(near('absent.json'), { code: 1, stderr: /^hunch near: .*absent\.json.*\n$/ })
  t.match(near('.'), { code: 1, stderr: /^hunch near: .*directory.*\n$/ })
  const far = runHunch(['far'], { env: { HUNCH_LOGLEVEL: 'warn' } })
  t.match(far, { code: 2, stderr: /^hunch far: .*HUNCH_LOGLEVEL\. Did you mean HUNCH_LOG_LEVEL\?.*\n$/ })
})

t.test('a bug is one line too, with the place where it was raised', async t => {
  const folder = t.testdir({
    'broken.mjs': `import { registerHooks } from 'node:module'
      registerHooks({ load: (url, context, next) => url.endsWith('/cli/link.ts')
        ? { format: 'module', shortCircuit: true, source: 'export async function runLink() { null.x }' }
        : next(url, context) })`,
  })
  const { code, stderr } = runHunch(['link'], { env: { NODE_OPTIONS: `--import=${folder}/broken.mjs` } })
  t.equal(code, 1)
  t.match(
    stderr,
    /^hunch link: failed unexpectedly: Cannot read properties of null .* at runLink .*link\.ts:1:\d+\)\n$/,
  )
})

t.test('the links that demo offers are those of the emulator', async t => {
  t.equal(options.link.kind.label, presetNames.join('|'))
})
