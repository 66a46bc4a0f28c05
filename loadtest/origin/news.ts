// The news pages: the front page, its sections, the articles, the feed and the list of headlines for programs.
// Knows: stories. New ones come on top with every step, old ones drop off; what is printed is edited now and then.
// 1. A story keeps its number, title and author for ever; its lead and its text are edited now and then.

import { Chance, lastChange } from './chance.ts'
import { adFrame, escapeText, icon, layOut, ticker } from './layout.ts'
import { madeAt, makePage, showTime, STEP_MS, type Moment, type Page } from './page.ts'
import { headline, phrase, sentences } from './prose.ts'
import { vocabulary } from './words.ts'

/** How many stories are older than the first version of the site. */
const STORIES_BEFORE = 400
const STORIES_PER_STEP = 10
const STORIES_SHOWN = 92
const IMAGES = 12

interface Story {
  readonly id: number
  readonly section: string
  readonly title: string
  readonly lead: string
  readonly author: string
  readonly madeAtMs: number
  readonly image: number
}

export function newsPages(): readonly Page[] {
  const sections = vocabulary.section.map(section =>
    makePage({
      path: `/news?section=${section}`,
      title: `News section: ${section}`,
      kind: 'html',
      ageing: 'moderate',
      aboutBytes: 62_000,
      cache: 'max-age=0, must-revalidate',
      validators: 'etag',
      draw: at => drawSection(at, section),
    }),
  )
  return [
    makePage({
      path: '/news',
      title: 'News front page',
      kind: 'html',
      ageing: 'moderate',
      aboutBytes: 180_000,
      cache: 'no-cache',
      validators: 'weak',
      draw: drawFront,
    }),
    ...sections,
    ...[396, 397, 398, 399].map(articlePage),
    makePage({
      path: '/feed.xml',
      title: 'Feed of the newest stories',
      kind: 'xml',
      ageing: 'moderate',
      aboutBytes: 13_500,
      validators: 'etag',
      draw: drawFeed,
    }),
    makePage({
      path: '/api/headlines',
      title: 'Headlines for programs',
      kind: 'json',
      ageing: 'moderate',
      aboutBytes: 30_000,
      cache: 'no-cache',
      draw: drawHeadlines,
    }),
  ]
}

/** The page of one story, whether it is in the list of pages or not. */
export function articlePage(id: number): Page {
  return makePage({
    path: `/article/${id}`,
    title: `Article ${id}`,
    kind: 'html',
    ageing: 'little',
    aboutBytes: 36_000,
    cache: 'no-cache',
    draw: at => drawArticle(at, id),
  })
}

function makeStory({ step, seed }: Moment, id: number): Story {
  const chance = new Chance(seed, 'story', id)
  const words = new Chance(seed, 'lead', id, lastChange(step, 0.04, seed, 'lead', id))
  return {
    id,
    section: chance.pick(vocabulary.section),
    title: headline(chance),
    lead: sentences(words, words.between(2, 4)),
    author: phrase(chance, 'person'),
    madeAtMs:
      madeAt(0) +
      Math.floor(((id - STORIES_BEFORE) * STEP_MS) / STORIES_PER_STEP) -
      chance.below(STORIES_PER_STEP) * 60_000,
    image: chance.between(1, IMAGES),
  }
}

function newest(at: Moment, count: number): readonly Story[] {
  const top = STORIES_BEFORE + at.step * STORIES_PER_STEP - 1
  return Array.from({ length: count }, (_, index) => makeStory(at, top - index))
}

function newestOf(at: Moment, section: string, count: number): readonly Story[] {
  const found: Story[] = []
  for (let id = STORIES_BEFORE + at.step * STORIES_PER_STEP - 1; id >= 0 && found.length < count; id--) {
    const story = makeStory(at, id)
    if (story.section === section) found.push(story)
  }
  return found
}

function comments(at: Moment, id: number): number {
  return new Chance(at.seed, 'comments', id).below(40) + lastChange(at.step, 0.25, at.seed, 'comments', id) * 3
}

function teaser(at: Moment, story: Story, position: number, size: 'large' | 'standard' | 'small'): string {
  const title = escapeText(story.title)
  const image = size === 'large' ? 'wide' : story.image
  const picture =
    size === 'small'
      ? ''
      : `
    <picture class="teaser__picture">
      <source media="(min-width: 60em)" srcset="/img/${image}.png 1x">
      <img class="teaser__image" src="/img/${image}.png" width="192" height="128" loading="${position < 9 ? 'eager' : 'lazy'}" decoding="async" alt="${escapeText(story.author)} for the Courier">
    </picture>`
  return `<article class="teaser teaser--${size} teaser--${story.section}" data-id="story-${story.id}" data-track="{&quot;list&quot;:&quot;front&quot;,&quot;position&quot;:${position},&quot;story&quot;:${story.id}}">
  <a class="teaser__link" href="/article/${story.id}" aria-labelledby="title-${story.id}">${picture}
    <p class="teaser__kicker"><span class="tag tag--${story.section}">${story.section}</span></p>
    <h3 class="teaser__title" id="title-${story.id}">${title}</h3>
  </a>
  <p class="teaser__lead">${escapeText(story.lead)}</p>
  <footer class="teaser__meta">
    <span class="teaser__author">${icon('pen', 'By')} ${escapeText(story.author)}</span>
    <time class="teaser__time" datetime="${new Date(story.madeAtMs).toISOString()}">${showTime(story.madeAtMs)}</time>
    <a class="teaser__comments" href="/article/${story.id}#comments">${icon('comment', 'Comments')} ${comments(at, story.id)}</a>
    <button class="teaser__save" type="button" data-action="save" data-story="${story.id}" aria-label="Keep for later: ${title}">${icon('bookmark', 'Keep')}</button>
  </footer>
</article>`
}

/** The script block with which real pages hand their data to the program that runs in them. */
function stateOf(stories: readonly Story[]): string {
  const rows = stories.map(({ id, section, title, author, madeAtMs }) =>
    JSON.stringify({ id, section, title, author, url: `/article/${id}`, published: new Date(madeAtMs).toISOString() }),
  )
  return `<script type="application/json" id="state">{"stories":[\n${rows.join(',\n').replaceAll('<', '\\u003c')}\n]}</script>`
}

function mostRead(at: Moment): string {
  const first = STORIES_BEFORE + at.step * STORIES_PER_STEP - 60
  const items = Array.from({ length: 10 }, (_, rank) => {
    const changed = lastChange(at.step, 0.2, at.seed, 'most read', rank)
    const story = makeStory(at, Math.max(0, first - (at.step - changed)) + new Chance(at.seed, rank, changed).below(50))
    return `    <li class="ranking__item"><a href="/article/${story.id}">${escapeText(story.title)}</a></li>`
  })
  return `  <section class="ranking">\n    <h2>Most read</h2>\n    <ol>\n${items.join('\n')}\n    </ol>\n  </section>`
}

function drawFront(at: Moment): string {
  const stories = newest(at, STORIES_SHOWN)
  const parts = stories.map((story, position) => {
    const size = position === 0 ? 'large' : position < 40 ? 'standard' : 'small'
    const ad = position % 12 === 6 ? `\n${adFrame(at, `front-${position}`)}` : ''
    return teaser(at, story, position, size) + ad
  })
  const main = `${ticker(at)}
<h1 class="headline">Today in Wendle</h1>
<section class="front">
${parts.slice(0, 40).join('\n')}
</section>
<div class="columns">
${mostRead(at)}
  <section class="more">
    <h2>More stories</h2>
${parts.slice(40).join('\n')}
  </section>
  <figure class="tide"><img src="/assets/tide.svg" width="640" height="240" alt="River level"><figcaption>The river at Kings Lock</figcaption></figure>
</div>
${stateOf(stories)}`
  return layOut(at, { title: 'News', description: stories[0]?.title ?? '', menu: '/news', look: 'page--news', main })
}

function drawSection(at: Moment, section: string): string {
  const stories = newestOf(at, section, 30)
  const parts = stories.map((story, position) => teaser(at, story, position, position < 12 ? 'standard' : 'small'))
  const main = `<h1 class="headline">${section[0]?.toUpperCase()}${section.slice(1)}</h1>
${adFrame(at, `section-${section}`)}
<section class="front front--section">
${parts.join('\n')}
</section>
<div class="columns">
${mostRead(at)}
</div>
${stateOf(stories)}`
  return layOut(at, { title: section, description: `News: ${section}`, menu: '/news', look: 'page--news', main })
}

function drawArticle(at: Moment, id: number): string {
  const story = makeStory(at, id)
  const paragraphs = Array.from({ length: 46 }, (_, index) => {
    // An editor corrects a paragraph now and then.
    const corrected = lastChange(at.step, 0.012, at.seed, 'correction', id, index)
    const chance = new Chance(at.seed, 'paragraph', id, index, corrected)
    const heading = index % 9 === 8 ? `<h2>${escapeText(headline(chance))}</h2>\n` : ''
    return `${heading}<p>${escapeText(sentences(chance, chance.between(3, 6)))}</p>`
  })
  const related = Array.from({ length: 6 }, (_, index) => {
    const changed = lastChange(at.step, 0.1, at.seed, 'related', id, index)
    const other = makeStory(at, new Chance(at.seed, 'related', id, index, changed).below(STORIES_BEFORE))
    return teaser(at, other, index, 'small')
  })
  const main = `<article class="story" data-story="${id}" data-view="${new Chance(at.seed, 'view', id, at.step).hex(16)}">
<p class="teaser__kicker"><span class="tag tag--${story.section}">${story.section}</span></p>
<h1 class="story__title">${escapeText(story.title)}</h1>
<p class="story__lead">${escapeText(story.lead)}</p>
<p class="story__meta">${icon('pen', 'By')} ${escapeText(story.author)} · ${showTime(story.madeAtMs)} · ${comments(at, id)} comments</p>
<figure class="story__figure"><img src="/img/wide.png" width="480" height="270" alt="The river in the evening"><figcaption>The river in the evening</figcaption></figure>
${paragraphs.slice(0, 20).join('\n')}
${adFrame(at, `article-${id}`)}
${paragraphs.slice(20).join('\n')}
</article>
<section class="related" id="comments">
<h2>Related</h2>
${related.join('\n')}
</section>`
  return layOut(at, { title: story.title, description: story.lead, menu: '/news', look: 'page--story', main })
}

function drawFeed(at: Moment): string {
  const items = newest(at, 24).map(
    story => `    <item>
      <title>${escapeText(story.title)}</title>
      <link>/article/${story.id}</link>
      <guid isPermaLink="false">story-${story.id}</guid>
      <category>${story.section}</category>
      <pubDate>${new Date(story.madeAtMs).toUTCString()}</pubDate>
      <description>${escapeText(story.lead)}</description>
    </item>`,
  )
  return `<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0">
  <channel>
    <title>The Wendle Courier</title>
    <lastBuildDate>${new Date(madeAt(at.step)).toUTCString()}</lastBuildDate>
${items.join('\n')}
  </channel>
</rss>
`
}

function drawHeadlines(at: Moment): string {
  const stories = newest(at, 60).map(story => ({ ...story, comments: comments(at, story.id) }))
  return `${JSON.stringify({ version: at.step, madeAt: new Date(madeAt(at.step)).toISOString(), stories }, null, 1)}\n`
}
