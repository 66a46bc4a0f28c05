// Claims about versions of other URLs as bases: which are named before the content is known, which is taken once it is.
import * as fc from 'fast-check'
import t from 'tap'
import { MIN_SHAPE, compareUrls } from '../../../shared/delta/similarity.ts'
import { chooseByContent, MAX_SIBLINGS, nameSiblings } from '../../../shared/exchange/siblings.ts'
import { editPage, makePage, randomBytes } from '../delta/samples.ts'
import { makeVersion } from '../sample-version.ts'

const shop = 'https://shop.example'
const at = (path: string, content: string | Uint8Array = path) => makeVersion({ url: shop + path, content })
const page = makePage(20_000, 1)

t.test('versions of the same template are named, the most alike first', async t => {
  const paths = ['/item/1.css', '/news/4711?id=2', '/item/4713?sort=1', '/item/4712?id=1', '/item/about?id=2']
  const named = nameSiblings(
    `${shop}/item/4711?id=2`,
    paths.map(path => at(path)),
  )
  t.same(
    named.map(({ url }) => url.slice(shop.length)),
    ['/item/4712?id=1', '/news/4711?id=2', '/item/4713?sort=1'],
  )
})

t.test('what has another shape is not named, and of nothing nothing', async t => {
  t.same(nameSiblings(`${shop}/item/4711`, [at('/'), at('/about/us/and/you'), at('/item/4711.js')]), [])
  t.same(nameSiblings(`${shop}/item/4711`, []), [])
})

t.test('a version whose shape is just alike enough is named', async t => {
  const edge = at('/a/b/c/d-1/e-1')
  t.equal(compareUrls(`${shop}/a/b/c/x/y`, edge.url), MIN_SHAPE)
  t.same(nameSiblings(`${shop}/a/b/c/x/y`, [edge]), [edge])
})

t.test('of one URL only the version that is offered first, its newest, is named', async t => {
  const [newest, older, other] = [at('/item/1', 'new'), at('/item/1', 'old'), at('/item/2')]
  t.same(nameSiblings(`${shop}/item/3`, [newest, older, other]), [newest, other])
})

t.test('equally alike versions are named in the order they are offered, and no more than three', async t => {
  const versions = [5, 3, 9, 1, 7].map(id => at(`/item/${id}`))
  t.equal(MAX_SIBLINGS, 3)
  t.same(nameSiblings(`${shop}/item/4711`, versions), versions.slice(0, 3))
})

t.test(
  'any candidates: those named are alike enough, sorted, of different URLs, and none left out is more alike',
  async t => {
    const path = fc.constantFrom(
      '/item/1',
      '/item/2',
      '/item/new',
      '/news/1',
      '/news/today?id=1',
      '/',
      '/a.css',
      '/item',
    )
    fc.assert(
      fc.property(path, fc.array(path, { maxLength: 10 }), (wish, paths) => {
        const url = shop + wish
        const candidates = paths.map(each => at(each))
        const named = nameSiblings(url, candidates)
        const shapes = named.map(version => compareUrls(url, version.url))
        const urls = new Set(named.map(version => version.url))
        const alike = new Set(
          candidates.map(version => version.url).filter(each => compareUrls(url, each) >= MIN_SHAPE),
        )
        const least = Math.min(1, ...shapes)
        return (
          urls.size === named.length &&
          named.length === Math.min(MAX_SIBLINGS, alike.size) &&
          shapes.every((shape, i) => shape >= MIN_SHAPE && shape <= (shapes[i - 1] ?? 1)) &&
          [...alike].every(each => urls.has(each) || compareUrls(url, each) <= least)
        )
      }),
    )
    t.pass()
  },
)

t.test('once the content is known, the version that resembles it most is taken, whatever its URL', async t => {
  const [close, far, noise] = [
    at('/elsewhere', editPage(page, 5, 2)),
    at('/item/2', editPage(page, 300, 3)),
    at('/item/3', randomBytes(20_000, 4)),
  ]
  for (const candidates of [
    [close, far, noise],
    [noise, far, close],
  ]) {
    t.equal(chooseByContent(`${shop}/item/1`, page, candidates), close)
  }
  t.equal(chooseByContent(`${shop}/item/1`, page, [noise, far]), far)
})

t.test('of versions with equal content, the one of the more alike URL is taken', async t => {
  const [elsewhere, item] = [at('/about', page), at('/item/2', page)]
  t.equal(chooseByContent(`${shop}/item/1`, page, [elsewhere, item]), item)
})

t.test('nothing is taken where nothing resembles the content', async t => {
  t.equal(chooseByContent(`${shop}/item/1`, page, [at('/item/2', randomBytes(20_000, 5))]), undefined)
  t.equal(chooseByContent(`${shop}/item/1`, page, []), undefined)
  t.equal(chooseByContent(`${shop}/item/1`, Buffer.from('short'), [at('/item/2', 'short')]), undefined)
})

t.test('asking twice, with the same versions, gives the same answer', async t => {
  const candidates = [at('/item/2', editPage(page, 50, 6)), at('/item/3', editPage(page, 5, 7))]
  const first = chooseByContent(`${shop}/item/1`, page, candidates)
  t.equal(first, candidates[1])
  t.equal(chooseByContent(`${shop}/item/1`, page, candidates), first)
  const other = editPage(candidates[0]!.content, 2, 8)
  t.equal(chooseByContent(`${shop}/item/1`, other, candidates), candidates[0], 'for another content, another')
})
