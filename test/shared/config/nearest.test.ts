// Claims about the words that are suggested for mistyped ones.
import t from 'tap'
import { findNearest, suggestNearest } from '../../../shared/config/nearest.ts'

const words = ['near', 'far', 'demo', 'link', 'delta', '--allow-private', '--max-delta-ratio']

t.test('a letter more, less, wrong or swapped finds the word that was meant', async t => {
  t.equal(findNearest('naer', words), 'near')
  t.equal(findNearest('dela', words), 'delta')
  t.equal(findNearest('lionk', words), 'link')
  t.equal(findNearest('--alow-privat', words), '--allow-private')
  t.equal(findNearest('--max_delta_ratio', words), '--max-delta-ratio')
})

t.test('case does not count as a difference', async t => {
  t.equal(findNearest('DEMO', words), 'demo')
})

t.test('a word that resembles none gets no suggestion', async t => {
  t.equal(findNearest('accelerate', words), undefined)
  t.equal(findNearest('xyz', words), undefined)
  t.equal(suggestNearest('accelerate', words), '')
})

t.test('of several near words the nearest is suggested, as a sentence', async t => {
  t.equal(findNearest('fear', ['near', 'bear', 'fear']), 'fear')
  t.equal(suggestNearest('nera', words), ' Did you mean near?')
})
