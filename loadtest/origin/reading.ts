// The other HTML pages: a long handbook, a page that never changes, one that is mostly new at each step, one that is
// sent in pieces, one that is new for each request, and one that greets its user.
// Knows: their text and how it ages. Does not know: cookies, requests.

import { Chance, lastChange } from './chance.ts'
import { adFrame, escapeText, icon, layOut, ticker } from './layout.ts'
import { madeAt, makePage, showTime, type Moment, type Page } from './page.ts'
import { capitalise, headline, phrase, sentences } from './prose.ts'
import { vocabulary } from './words.ts'

export function readingPages(): readonly Page[] {
  return [
    makePage({
      path: '/handbook',
      title: 'Handbook, compressed on the way',
      kind: 'html',
      ageing: 'little',
      aboutBytes: 110_000,
      cache: 'no-cache',
      sending: 'coded',
      draw: drawHandbook,
    }),
    makePage({
      path: '/about',
      title: 'About the paper',
      kind: 'html',
      ageing: 'unchanged',
      aboutBytes: 15_000,
      validators: 'date',
      draw: drawAbout,
    }),
    makePage({
      path: '/live',
      title: 'Live report, sent without a length',
      kind: 'html',
      ageing: 'much',
      aboutBytes: 41_000,
      cache: 'max-age=0, must-revalidate',
      validators: 'etag',
      sending: 'chunked',
      draw: at => drawLive(at, 'Live: the regatta'),
    }),
    makePage({
      path: '/stream',
      title: 'Live report, sent in pieces with pauses',
      kind: 'html',
      ageing: 'much',
      aboutBytes: 41_000,
      cache: 'no-cache',
      validators: 'none',
      sending: 'pieces',
      draw: at => drawLive(at, 'Live: the council meets'),
    }),
    makePage({
      path: '/random',
      title: 'A page that is new each time',
      kind: 'html',
      ageing: 'random',
      aboutBytes: 23_000,
      cache: 'no-cache',
      validators: 'none',
      draw: drawRandom,
    }),
    makePage({
      path: '/account',
      title: 'A page that greets its user',
      kind: 'html',
      ageing: 'personal',
      aboutBytes: 8000,
      cache: 'private, no-cache',
      validators: 'etag',
      draw: drawAccount,
    }),
  ]
}

function drawHandbook(at: Moment): string {
  const chapters = Array.from({ length: 22 }, (_, chapter) => {
    const name = `${vocabulary.component[chapter % vocabulary.component.length]}`
    const topics = Array.from({ length: 6 }, (_, topic) => {
      const changed = lastChange(at.step, 0.012, at.seed, 'topic', chapter, topic)
      const chance = new Chance(at.seed, 'topic', chapter, topic, changed)
      const setting = `${name}.${chance.pick(vocabulary.setting)}`
      return `<section class="topic" id="${name}-${topic}">
<h3><a class="anchor" href="#${name}-${topic}">${chapter + 1}.${topic + 1}</a> ${capitalise(chance.pick(vocabulary.doing))} the ${name}</h3>
<p>${escapeText(sentences(chance, chance.between(3, 5), 'instruction'))}</p>
<pre class="code"><code>${setting} = ${chance.between(1, 900)}
${name}.${chance.pick(vocabulary.setting)} = "${chance.pick(vocabulary.adjective)}"</code></pre>
<p>${escapeText(sentences(chance, chance.between(1, 3), 'instruction'))}</p>
</section>`
    })
    return `<section class="chapter" id="${name}">
<h2>${chapter + 1}. The ${name}</h2>
${topics.join('\n')}
</section>`
  })
  const contents = chapters.map(
    (_, chapter) => `    <li><a href="#${vocabulary.component[chapter]}">The ${vocabulary.component[chapter]}</a></li>`,
  )
  const edition = `${2 + Math.floor(at.step / 20)}.${Math.floor(at.step / 4) % 5}.${at.step % 4}`
  const main = `<h1 class="headline">Handbook of the river gauge</h1>
<p class="lead">Edition ${edition}, revised ${showTime(madeAt(at.step))}.</p>
<div class="manual">
<nav class="contents" aria-label="Contents">
  <ol>
${contents.join('\n')}
  </ol>
</nav>
<div class="chapters">
${chapters.join('\n')}
</div>
</div>`
  return layOut(at, {
    title: 'Handbook',
    description: 'The river gauge',
    menu: '/handbook',
    look: 'page--manual',
    main,
  })
}

function drawAbout(at: Moment): string {
  const chance = new Chance(at.seed, 'about')
  const paragraphs = Array.from({ length: 24 }, () => `<p>${escapeText(sentences(chance, chance.between(3, 5)))}</p>`)
  const main = `<h1 class="headline">About the Courier</h1>\n<div class="story">\n${paragraphs.join('\n')}\n</div>`
  return layOut(at, { title: 'About', description: 'About the Courier', menu: '', look: 'page--story', main })
}

function drawLive(at: Moment, title: string): string {
  const entries = Array.from({ length: 34 }, (_, index) => {
    // Most of a live report is written again while it goes on.
    const chance = new Chance(at.seed, title, index, lastChange(at.step, 0.94, at.seed, title, index))
    const minutes = madeAt(at.step) - index * 97_000
    return `<li class="entry" id="entry-${chance.hex(6)}">
  <time class="entry__time" datetime="${new Date(minutes).toISOString()}">${new Date(minutes).toISOString().slice(11, 16)}</time>
  <div class="entry__text">
    <h2>${escapeText(headline(chance))}</h2>
    <p>${escapeText(sentences(chance, chance.between(5, 9)))}</p>
    <p class="entry__by">${icon('pen', 'By')} ${escapeText(phrase(chance, 'person'))}</p>
  </div>
</li>`
  })
  const main = `${ticker(at)}
<h1 class="headline">${title}</h1>
<figure class="tide"><img src="/img/radar.png" width="320" height="200" alt="Rain over the valley"><figcaption>Rain over the valley</figcaption></figure>
${adFrame(at, title)}
<ol class="entries">
${entries.join('\n')}
</ol>`
  return layOut(at, { title, description: title, menu: '/live', look: 'page--live', main })
}

function drawRandom(at: Moment): string {
  const chance = new Chance(at.seed, 'random', at.step)
  const paragraphs = Array.from({ length: 40 }, () => `<p>${escapeText(sentences(chance, chance.between(3, 6)))}</p>`)
  const main = `<article class="story">
<h1 class="story__title">${escapeText(headline(chance))}</h1>
<p class="story__lead">This page is made anew for every request; nothing of its text comes twice. Number ${chance.hex(12)}.</p>
${paragraphs.join('\n')}
</article>`
  return layOut(at, { title: 'Something new', description: 'New each time', menu: '', look: 'page--story', main })
}

function drawAccount(at: Moment): string {
  const user = at.user
  if (user === undefined) {
    const main = `<h1 class="headline">Your account</h1>
<form class="till" action="/login" method="get">
  <label>Your name <input name="user" autocomplete="username" maxlength="40" required></label>
  <button class="button" type="submit">Sign in</button>
</form>
<p>Any name will do. It is kept in a cookie, and this page is then for you alone.</p>`
    return layOut(at, { title: 'Sign in', description: 'Sign in', menu: '/account', look: 'page--account', main })
  }
  const orders = Array.from({ length: 18 }, (_, index) => {
    const chance = new Chance(at.seed, 'order', user, index)
    const state = new Chance(at.seed, 'state', user, index, lastChange(at.step, 0.12, at.seed, 'state', user, index))
    return `    <tr><td>${chance.between(10_000, 99_999)}</td><td>${escapeText(capitalise(phrase(chance, 'ware')))}</td><td>£${(chance.between(500, 9000) / 100).toFixed(2)}</td><td>${state.pick(['packed', 'on its way', 'delivered', 'waiting for stock', 'returned'])}</td></tr>`
  })
  const notes = Array.from({ length: 8 }, (_, index) => {
    const chance = new Chance(at.seed, 'note', user, index, lastChange(at.step, 0.05, at.seed, 'note', user, index))
    return `  <li class="note" data-note="${chance.hex(10)}">${escapeText(sentences(chance, 2))}</li>`
  })
  const chance = new Chance(at.seed, 'account', user)
  const main = `<h1 class="headline">Good day, ${escapeText(user)}</h1>
<p class="lead">Customer ${chance.between(100_000, 999_999)} · ${chance.between(3, 60) + at.step} points · <a href="/logout">Sign out</a></p>
<table class="facts facts--wide">
  <thead><tr><th>Order</th><th>Item</th><th>Price</th><th>State</th></tr></thead>
  <tbody>
${orders.join('\n')}
  </tbody>
</table>
<h2>Notes for you</h2>
<ul class="notes">
${notes.join('\n')}
</ul>`
  return layOut(at, {
    title: 'Your account',
    description: 'Your account',
    menu: '/account',
    look: 'page--account',
    main,
  })
}
