// Claims about `hunch loadtest` as a person meets it: what it compares, writes and refuses.
import { readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { readTrace } from '../../shared/exchange/trace-line.ts'
import { runHunch, startHunch } from './run-hunch.ts'

const quick = ['loadtest', '--link', 'none', '--wait', '20', '--users', '2', '--nears', '1']

t.test('a run compares its contenders and writes a report that needs no network', async t => {
  const out = join(t.testdir(), 'report')
  const words = ['--mode', 'optimistic,plain,direct', '--visits', '12', '--rounds', '2', '--out', out, '--parts']
  const { code, stdout, stderr } = runHunch([...quick, ...words])
  t.equal(code, 0, stderr)
  t.match(stdout, /^none: times from when a visit was meant to begin\n/)
  for (const name of ['optimistic', 'plain', 'direct']) t.match(stdout, new RegExp(`\\n  ${name} +12 +0 +0 `))
  t.match(stderr, /█+ 36\/36 {2}.* 0 failed/)
  const page = await readFile(join(out, 'report.html'), 'utf8')
  t.match(page, /hunch loadtest --link none .* --parts/)
  t.notMatch(page, /<(?:script|link|img)\b|@import|url\(/)
  const csv = await readFile(join(out, 'samples.csv'), 'utf8')
  const rows = csv.trim().split('\n')
  t.equal(rows.filter(row => row.includes(',page,')).length, 36)
  t.ok(rows.filter(row => row.includes(',part,')).length > 36, 'pages have parts')
  const json = JSON.parse(await readFile(join(out, 'report.json'), 'utf8'))
  t.match(json, { seed: 1, complete: true, links: [{ link: 'none' }] })
  t.ok((await readdir(join(out, 'plots'))).every(name => /^none-[\w-]+\.svg$/.test(name)))
})

t.test('Ctrl-C ends a run, and what was measured is still reported', async t => {
  const out = join(t.testdir(), 'report')
  const words = ['--mode', 'plain', '--visits', '50', '--rounds', '1', '--think', '0', '--ageing', '0', '--out', out]
  const run = startHunch(t, [...quick, ...words, '--wait', '300', '--json'])
  await run.waitFor(/ 1\/50 /, 'stderr')
  run.kill('SIGINT')
  t.equal(await run.waitForEnd(), 0, run.stderr())
  const record = JSON.parse(run.stdout())
  t.equal(record.complete, false)
  const { pages } = record.links[0].summary.contenders[0]
  t.ok(pages >= 1 && pages < 50, `${pages} pages`)
})

t.test(
  'a run whose client cannot keep up says so, and its times count from when visits were meant to begin',
  async t => {
    // Four hundred visits within four milliseconds: no client begins them in time.
    const flood = [
      '--mode',
      'direct',
      '--rate',
      '100000',
      '--visits',
      '400',
      '--users',
      '8',
      '--rounds',
      '1',
      '--json',
      '--ageing',
      '0',
    ]
    const { code, stdout, stderr } = runHunch([...quick, ...flood, '--wait', 'none'])
    t.equal(code, 0, stderr)
    const { warnings, links } = JSON.parse(stdout)
    t.match(warnings, [/^direct on none: the client asked up to \d+ ms late \(p95\): it was saturated$/])
    const [{ startedMs, firstByteMs }] = links[0].summary.contenders
    t.ok(firstByteMs.p95 >= startedMs.p95, 'lateness is part of what a visit took')
  },
)

t.test('near’s traces of a run are kept where they are wanted', async t => {
  const folder = join(t.testdir(), 'traces')
  const { code, stderr } = runHunch([
    ...quick,
    '--mode',
    'optimistic',
    '--visits',
    '4',
    '--rounds',
    '1',
    '--traces',
    folder,
  ])
  t.equal(code, 0, stderr)
  const [run] = readTrace(await readFile(join(folder, 'none-optimistic-0.jsonl'), 'utf8'), 'trace')
  t.equal(run?.exchanges.length, 4)
})

t.test('URLs come from a file, and a study times them without a link', async t => {
  const file = join(t.testdir(), 'urls.txt')
  await writeFile(file, 'http://127.0.0.1:9/nothing-listens-here\n')
  const { code, stderr } = runHunch(['loadtest', '--study', '--urls', file, '--visits', '2'])
  t.equal(code, 1)
  t.match(stderr, /no URL could be fetched/)
  const study = runHunch(['loadtest', '--study', '--visits', '10', '--users', '10', '--wait', '30'])
  t.equal(study.code, 0, study.stderr)
  t.match(study.stdout, /^How long 10 responses took[^]*modem-28\.8/)
})

t.test('what is wrong on the command line is said in one line', async t => {
  for (const [words, message] of [
    [['--mode', 'fastest'], /fastest is not optimistic, simple, plain, direct/],
    [['--mode', 'plain,plain'], /names plain twice/],
    [['--link', '5g'], /no link preset "5g"/],
    [['--visits', '0'], /--visits 0 is not a whole number from 1/],
    [['--rate', '0'], /--rate 0/],
    [['--zipf', 'x'], /--zipf x is not a number/],
    [['--urls', 'a', '--har', 'b'], /give one of/],
    [['--urls', '/does/not/exist'], /cannot read/],
    [['--frobnicate'], /frobnicate/],
  ] as const) {
    const { code, stderr } = runHunch(['loadtest', ...words])
    t.equal(code, words[1] === '/does/not/exist' ? 1 : 2, words.join(' '))
    t.match(stderr, message)
    t.equal(stderr.split('\n').length, 2, stderr)
  }
})
