// Measures what a sibling is worth as a base: node loadtest/delta/measure-siblings.ts --corpus DIR [--csv FILE]
// The latest version of each HTML document is sent as if its URL had no version yet; every other document's first version
// is a candidate. The sibling that is chosen by its sketch is compared with the best of all candidates, tried one by one.

import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { parseArgs } from 'node:util'
import { brotliCompressSync } from 'node:zlib'
import { encodeDelta } from '../../shared/delta/format.ts'
import { chooseSibling, makeSketch } from '../../shared/delta/similarity.ts'
import { readPairs } from './corpus.ts'

const { values } = parseArgs({ options: { corpus: { type: 'string' }, csv: { type: 'string' } } })
if (values.corpus === undefined) throw new Error('give --corpus DIR')

const pairs = [...readPairs(values.corpus)].filter(({ kind }) => kind === 'html')
const candidates = pairs
  .filter(({ step }) => step === 1)
  .map(({ document, base }) => ({
    key: document,
    // The corpus has no URLs: shapes are all alike, and content decides.
    url: 'https://site.example/page',
    content: base,
    sketch: makeSketch(base),
    sizeBytes: base.length,
  }))

const lines = [
  'document,bytes,brotli alone,chosen sibling,resemblance,delta against it,best candidate,delta against it',
]
let sketchMs = 0
for (const { document, target, isLast } of pairs) {
  if (!isLast) continue
  const others = candidates.filter(({ key }) => key !== document)
  const started = performance.now()
  const sketch = makeSketch(target)
  sketchMs += performance.now() - started
  const choice = chooseSibling({ url: 'https://site.example/page', sketch }, others)
  const sizes = await Promise.all(
    others.map(async ({ key, content }) => ({
      key,
      bytes: (await encodeDelta('dcb', content, target, { framing: 'link', effort: 2 })).length,
    })),
  )
  const best = sizes.reduce((least, next) => (next.bytes < least.bytes ? next : least))
  const chosen = choice.kind === 'sibling' ? sizes.find(({ key }) => key === choice.key) : undefined
  const shown = choice.kind === 'sibling' ? choice.resemblance.toFixed(2) : choice.why
  const alone = brotliCompressSync(target).length
  lines.push([document, target.length, alone, chosen?.key, shown, chosen?.bytes, best.key, best.bytes].join())
}
console.log(lines.join('\n'))
console.log(`a sketch takes ${(sketchMs / (lines.length - 1)).toFixed(2)} ms`)
if (values.csv !== undefined) {
  mkdirSync(dirname(values.csv), { recursive: true })
  writeFileSync(values.csv, `${lines.join('\n')}\n`)
}
