// The shop: a listing, its items (siblings of one template), their prices for programs, and the till.
// Knows: items. Prices, stock and reviews change often, names and descriptions hardly ever.

import { Chance, lastChange } from './chance.ts'
import { adFrame, escapeText, icon, layOut } from './layout.ts'
import { madeAt, makePage, showTime, type Moment, type Page } from './page.ts'
import { capitalise, phrase, sentences } from './prose.ts'
import { vocabulary } from './words.ts'

/** How many items the listing shows and the list of pages names. */
export const ITEMS_LISTED = 24

/** How many items there are: /item?id=1 to this. */
export const ITEMS = 240

const IMAGES = 12

const measures = [
  ['Width', 'cm'],
  ['Height', 'cm'],
  ['Depth', 'cm'],
  ['Weight', 'hg'],
  ['Holds', 'dl'],
  ['Made in', 'days'],
  ['Guarantee', 'months'],
  ['Parts', 'pieces'],
] as const

export function shopPages(): readonly Page[] {
  return [
    makePage({
      path: '/shop',
      title: 'Shop listing',
      kind: 'html',
      ageing: 'little',
      aboutBytes: 33_000,
      cache: 'no-cache',
      draw: drawListing,
    }),
    ...Array.from({ length: ITEMS_LISTED }, (_, index) => itemPage(index + 1)),
    makePage({
      path: '/api/prices',
      title: 'Prices for programs',
      kind: 'json',
      ageing: 'little',
      aboutBytes: 39_000,
      cache: 'public, max-age=5',
      validators: 'etag',
      draw: drawPrices,
    }),
    makePage({
      path: '/checkout',
      title: 'The till, which no cache may store',
      kind: 'html',
      ageing: 'little',
      aboutBytes: 5200,
      cache: 'no-store',
      validators: 'none',
      draw: drawCheckout,
    }),
  ]
}

/** The page of one item, whether it is in the list of pages or not. */
export function itemPage(id: number): Page {
  return makePage({
    path: `/item?id=${id}`,
    title: `Item ${id}`,
    kind: 'html',
    ageing: 'little',
    aboutBytes: 22_500,
    cache: 'no-cache',
    draw: at => drawItem(at, id),
  })
}

function itemName(seed: number, id: number): string {
  return capitalise(phrase(new Chance(seed, 'item', id), 'ware'))
}

function priceOf(at: Moment, id: number): string {
  const base = new Chance(at.seed, 'price', id).between(600, 18_000)
  const changed = lastChange(at.step, 0.15, at.seed, 'price', id)
  const percent = changed === 0 ? 100 : new Chance(at.seed, 'price', id, changed).between(80, 120)
  return (Math.floor((base * percent) / 100) / 100).toFixed(2)
}

function stockOf(at: Moment, id: number): number {
  return new Chance(at.seed, 'stock', id, lastChange(at.step, 0.3, at.seed, 'stock', id)).below(30)
}

function stockLine(stock: number): string {
  if (stock === 0) return '<span class="stock stock--none">Sold out</span>'
  if (stock < 5) return `<span class="stock stock--low">Only ${stock} left</span>`
  return `<span class="stock">${stock} in stock</span>`
}

function card(at: Moment, id: number): string {
  const name = escapeText(itemName(at.seed, id))
  const chance = new Chance(at.seed, 'card', id)
  return `<li class="card" data-item="${id}" data-list="shop" data-impression="${new Chance(at.seed, 'impression', id, at.step).hex(8)}">
  <a class="card__link" href="/item?id=${id}">
    <img class="card__image" src="/img/${(id % IMAGES) + 1}.png" width="192" height="128" loading="${id < 9 ? 'eager' : 'lazy'}" decoding="async" alt="${name}">
    <h2 class="card__name">${name}</h2>
  </a>
  <p class="card__text">${escapeText(sentences(chance, 2, 'description'))}</p>
  <p class="card__price"><data value="${priceOf(at, id)}">£${priceOf(at, id)}</data> ${stockLine(stockOf(at, id))}</p>
  <form class="card__form" action="/echo" method="post">
    <input type="hidden" name="item" value="${id}">
    <input type="hidden" name="list" value="shop">
    <label class="card__count">Number <input type="number" name="count" value="1" min="1" max="9" inputmode="numeric"></label>
    <button class="button button--small" type="submit">${icon('basket', '')} Add to basket</button>
  </form>
</li>`
}

function drawListing(at: Moment): string {
  // Two neighbours change places now and then, as when a shop sorts by what sells.
  const ids = Array.from({ length: ITEMS_LISTED }, (_, index) => index + 1)
  for (let index = 0; index + 1 < ids.length; index += 2) {
    if (lastChange(at.step, 0.08, at.seed, 'order', index) % 2 === 1) ids.splice(index, 2, ids[index + 1]!, ids[index]!)
  }
  const filters = vocabulary.material.map(
    material =>
      `<label class="filter"><input type="checkbox" name="material" value="${material}"> ${capitalise(material)}</label>`,
  )
  const main = `<h1 class="headline">The Courier shop</h1>
<form class="filters" action="/shop" method="get">
${filters.join('\n')}
</form>
${adFrame(at, 'shop')}
<ul class="cards">
${ids.map(id => card(at, id)).join('\n')}
</ul>`
  return layOut(at, { title: 'Shop', description: 'Useful things', menu: '/shop', look: 'page--shop', main })
}

function drawItem(at: Moment, id: number): string {
  const name = escapeText(itemName(at.seed, id))
  const chance = new Chance(at.seed, 'item text', id)
  const facts = measures.map(
    ([name, unit]) => `    <tr><th scope="row">${name}</th><td>${chance.between(2, 90)} ${unit}</td></tr>`,
  )
  const reviewCount = 14
  const written = new Chance(at.seed, 'reviews', id).below(50) + 20 + lastChange(at.step, 0.1, at.seed, 'reviews', id)
  const reviews = Array.from({ length: reviewCount }, (_, index) => {
    const number = written - index
    const review = new Chance(at.seed, 'review', id, number)
    return `  <li class="review" id="review-${number}" data-helpful="${review.below(40)}">
    <p class="review__by"><b>${escapeText(phrase(review, 'person'))}</b> <span class="review__stars" aria-label="${review.between(2, 5)} of 5">${'★'.repeat(review.between(2, 5))}</span></p>
    <p class="review__text">${escapeText(sentences(review, review.between(2, 5), 'review'))}</p>
    <button class="review__button" type="button" data-action="helpful" data-review="${number}">${icon('thumb', '')} Helpful</button>
  </li>`
  })
  const others = Array.from({ length: 6 }, (_, index) => card(at, ((id + index * 7) % ITEMS_LISTED) + 1))
  const main = `<nav class="crumbs"><a href="/shop">Shop</a> › ${name}</nav>
<article class="item" data-item="${id}">
  <div class="item__pictures">
    <img src="/img/${(id % IMAGES) + 1}.png" width="480" height="320" alt="${name}">
  </div>
  <div class="item__facts">
    <h1 class="item__name">${name}</h1>
    <p class="item__price"><data value="${priceOf(at, id)}">£${priceOf(at, id)}</data> ${stockLine(stockOf(at, id))}</p>
    <p class="item__note">Delivery by ${showTime(madeAt(at.step + 144)).split(',')[0]} if ordered now · ${new Chance(at.seed, 'viewers', id, at.step).between(2, 31)} people are looking at this</p>
    <p>${escapeText(sentences(chance, 6, 'description'))}</p>
    <p>${escapeText(sentences(chance, 5, 'description'))}</p>
    <form action="/echo" method="post" class="item__form">
      <input type="hidden" name="item" value="${id}">
      <input type="hidden" name="form-token" value="${new Chance(at.seed, 'token', id, at.step).hex(32)}">
      <button class="button" type="submit">${icon('basket', '')} Add to basket</button>
    </form>
  </div>
</article>
<section class="details">
  <h2>Details</h2>
  <table class="facts">
${facts.join('\n')}
  </table>
</section>
<section class="reviews">
  <h2>${written} reviews</h2>
  <ol class="reviews__list">
${reviews.join('\n')}
  </ol>
</section>
<section class="others">
  <h2>Goes well with</h2>
  <ul class="cards">
${others.join('\n')}
  </ul>
</section>`
  return layOut(at, { title: itemName(at.seed, id), description: name, menu: '/shop', look: 'page--shop', main })
}

function drawPrices(at: Moment): string {
  const rows = Array.from({ length: ITEMS }, (_, index) => {
    const id = index + 1
    const chance = new Chance(at.seed, 'price row', id)
    const row = {
      id,
      name: itemName(at.seed, id),
      price: { amount: Number(priceOf(at, id)), currency: 'GBP' },
      stock: stockOf(at, id),
      maker: phrase(chance, 'org'),
      sizes: [chance.between(10, 90), chance.between(10, 90), chance.between(10, 90)],
      url: `/item?id=${id}`,
    }
    return JSON.stringify(row)
  })
  return `{"version":${at.step},"items":[\n${rows.join(',\n')}\n]}\n`
}

function drawCheckout(at: Moment): string {
  const main = `<h1 class="headline">Your basket</h1>
<p>Nothing on this page may be stored by a cache: it says <code>Cache-Control: no-store</code>.</p>
<form class="till" action="/echo" method="post">
  <input type="hidden" name="form-token" value="${new Chance(at.seed, 'till', at.step).hex(32)}">
  <label>Name <input name="name" autocomplete="name"></label>
  <label>Address <input name="address" autocomplete="street-address"></label>
  <button class="button" type="submit">Order</button>
</form>`
  return layOut(at, { title: 'Basket', description: 'The till', menu: '/shop', look: 'page--shop', main })
}
