// Claims about the pages of the site as bytes: that they are always the same, well formed, and of the sizes they say.
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { Script } from 'node:vm'
import t from 'tap'
import { render, tagOf, type Page } from '../../../loadtest/origin/page.ts'
import { makeSite } from '../../../loadtest/origin/site.ts'

const SEED = 11
const site = makeSite()
const texts = new Map<string, string>()

function textAt(step: number, page: Page): string {
  const key = `${step} ${page.path}`
  const text = texts.get(key) ?? render(page, step, SEED, 'Zoë').toString()
  texts.set(key, text)
  return text
}

t.test('every page has these very bytes on every machine', async t => {
  // Print the digests and pin them again when what a page says was changed on purpose.
  const digest = (step: number) => {
    const hash = createHash('sha256')
    for (const page of site.pages) hash.update(tagOf(render(page, step, SEED, 'Zoë')))
    return hash.digest('hex').slice(0, 16)
  }
  t.equal(digest(0), 'bfa4eb2b33d4e20e')
  t.equal(digest(5), 'ef27f971622452a1')
})

t.test('another seed gives another site', async t => {
  const news = findPage('/news')
  t.notOk(render(news, 0, 1).equals(render(news, 0, 2)))
})

t.test('paths are listed once, and each is found by its own path', async t => {
  t.equal(new Set(site.pages.map(({ path }) => path)).size, site.pages.length)
  for (const page of site.pages) t.equal(findPage(page.path), page, page.path)
})

t.test('a query that chooses nothing changes nothing', async t => {
  t.equal(findPage('/news?utm_source=feed'), findPage('/news'))
  t.equal(findPage('/item?ref=9&id=3'), findPage('/item?id=3'))
})

t.test('articles and items beyond the list are found, others are not', async t => {
  for (const path of ['/article/1', '/article/123456', '/item?id=240']) t.equal(tryFind(path)?.path, path)
  for (const path of ['/article/0', '/article/1x', '/article/1234567', '/item?id=241', '/item?id=-1', '/item', '/no']) {
    t.equal(tryFind(path), undefined, path)
  }
})

t.test('each page is about as long as the list says', async t => {
  for (const page of site.pages) {
    const ratio = Buffer.byteLength(textAt(4, page)) / page.aboutBytes
    if (page.kind !== 'png') t.ok(ratio > 0.8 && ratio < 1.25, `${page.path}: ${ratio.toFixed(2)}`)
  }
})

t.test(
  'the sizes are those of the web: a front page of 150–400 kB, a style sheet of 100–250 kB, a program near 300 kB',
  async t => {
    const sizeOf = (path: string) => render(findPage(path), 0, SEED).length
    t.ok(sizeOf('/news') > 150_000 && sizeOf('/news') < 400_000)
    t.ok(sizeOf('/assets/site.css') > 100_000 && sizeOf('/assets/site.css') < 250_000)
    t.ok(sizeOf('/assets/app.js') > 250_000 && sizeOf('/assets/app.js') < 350_000)
    t.ok(sizeOf('/article/399') > 30_000 && sizeOf('/article/399') < 50_000)
  },
)

t.test('every link, picture, script and sheet of an HTML page leads to something', async t => {
  const others = new Set(['/redirect', '/missing', '/echo', '/download', '/login', '/logout', '/-/age'])
  for (const page of site.pages.filter(({ kind }) => kind === 'html')) {
    const places = [...textAt(4, page).matchAll(/ (?:href|src|action)="(\/[^"#]*)/g)].map(match => String(match[1]))
    t.ok(places.length > 5, page.path)
    const broken = places.filter(place => {
      const path = place.replaceAll('&amp;', '&')
      return tryFind(path) === undefined && !others.has(path.replace(/\?.*/, ''))
    })
    t.same(broken, [], page.path)
  }
})

t.test('docs/demo-origin.md names every page, with its Cache-Control where that is short', async t => {
  const doc = await readFile(new URL('../../../docs/demo-origin.md', import.meta.url), 'utf8')
  for (const { path, kind, cache } of site.pages) {
    const shown = path.replace(/(?<=section=)\w+/, 'NAME').replace(/(?<=[/=])\d+/, 'N')
    const row = doc.split('\n').find(line => line.startsWith(`| \`${shown}\``)) ?? ''
    t.match(row, `| ${kind} |`, path)
    if (!cache?.startsWith('public, max-age=')) t.match(row, `| ${cache ?? 'none'} |`, path)
  }
})

t.test('nothing is taken from another site', async t => {
  for (const page of site.pages.filter(({ kind }) => kind === 'html' || kind === 'css')) {
    t.notMatch(textAt(4, page), /(?:src|href|srcset|action)="(?:https?:)?\/\/|url\(|@import/, page.path)
  }
})

t.test('programs are valid, data parses, elements are closed in the order in which they were opened', async t => {
  for (const page of site.pages) {
    const text = textAt(4, page)
    if (page.kind === 'js') t.doesNotThrow(() => new Script(text), page.path)
    if (page.kind === 'json') t.doesNotThrow(() => JSON.parse(text), page.path)
    if (page.kind === 'css') t.equal(text.split('{').length, text.split('}').length, page.path)
    if (['html', 'svg', 'xml'].includes(page.kind)) t.equal(findUnclosed(text), undefined, page.path)
  }
})

t.test('the library runs, and the application asks nothing of a page but its document', async t => {
  const run = (path: string, globals: object) => new Script(textAt(1, findPage(path))).runInNewContext(globals)
  const library: { __vendor?: () => number } = {}
  run('/assets/vendor.7c41e0.js', library)
  t.ok((library.__vendor?.() ?? 0) > 10)
  const listened: string[] = []
  run('/assets/app.js', {
    document: { addEventListener: (name: string) => listened.push(name), querySelector: () => null },
  })
  t.same(listened, ['click'])
})

t.test('a name is shown as text, whatever it holds', async t => {
  const html = render(findPage('/account'), 0, SEED, '<script>alert("x")</script>&').toString()
  t.match(html, 'Good day, &#60;script&#62;alert(&#34;x&#34;)&#60;/script&#62;&#38;')
})

function tryFind(path: string): Page | undefined {
  const url = new URL(path, 'http://origin')
  return site.find(url.pathname, url.searchParams)
}

function findPage(path: string): Page {
  const page = tryFind(path)
  if (page === undefined) throw new Error(`there is no page ${path}`)
  return page
}

/** The first element that is closed out of order or never, in markup without omitted tags. */
function findUnclosed(text: string): string | undefined {
  const open: string[] = []
  const content = text.replace(/<(script|style)\b[^>]*>[^]*?<\/\1>/g, '')
  for (const [, isClosing, name = '', isEmpty] of content.matchAll(/<(\/?)([a-zA-Z][\w:]*)[^<>]*?(\/?)>/g)) {
    if (isEmpty || ['meta', 'link', 'img', 'input', 'source'].includes(name)) {
      // <link> holds text in a feed and nothing in a page.
      if (name !== 'link' || !text.startsWith('<?xml')) continue
    }
    if (!isClosing) open.push(name)
    else if (open.pop() !== name) return name
  }
  return open.pop()
}
