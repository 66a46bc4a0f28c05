// `hunch link` as a person or a script runs it: what it prints, how it stops, what it refuses.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { runLink } from '../../../cli/link.ts'

const command = new URL('../../../cli/link.ts', import.meta.url).href
const program = `import { runLink } from ${JSON.stringify(command)}; process.exitCode = await runLink(process.argv.slice(1))`

function start(...words: string[]) {
  return spawn(process.execPath, ['--input-type=module', '-e', program, '--', ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

t.test('says in one line what it emulates, and counts when it is stopped', async t => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    const child = start('--preset', 'edge', '--listen', '127.0.0.1:0', '--to', '127.0.0.1:9')
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    const ready = await lines.next()
    t.match(
      ready.value,
      /^link ready: 127\.0\.0\.1:\d+ → 127\.0\.0\.1:9, 200 kbit\/s down, 120 kbit\/s up, 400 ms, cubic$/,
    )
    child.kill(signal)
    t.match((await lines.next()).value, 'connections: 0')
    t.same(await once(child, 'exit'), [0, null])
  }
})

t.test('with --json the figures and the counts are JSON, one line each', async t => {
  const child = start('--preset', 'leo', '--json', '--listen', '127.0.0.1:0', '--to', '[::1]:9', '--seed', '7')
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  t.match(JSON.parse((await lines.next()).value ?? ''), { to: { host: '::1', port: 9 }, link: { roundTripMs: 45 } })
  child.kill('SIGTERM')
  t.match(JSON.parse((await lines.next()).value ?? ''), { connections: { opened: 0 }, up: { packets: 0 } })
})

t.test('--help lists every preset', async t => {
  const child = start('--help')
  const help = await text(child.stdout)
  for (const word of ['modem-28.8', 'gprs', 'edge', '3g', 'geo', 'leo', 'plane', 'lan', '--congestion'])
    t.match(help, word)
})

t.test('a command line that is not right is a fault that names what is wrong', async t => {
  const ends = ['--listen', '127.0.0.1:0', '--to', '127.0.0.1:9']
  const wrong = [
    [[], '--listen'],
    [['--listen', '127.0.0.1:0', '--preset', 'edge'], '--to'],
    [ends, '--preset'],
    [[...ends, '--preset', '4g'], '4g'],
    [[...ends, '--preset', 'edge', '--seed', '-1'], '--seed'],
    [[...ends, '--preset', 'edge', '--quick'], '--quick'],
    [['--listen', 'nowhere', '--to', '127.0.0.1:9', '--preset', 'edge'], 'nowhere'],
  ] as const
  for (const [words, message] of wrong) await t.rejects(runLink(words), { code: 'USAGE', message })
})
