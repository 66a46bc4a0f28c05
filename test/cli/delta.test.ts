// Claims about `hunch delta`: what it makes, what it shows, what it says when something is wrong.
import { spawn, spawnSync } from 'node:child_process'
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { editPage, makePage } from '../shared/delta/samples.ts'

const program = fileURLToPath(new URL('../../cli/delta.ts', import.meta.url))
const script = `process.exitCode = await (await import(${JSON.stringify(program)})).runDelta(process.argv.slice(1))`
const base = makePage(50_000, 1)
const target = editPage(base, 12, 2)

const folder = t.testdir({})
const path = (name: string) => join(folder, name)
writeFileSync(path('base'), base)
writeFileSync(path('target'), target)

function run(args: readonly string[], input?: Uint8Array) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['-e', script, '--', ...args], {
    cwd: folder,
    ...(input === undefined ? {} : { input }),
    maxBuffer: 2 ** 28,
  })
  return { code: status, out: stdout, error: stderr.toString() }
}

t.test('what is encoded is decoded, in both formats, and the format is read from the delta', async t => {
  for (const format of ['vcdiff', 'dcb']) {
    t.match(run(['encode', 'base', 'target', '-o', 'delta', '--format', format]), { code: 0, error: '' })
    t.match(run(['decode', 'base', 'delta', '-o', 'made']), { code: 0, error: '' })
    t.ok(readFileSync(path('made')).equals(target))
    t.ok(readFileSync(path('delta')).length < 3000)
  }
})

t.test('target and delta go through standard input and output', async t => {
  for (const format of ['vcdiff', 'dcb']) {
    const encoded = run(['encode', 'base', '-', '--format', format], target)
    t.equal(encoded.code, 0)
    const decoded = run(['decode', 'base', '-'], encoded.out)
    t.ok(decoded.out.equals(target))
  }
})

t.test('show lists windows and instructions for a person', async t => {
  run(['encode', 'base', 'target', '-o', 'delta'])
  const { code, out } = run(['show', 'delta'])
  const lines = out.toString().trimEnd().split('\n')
  t.equal(code, 0)
  t.equal(lines[0], 'VCDIFF (RFC 3284)')
  t.match(lines[1], /^window 1: target 0\.\.\d+ from base 0\.\.50000, Adler-32 [0-9a-f]{8}, \d+ bytes/)
  t.match(lines[2], /^ +0 copy +\d+ {2}from segment 0 \(mode 0\)$/)
  t.match(lines.at(-1), new RegExp(`make ${target.length}, in 1 windows: \\d+ copied, \\d+ added, \\d+ run$`))
})

t.test('show --json gives one object a line, whose instructions make the target', async t => {
  run(['encode', 'base', 'target', '-o', 'delta'])
  const records = run(['show', 'delta', '--json']).out.toString().trimEnd().split('\n')
  const kinds: { kind: string; bytes?: number }[] = records.map(line => JSON.parse(line))
  t.same([kinds[0]?.kind, kinds[1]?.kind, kinds.at(-1)?.kind], ['vcdiff', 'window', 'end'])
  const made = kinds.slice(2, -1).reduce((sum, record) => sum + (record.bytes ?? 0), 0)
  t.equal(made, target.length)
})

t.test('show tells which base a dcb delta wants', async t => {
  run(['encode', 'base', 'target', '-o', 'delta', '--format', 'dcb'])
  t.match(run(['show', 'delta']).out.toString(), /^dcb \(RFC 9842\): base SHA-256 [0-9a-f]{64}, \d+ bytes/)
})

t.test('show whose reader stops reading is no failure', async t => {
  writeFileSync(path('noisy'), editPage(base, 3000, 4))
  run(['encode', 'base', 'noisy', '-o', 'delta'])
  const child = spawn(process.execPath, ['-e', script, '--', 'show', 'delta', '--json'], { cwd: folder })
  child.stdout.once('data', () => child.stdout.destroy())
  let error = ''
  child.stderr.on('data', chunk => (error += String(chunk)))
  const code = await new Promise(resolve => child.on('close', resolve))
  t.same([code, error], [0, ''])
})

t.test('a failure is one line that says what is wrong and what to do, and leaves no output', async t => {
  run(['encode', 'base', 'target', '-o', 'delta'])
  run(['encode', 'base', 'target', '-o', 'delta.dcb', '--format', 'dcb'])
  writeFileSync(path('short'), readFileSync(path('delta')).subarray(0, 200))
  writeFileSync(path('empty'), '')
  const cases: [string[], number, RegExp][] = [
    [['decode', 'target', 'delta', '-o', 'x'], 1, /base/],
    [['decode', 'target', 'delta.dcb', '-o', 'x'], 1, /another base.*Use the base that it was made from/],
    [['decode', 'base', 'short', '-o', 'x'], 1, /ends within a window/],
    [['decode', 'base', 'empty', '-o', 'x'], 1, /ends within its header/],
    [['decode', 'base', 'target', '-o', 'x'], 1, /not a VCDIFF delta/],
    [['decode', 'base', 'delta', '-o', 'x', '--max-target', '1000'], 1, /1000 are allowed/],
    [['show', 'target'], 1, /not a VCDIFF delta/],
    [['show', 'missing'], 1, /missing/],
    [['encode', 'missing', 'target', '-o', 'x'], 1, /missing/],
    [['encode', 'base', 'missing', '-o', 'x'], 1, /missing/],
    [['encode', '.', 'target', '-o', 'x'], 1, /not a plain file/],
    [['encode', 'base', 'target', '-o', 'nowhere/x'], 1, /nowhere/],
    [['encode', 'base'], 2, /give BASE and TARGET/],
    [['encode', '-', 'target'], 2, /base is read in places/],
    [['encode', 'base', 'target', '--format', 'zip'], 2, /vcdiff or dcb, not zip/],
    [['encode', 'base', 'target', '--effort', '9'], 2, /1 \(fastest\) to 5/],
    [['decode', 'base', 'delta', '--max-target', 'x'], 2, /number of bytes/],
    [['encode', 'base', 'target', '--loud'], 2, /--loud/],
    [['patch'], 2, /no verb patch/],
    [[], 2, /encode, decode or show/],
  ]
  for (const [args, code, message] of cases) {
    const result = run(args)
    t.equal(result.code, code, args.join(' '))
    t.match(result.error, /^hunch delta: [^\n]+\n$/)
    t.match(result.error, message)
  }
  t.same(
    readdirSync(folder).filter(name => name.startsWith('x')),
    [],
  )
})

t.test('--help names every option', async t => {
  const { code, out } = run(['--help'])
  t.equal(code, 0)
  for (const option of ['-o', '--format', '--effort', '--no-checksum', '--max-target', '--json', '--quiet'])
    t.ok(out.includes(option), option)
})
