// Claims about siblings: what resembles what, by content and by the shape of URLs.
import t from 'tap'
import {
  chooseSibling,
  compareSketches,
  compareUrls,
  makeSketch,
  type SiblingCandidate,
} from '../../../shared/delta/similarity.ts'
import { editPage, makePage, randomBytes } from './samples.ts'

const page = makePage(80_000, 1)

t.test('a content resembles itself wholly, and noise not at all', async t => {
  t.equal(compareSketches(makeSketch(page), makeSketch(page)), 1)
  t.equal(compareSketches(makeSketch(page), makeSketch(randomBytes(80_000, 2))), 0)
})

t.test('the more a page is edited, the less it resembles itself', async t => {
  const resemblances = [0, 100, 400, 1600].map(edits =>
    compareSketches(makeSketch(page), makeSketch(editPage(page, edits, 3))),
  )
  t.same(
    resemblances,
    resemblances.toSorted((a, b) => b - a),
  )
  t.ok(resemblances[1]! > 0.6 && resemblances[3]! < 0.5, resemblances.join(' '))
})

t.test('an estimate is near the share of shingles that two contents have in common', async t => {
  const half = Buffer.concat([page.subarray(0, 40_000), makePage(40_000, 9)])
  const estimate = compareSketches(makeSketch(page), makeSketch(half))
  const shingles = (content: Buffer) => {
    const set = new Set<string>()
    for (let at = 0; at + 16 <= content.length; at++) set.add(content.toString('latin1', at, at + 16))
    return set
  }
  const [one, other] = [shingles(page), shingles(half)]
  const shared = [...one].filter(shingle => other.has(shingle)).length
  const exact = shared / (one.size + other.size - shared)
  // Three standard errors of 64 numbers.
  t.ok(Math.abs(estimate - exact) < 3 * 0.0625, `${estimate} for ${exact}`)
})

t.test('a moved block does not hide a resemblance', async t => {
  const moved = Buffer.concat([page.subarray(30_000), page.subarray(0, 30_000)])
  t.ok(compareSketches(makeSketch(page), makeSketch(moved)) > 0.95)
})

t.test('contents too short for a shingle have an empty sketch, which resembles nothing', async t => {
  t.equal(compareSketches(makeSketch(Buffer.from('short')), makeSketch(Buffer.from('short'))), 0)
  t.equal(compareSketches(makeSketch(Buffer.alloc(0)), makeSketch(page)), 0)
})

t.test('paths of one template are alike, others are not', async t => {
  const site = 'https://site.example'
  const wish = `${site}/news/4711?id=1`
  const order = ['/news/4712?id=2', '/sports/4711?id=1', '/news/4712', '/news/world?id=1', '/', '/about.css']
  const scores = order.map(path => compareUrls(wish, site + path))
  t.same(
    scores,
    scores.toSorted((a, b) => b - a),
  )
  t.equal(compareUrls(wish, wish), 1)
  t.equal(compareUrls(`${site}/a.css`, `${site}/a.js`), 0)
  t.equal(compareUrls(`${site}/item?id=1`, `${site}/item?id=2`), 1)
})

const candidate = (key: string, url: string, content: Uint8Array): SiblingCandidate<string> => ({
  key,
  url,
  sketch: makeSketch(content),
  sizeBytes: content.length,
})

const shop = 'https://shop.example'
const candidates = [
  candidate('other', `${shop}/about`, makePage(50_000, 5)),
  candidate('item', `${shop}/item?id=1`, page),
  candidate('twin', `${shop}/special/offer`, editPage(page, 200, 8)),
]

t.test('without the content, the version of the same template is the sibling', async t => {
  t.match(chooseSibling({ url: `${shop}/item?id=2` }, candidates), { kind: 'sibling', key: 'item' })
})

t.test('with the content, the version that resembles it is the sibling, whatever its URL', async t => {
  const sketch = makeSketch(editPage(page, 210, 8))
  t.match(chooseSibling({ url: `${shop}/x`, sketch }, candidates), { kind: 'sibling', key: 'twin' })
})

t.test('nothing is better than a base that is too different', async t => {
  t.same(chooseSibling({ url: `${shop}/elsewhere/1` }, candidates), { kind: 'none', why: 'too-different' })
  const sketch = makeSketch(randomBytes(9000, 1))
  t.same(chooseSibling({ url: `${shop}/item?id=2`, sketch }, candidates), { kind: 'none', why: 'too-different' })
  t.same(chooseSibling({ url: shop }, []), { kind: 'none', why: 'no-candidate' })
})
