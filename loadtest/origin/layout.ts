// What every HTML page of the site has around its content: head, masthead, ticker, footer.
// Knows: markup. Does not know: which pages there are, beyond the links in its menus.

import { Chance, lastChange } from './chance.ts'
import { madeAt, showTime, type Moment } from './page.ts'
import { capitalise, phrase } from './prose.ts'
import { vocabulary } from './words.ts'

export interface Sheet {
  readonly title: string
  readonly description: string
  /** The menu entry that is marked as the current one, by its path. */
  readonly menu: string
  readonly main: string
  /** Marks the body, for pages with a look of their own. */
  readonly look?: string
}

const menu = [
  ['/', 'Demo'],
  ['/news', 'News'],
  ['/live', 'Live'],
  ['/shop', 'Shop'],
  ['/handbook', 'Handbook'],
  ['/account', 'Account'],
] as const

/** A complete HTML document. Its footer names the version, so that a person sees which one arrived. */
export function layOut(at: Moment, sheet: Sheet): string {
  const made = madeAt(at.step)
  const entries = menu.map(([path, name]) => {
    const current = path === sheet.menu ? ' aria-current="page"' : ''
    return `        <li class="menu__item"><a class="menu__link" href="${path}"${current}>${name}</a></li>`
  })
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="description" content="${escapeText(sheet.description)}">
    <meta name="color-scheme" content="light dark">
    <meta name="build" content="${new Chance(at.seed, 'build', Math.floor(at.step / 4)).hex(12)}">
    <title>${escapeText(sheet.title)} · The Wendle Courier</title>
    <link rel="icon" href="/assets/logo.svg" type="image/svg+xml">
    <link rel="alternate" type="application/rss+xml" title="The Wendle Courier" href="/feed.xml">
    <link rel="stylesheet" href="/assets/site.css">
    <script src="/assets/vendor.7c41e0.js" defer></script>
    <script src="/assets/app.js" defer></script>
  </head>
  <body class="page ${sheet.look ?? 'page--plain'}" data-step="${at.step}">
    <a class="skip" href="#main">Skip to the content</a>
    <header class="masthead">
      <a class="masthead__brand" href="/"><img src="/assets/logo.svg" width="40" height="40" alt=""><span>The Wendle Courier</span></a>
      <nav class="masthead__menu" aria-label="Sections">
        <ul class="menu">
${entries.join('\n')}
        </ul>
      </nav>
    </header>
    <main id="main" class="main">
${sheet.main}
    </main>
${footer(at)}
    <p class="stamp">Step <strong>${at.step}</strong> of this page, made on <time datetime="${new Date(made).toISOString()}">${showTime(made)}</time></p>
  </body>
</html>
`
}

export function escapeText(text: string): string {
  return text.replace(/[&<>"]/g, sign => `&#${sign.charCodeAt(0)};`)
}

/** One of the symbols of /assets/icons.svg. */
export function icon(name: string, label: string): string {
  return `<svg class="icon icon--${name}" width="18" height="18" role="img" aria-label="${label}"><use href="/assets/icons.svg#${name}"></use></svg>`
}

/** An advertisement's empty frame, whose identifiers are new in each version, as they are on real pages. */
export function adFrame(at: Moment, place: string): string {
  const chance = new Chance(at.seed, 'ad', place, at.step)
  const words = new Chance(at.seed, 'ad text', place, lastChange(at.step, 0.3, at.seed, 'ad text', place))
  const product = capitalise(phrase(words, 'ware'))
  return `<aside class="ad" data-slot="${place}" data-request="${chance.hex(16)}" data-bid="${(chance.below(900) / 100 + 1).toFixed(2)}">
  <span class="ad__label">Advertisement</span>
  <a class="ad__link" rel="sponsored" href="/item?id=${words.between(1, 24)}&amp;ref=${chance.hex(8)}">${escapeText(product)} <span class="ad__more">from the Courier shop</span></a>
</aside>`
}

/** The river's levels, a line that changes everywhere a little with each version. */
export function ticker(at: Moment): string {
  const gauges = ['Kings Lock', 'Saltgate', 'Millbank', 'Hythe End', 'Osier Island']
  const items = gauges.map(gauge => {
    const chance = new Chance(at.seed, 'level', gauge, lastChange(at.step, 0.6, at.seed, 'level', gauge))
    const change = chance.between(-9, 9)
    const way = change < 0 ? 'down' : 'up'
    return `  <li class="ticker__item ticker__item--${way}"><b>${gauge}</b> ${(chance.between(90, 260) / 100).toFixed(2)} m <span>${change < 0 ? '−' : change > 0 ? '+' : '±'}${Math.abs(change)} cm</span></li>`
  })
  return `<ul class="ticker" aria-label="River levels">\n${items.join('\n')}\n</ul>`
}

function footer(at: Moment): string {
  const columns = ['Town', 'River', 'Services', 'The Courier'].map((name, column) => {
    const links = Array.from({ length: 9 }, (_, index) => {
      const chance = new Chance(at.seed, 'footer', column, index)
      const text = capitalise(`${chance.pick(vocabulary.adjective)} ${chance.pick(vocabulary.plural)}`)
      return `        <li><a href="/about#${chance.pick(vocabulary.noun)}-${index}">${text}</a></li>`
    })
    return `      <section class="footer__column">
        <h2 class="footer__title">${name}</h2>
        <ul class="footer__list">
${links.join('\n')}
        </ul>
      </section>`
  })
  return `    <footer class="footer">
${columns.join('\n')}
    </footer>`
}
