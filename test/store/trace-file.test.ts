// Claims about the files of traces: whole lines, whoever writes them, and names that only who writes can tell apart.
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { TraceFile } from '../../store/trace-file.ts'

const log = { warn: () => {} }

t.test('lines that two write to one file at once are all there, and whole', async t => {
  const path = join(t.testdir(), 'trace')
  const files = ['one', 'two'].map(name => ({ name, file: TraceFile.open({ path, showsNames: false, log }) }))
  const lines: string[] = []
  for (let count = 0; count < 2000; count++) {
    // Of all lengths, so that what is written at once ends anywhere.
    const each = files.map(({ name, file }) => ({ file, line: `${name} ${count} ${'x'.repeat(count % 301)}\n` }))
    for (const { file, line } of each) file.write(line)
    lines.push(...each.map(({ line }) => line))
    if (count % 100 === 0) await new Promise(resolve => setImmediate(resolve))
  }
  await Promise.all(files.map(({ file }) => file.close()))
  const written = (await readFile(path, 'utf8')).split(/(?<=\n)/)
  t.strictSame(written.toSorted(), lines.toSorted())
  t.equal((await stat(path)).mode & 0o777, 0o600)
})

t.test('a name is the same for one writer, another for the next, and as it is where that is wanted', async t => {
  const path = join(t.testdir(), 'trace')
  const open = (showsNames: boolean) => TraceFile.open({ path, showsNames, log })
  const [one, two, named] = [open(false), open(false), open(true)]
  t.equal(one.name('http://a/'), one.name('http://a/'))
  t.not(one.name('http://a/'), one.name('http://a/b'))
  t.not(one.name('http://a/'), two.name('http://a/'))
  t.equal(named.name('http://a/'), 'http://a/')
  await Promise.all([one, two, named].map(file => file.close()))
})

t.test('what was closed takes nothing more', async t => {
  const path = join(t.testdir(), 'trace')
  const file = TraceFile.open({ path, showsNames: false, log })
  file.write('first\n')
  await file.close()
  file.write('second\n')
  t.equal(file.isOpen, false)
  t.equal(await readFile(path, 'utf8'), 'first\n')
})
