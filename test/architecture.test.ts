// Claims about the tree, and about the checker that makes them.
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { findBreaches } from './architecture.ts'

t.test('the tree keeps its rules', async t => {
  t.same(await findBreaches(fileURLToPath(new URL('..', import.meta.url))), [])
})

// Each row: a file, its text below the opening comment, and what the checker says about it.
const planted: readonly (readonly [path: string, text: string, breach: RegExp | undefined])[] = [
  ['shared/a.ts', `import { a } from '../proxy-far/a.ts'`, /imports nothing outside shared\/, so not proxy-far\/a\.ts/],
  ['shared/a.ts', `export { a } from '../loadtest/a.ts'`, /imports nothing outside shared/],
  ['shared/a.ts', `import type { A } from '../cli/a.ts'`, /imports nothing outside shared/],
  ['shared/a.ts', `const a = await import('../cli/a.ts')`, /imports nothing outside shared/],
  ['shared/a.ts', `import {\n  a,\n  b,\n} from 'node:fs/promises'`, /does not import node:fs\/promises/],
  ['shared/a.ts', `import 'fastify'`, /does not import fastify/],
  ['shared/a.ts', `import type { Http2Stream } from 'node:http2'`, /does not import node:http2/],
  ['shared/a.ts', `import { request } from 'undici'`, /does not import undici/],
  ['shared/a.ts', `import { LRUCache } from 'lru-cache'\nimport { b } from './b/c.ts'`, undefined],
  ['shared/a.ts', `const now = Date.now()`, /does not use Date\.now/],
  ['shared/a.ts', `const now = new Date()`, /does not use new Date\(\)/],
  ['shared/a.ts', `const date = new Date(now)`, undefined],
  ['shared/a.ts', `const chance = Math.random()`, /does not use Math\.random/],
  ['shared/a.ts', `import { randomBytes } from 'node:crypto'`, /does not use randomBytes/],
  ['shared/a.ts', `setTimeout(run, 1)\nsetInterval(run, 1)`, /does not use setInterval/],
  ['shared/a.ts', `const { env } = process.env`, /does not use process\.env/],
  ['shared/a.ts', `// unlike Date.now()\n/* or\n Math.random() */ const text = 'process.env'`, undefined],
  ['shared/a.ts', 'x\n'.repeat(299), undefined],
  ['shared/a.ts', 'x\n'.repeat(300), /at most 300 lines, not 301/],
  ['proxy-far/a.ts', 'x\n'.repeat(400), undefined],
  ['shared/lonely.ts', '', /it has no test test\/shared\/lonely\.test\.ts/],
  ['proxy-near/a.ts', `import { a } from '../proxy-far/a.ts'`, /near imports only itself, store\/ and shared/],
  ['proxy-near/a.ts', `import { a } from '../shared/a.ts'\nimport { b } from './b.ts'`, undefined],
  ['proxy-near/b/a.ts', `import { a } from '../../loadtest/a.ts'`, /near imports only itself, store\/ and shared/],
  ['proxy-far/a.ts', `import { a } from '../proxy-near/a.ts'`, /far imports only itself, store\/ and shared/],
  ['proxy-far/a.ts', `import { a } from '../cli/a.ts'`, /far imports only itself, store\/ and shared/],
  ['loadtest/a.ts', `import { a } from '../proxy-near/a.ts'`, /loadtest reaches the proxies over sockets only/],
  ['proxy-far/a.ts', `import { a } from '../store/a.ts'`, undefined],
  ['store/a.ts', `import { a } from '../shared/a.ts'`, undefined],
  ['store/a.ts', `import { a } from '../proxy-far/a.ts'`, /store\/ imports only itself and shared/],
  ['loadtest/a.ts', `import { a } from '../shared/a.ts'`, undefined],
  ['cli/a.ts', `import { play } from '../test/play.ts'`, /does not import its tests/],
  ['cli/a.ts', `import { a } from '../loadtest/a.ts'`, undefined],
  ['cli/index.ts', '', /no index files/],
  ['proxy-far/utils.ts', '', /utils says nothing/],
  ['shared/types.ts', '', /types says nothing/],
  ['test/helpers.test.ts', '', /helpers says nothing/],
  ['cli/a.ts', `import { a } from './b'`, /the path \.\/b lacks its \.ts/],
  ['cli/a.ts', `import { readFile } from 'fs/promises'`, /the builtin fs\/promises lacks its node:/],
  ['cli/a.js', `import './b.js'`, undefined],
  ['cli/a.ts', `export default function run() {}`, /exports have names/],
  ['cli/a.ts', `export { run as default }`, /exports have names/],
  ['cli/a.ts', ['// TO', 'DO later'].join(''), /belongs into an issue/],
  ['cli/a.ts', ['run() // Soon. FIX', 'ME: later'].join(''), /belongs into an issue/],
]

for (const [index, [path, text, breach]] of planted.entries()) {
  const what = breach === undefined ? 'nothing' : String(breach)
  t.test(`the checker finds ${what} in planted file ${index + 1}, ${path}`, async t => {
    const found = await findPlanted(t.testdir(), path, `// A planted file.\n${text}`)
    if (breach === undefined) return t.same(found, [])
    return t.match(found.join('\n'), breach)
  })
}

t.test('a file that does not open with a comment is found; one that opens with #! and a comment is not', async t => {
  t.match(await findPlanted(t.testdir(), 'cli/a.ts', 'export const a = 1\n'), [/does not open with a comment/])
  t.same(await findPlanted(t.testdir(), 'cli/a.js', '#!/usr/bin/env node\n// Runs.\n'), [])
})

// Files of shared/ get their twin, so that each row shows one breach alone.
async function findPlanted(root: string, path: string, text: string): Promise<readonly string[]> {
  await write(join(root, path), text)
  if (path.startsWith('shared/') && !path.includes('lonely')) {
    await write(join(root, 'test', path.replace('.ts', '.test.ts')), '// A planted twin.\n')
  }
  return findBreaches(root)
}

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, text)
}
