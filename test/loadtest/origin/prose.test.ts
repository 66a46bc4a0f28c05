// Claims about the text of the site.
import { brotliCompressSync } from 'node:zlib'
import t from 'tap'
import { Chance } from '../../../loadtest/origin/chance.ts'
import { headline, phrase, sentences, type Shape } from '../../../loadtest/origin/prose.ts'

t.test('of a thousand sentences hardly two are the same, and each begins with a capital and ends', async t => {
  const chance = new Chance('prose')
  const made = Array.from({ length: 1000 }, () => sentences(chance, 1))
  t.ok(new Set(made).size > 985, `${new Set(made).size} different`)
  for (const text of made) t.match(text, /^“?[\p{Lu}\d].*[.”]$/u)
})

t.test('no shape leaves a name in braces, a wrong article or a doubled comma', async t => {
  const shapes: readonly Shape[] = ['sentence', 'headline', 'instruction', 'description', 'review', 'ware', 'claim']
  const chance = new Chance('shapes')
  for (const shape of shapes) {
    for (let count = 0; count < 300; count++) {
      t.notMatch(phrase(chance, shape), /[{}]|undefined|,,|\b[Aa] [aeiou]|\b[Aa]n [^aeiou18]/u, shape)
    }
  }
})

t.test('it compresses as English does: brotli keeps between a fifth and two fifths of it', async t => {
  const text = sentences(new Chance('long'), 600)
  const share = brotliCompressSync(text).length / Buffer.byteLength(text)
  t.ok(share > 0.2 && share < 0.4, share.toFixed(3))
})

t.test('a headline is one line without a full stop', async t => {
  const chance = new Chance('headlines')
  for (let count = 0; count < 200; count++) t.match(headline(chance), /^[^.\n]{8,140}$/)
})
