// Claims about processes that are killed while they store versions. loadtest/store/kill.ts does it two hundred times.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { openToRead, storePath } from '../../store/database.ts'
import { Reader } from '../../store/reader.ts'
import { openKept, recall } from './open-kept.ts'
import { numbered } from '../../loadtest/store/writing-child.ts'

const child = fileURLToPath(new URL('../../loadtest/store/writing-child.ts', import.meta.url))
const ROUNDS = 2

t.test('what was said to be stored is there after kill -9, whole; nothing else is in the way', async t => {
  const dataDir = t.testdir()
  let first = 0
  for (let round = 0; round < ROUNDS; round++) {
    // Two at once, at different places of the same store.
    const ends = await Promise.all([writeUntilKilled(dataDir, first), writeUntilKilled(dataDir, first + 1000)])
    const { kept, lines } = openKept(t, dataDir)
    for (const [at, last] of ends.entries()) {
      for (let number = first + at * 1000; number <= last; number++) {
        const { url, content } = numbered(number)
        t.strictSame(await recall(kept, url), [Buffer.from(content).toString()], `${number}`)
      }
    }
    t.strictSame(lines, [])
    await kept.close()
    const reader = new Reader(openToRead(storePath(dataDir))!.db)
    for (const listed of Array.from(reader.describe())) t.equal((await reader.load(listed)).kind, 'version')
    reader.close()
    first = Math.max(...ends) + 1
  }
})

/** Lets a child write a few and kills it in the middle of the next; gives the last number that it said is there. */
async function writeUntilKilled(dataDir: string, first: number): Promise<number> {
  const writing = spawn(process.execPath, [child, dataDir, String(first)], { stdio: ['ignore', 'pipe', 'inherit'] })
  let said = ''
  writing.stdout.on('data', chunk => {
    said += String(chunk)
    if (said.split('\n').length > 5 + (first % 7)) writing.kill('SIGKILL')
  })
  await once(writing, 'close')
  return Number(said.split('\n').at(-2))
}
