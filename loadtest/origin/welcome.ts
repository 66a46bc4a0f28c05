// The first page of the site: what this is, what to try, and every page with the way in which it ages.
// Knows: the list of pages. Does not know: how they are served.

import { escapeText, layOut, ticker } from './layout.ts'
import { ageings, madeAt, makePage, showTime, type Moment, type Page } from './page.ts'

/** The welcome page for a site of `pages`. */
export function welcomePage(pages: readonly Page[]): Page {
  return makePage({
    path: '/',
    title: 'Welcome',
    kind: 'html',
    ageing: 'little',
    aboutBytes: 20_000,
    cache: 'no-cache',
    draw: at => drawWelcome(at, pages),
  })
}

const groups = [
  ['Pages', (page: Page) => page.kind === 'html' && !isSibling(page)],
  ['Programs, styles, drawings, data', (page: Page) => !['html', 'png'].includes(page.kind)],
  ['Pages of one template', isSibling],
  ['Pictures', (page: Page) => page.kind === 'png'],
] as const

function isSibling(page: Page): boolean {
  return /^\/(item|article|news)[?/]/.test(page.path)
}

function isRecorded(page: Page): boolean {
  return page.ageing === 'recorded'
}

function drawWelcome(at: Moment, pages: readonly Page[]): string {
  const made = madeAt(at.step)
  const own = pages.filter(page => !isRecorded(page))
  const tables = groups.map(([title, belongs], index) => foldedTable(title, own.filter(belongs), index === 0))
  const recorded = pages.filter(isRecorded)
  if (recorded.length > 0) tables.push(foldedTable('Recorded documents', recorded, false))
  const pictures = Array.from(
    { length: 8 },
    (_, index) => `  <img src="/img/${index + 1}.png" width="192" height="128" alt="A view of the valley">`,
  )
  const main = `<section class="hero">
  <h1>A web site that grows older while you watch</h1>
  <p class="lead">This is the demonstration site of Hunch. It is a small town paper with a shop, a handbook and a live report. Everything on it is made up, and every page ages in its own way, so that you can see what crosses a slow link when you load it again.</p>
  <div class="hero__now">
    <p class="now"><b>${at.step}</b><span>step of this page</span></p>
    <p class="now"><b>${new Date(made).toISOString().slice(11, 16)}</b><span>made on ${showTime(made).split(',')[0]}, by the town’s clock</span></p>
    <form action="/-/age" method="post"><button class="button" type="submit">Age every page by one step</button></form>
  </div>
  <img class="hero__picture" src="/img/wide.png" width="480" height="270" alt="The valley of Wendle">
</section>
${ticker(at)}
<h2>Three things to try</h2>
<ol class="tries">
  <li class="try"><h3>Read the news twice</h3><p>Open the <a href="/news">news</a>, age the site, and open it again. The second time only the difference crosses the link.</p></li>
  <li class="try"><h3>Open a page’s sibling</h3><p>Look at <a href="/item?id=1">one thing in the shop</a>, then at <a href="/item?id=2">another</a>. The second page is made out of the first.</p></li>
  <li class="try"><h3>Sign in</h3><p>Take <a href="/login?user=Anna">Anna’s account</a>, then <a href="/login?user=Tom">Tom’s</a>. What one of them was sent never helps to build a page for the other.</p></li>
</ol>
<section class="gallery" aria-label="Pictures that never change">
${pictures.join('\n')}
</section>
<h2>All pages</h2>
${tables.join('\n')}
<p>There is also <a href="/redirect">a redirect</a>, <a href="/missing">a missing page</a>, <a href="/echo">an echo of your request</a>, and <a href="/download?bytes=1000000">a megabyte</a> that cannot be compressed.</p>`
  return layOut(at, { title: 'Welcome', description: 'The demonstration site of Hunch', menu: '/', main })
}

function foldedTable(title: string, pages: readonly Page[], isOpen: boolean): string {
  const rows = pages.map(
    page => `    <tr>
      <td><a href="${escapeText(page.path)}">${escapeText(page.title)}</a><small>${escapeText(page.path)}</small></td>
      <td>${ageings[page.ageing]}</td>
      <td class="size">${showSize(page.aboutBytes)}</td>
    </tr>`,
  )
  return `<details${isOpen ? ' open' : ''}>
<summary>${title} (${pages.length})</summary>
<div class="scroll">
<table class="pages">
  <thead><tr><th>Page</th><th>How it ages</th><th class="size">About</th></tr></thead>
  <tbody>
${rows.join('\n')}
  </tbody>
</table>
</div>
</details>`
}

function showSize(sizeBytes: number): string {
  return sizeBytes < 10_000 ? `${(sizeBytes / 1000).toFixed(1)} kB` : `${Math.round(sizeBytes / 1000)} kB`
}
