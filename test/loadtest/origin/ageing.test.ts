// Claims about how the pages of a site grow older.
import t from 'tap'
import { AgeingSite } from '../../../loadtest/origin/ageing.ts'
import { render, type Ageing, type Page } from '../../../loadtest/origin/page.ts'
import { makeSite } from '../../../loadtest/origin/site.ts'
import { changedShare } from './changed-share.ts'

const SEED = 5

// The share of a version that is new against the one before it, over four steps in a row.
const bounds: Readonly<Record<Exclude<Ageing, 'recorded' | 'random'>, readonly [number, number]>> = {
  unchanged: [0, 0],
  little: [0.0002, 0.045],
  personal: [0.0002, 0.045],
  moderate: [0.015, 0.35],
  much: [0.4, 1],
}

for (const [ageing, [least, most]] of Object.entries(bounds)) {
  t.test(`from step to step, ${least * 100} to ${most * 100} % of a page of the kind “${ageing}” is new`, async t => {
    const pages = makeSite().pages.filter(page => page.ageing === ageing && !/id=\d\d/.test(page.path))
    t.ok(pages.length > 0)
    for (const page of pages) {
      const shares = [0, 1, 2, 3].map(step => shareAt(page, step))
      const mean = shares.reduce((sum, share) => sum + share) / shares.length
      t.ok(mean >= least && mean <= most, `${page.path}: ${shares.map(share => share.toFixed(4)).join(' ')}`)
    }
  })
}

t.test('a page that changes differs at every step from the one before', async t => {
  const pages = makeSite().pages.filter(({ ageing }) => ageing !== 'unchanged')
  for (const page of pages) {
    t.notOk(render(page, 2, SEED, 'Anna').equals(render(page, 3, SEED, 'Anna')), page.path)
  }
})

t.test('items are siblings: most of one is in another', async t => {
  const site = new AgeingSite(makeSite(), SEED)
  const share = changedShare(contentOf(site, '/item?id=1'), contentOf(site, '/item?id=2'))
  t.ok(share > 0.1 && share < 0.6, share.toFixed(3))
})

t.test('two users get pages that differ, and someone unknown is asked for a name', async t => {
  const site = new AgeingSite(makeSite(), SEED)
  const [anna, tom, nobody] = ['Anna', 'Tom', undefined].map(user => contentOf(site, '/account', user).toString())
  t.match(anna, 'Good day, Anna')
  t.match(tom, 'Good day, Tom')
  t.notMatch(tom, 'Anna')
  t.match(nobody, 'Sign in')
})

t.test('all pages age together, or one alone', async t => {
  const site = new AgeingSite(makeSite(), SEED)
  t.ok(site.age())
  t.ok(site.age('/shop'))
  t.ok(site.age('/item?id=200'), 'also a page beyond the list')
  t.notOk(site.age('/nowhere'))
  const steps = new Map(site.pages.map(({ path, step }) => [path, step]))
  t.equal(steps.get('/shop'), 2)
  t.equal(steps.get('/news'), 1)
  t.equal(steps.get('/about'), 0, 'a page that never changes stays at its first version')
})

t.test('a page that is new each time is another after each visit and the same until then', async t => {
  const site = new AgeingSite(makeSite(), SEED)
  const page = findPage(site, '/random')
  site.visit(page)
  const first = site.contentOf(page, undefined)
  t.ok(site.contentOf(page, undefined).equals(first))
  site.age()
  t.ok(site.contentOf(page, undefined).equals(first))
  site.visit(page)
  const share = changedShare(first, site.contentOf(page, undefined))
  t.ok(share > 0.6, share.toFixed(3))
})

t.test('new headlines come on top and old ones drop off', async t => {
  const page = makeSite().pages.find(({ path }) => path === '/news')
  const storiesAt = (step: number) => {
    const html = page === undefined ? '' : render(page, step, SEED).toString()
    return [...html.matchAll(/data-id="story-(\d+)"/g)].map(match => Number(match[1]))
  }
  const [before, after] = [storiesAt(4), storiesAt(5)]
  t.equal(after.length, before.length)
  t.same(after.slice(10), before.slice(0, -10))
  t.ok(Math.min(...after.slice(0, 10)) > Math.max(...before))
})

t.test('a site that is very old is drawn as well as a new one', async t => {
  for (const page of makeSite().pages) t.ok(render(page, 100_000, SEED, 'Anna').length > page.aboutBytes / 2, page.path)
})

function shareAt(page: Page, step: number): number {
  return changedShare(render(page, step, SEED, 'Anna'), render(page, step + 1, SEED, 'Anna'))
}

function contentOf(site: AgeingSite, path: string, user?: string): Buffer {
  return site.contentOf(findPage(site, path), user)
}

function findPage(site: AgeingSite, path: string): Page {
  const page = site.find(path)
  if (page === undefined) throw new Error(`there is no page ${path}`)
  return page
}
