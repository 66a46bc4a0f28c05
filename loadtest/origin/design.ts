// How the site looks: one column on a phone, more where there is room; light and dark by the reader's own setting.
// Knows: the class names of the pages. Refers to nothing outside this site.

export const design = `:root {
  color-scheme: light dark;
  --font-text: Charter, "Bitstream Charter", "Source Serif 4", Georgia, "Liberation Serif", serif;
  --font-display: system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif;
  --font-mono: ui-monospace, "SF Mono", "DejaVu Sans Mono", monospace;
  --paper: light-dark(#fbfaf6, #12181a);
  --raised: light-dark(#ffffff, #1b2326);
  --ink: light-dark(#1d2527, #e4e9e7);
  --soft: light-dark(#5c686b, #9aa8a8);
  --line: light-dark(#dfe2dc, #2e393c);
  --river: light-dark(#0f6b6b, #5cc3b6);
  --lamp: light-dark(#9a5b0c, #f2b25c);
  --wash: light-dark(#e6f1ef, #1b3232);
}
* { box-sizing: border-box }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1.0625rem/1.6 var(--font-display); overflow-wrap: anywhere }
img, svg { max-width: 100%; height: auto }
a { color: inherit; text-decoration-color: color-mix(in srgb, currentColor 35%, transparent); text-underline-offset: .2em }
a:hover { color: var(--river); text-decoration-color: currentColor }
:focus-visible { outline: 3px solid var(--lamp); outline-offset: 2px; border-radius: 3px }
h1, h2, h3 { line-height: 1.2; text-wrap: balance; letter-spacing: -.01em }
code, pre { font-family: var(--font-mono); font-size: .9em }
.skip { position: absolute; left: -99rem }
.skip:focus { left: 1rem; top: 1rem; background: var(--raised); padding: .5rem 1rem }
.masthead, .main, .footer, .stamp { max-width: 72rem; margin-inline: auto; padding-inline: clamp(1rem, 4vw, 2rem) }
.masthead { display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: .5rem 2rem; padding-block: 1rem; border-bottom: 1px solid var(--line) }
.masthead__brand { display: flex; align-items: center; gap: .7rem; font: 700 1.25rem/1 var(--font-text); text-decoration: none }
.menu { display: flex; flex-wrap: wrap; gap: .1rem; margin: 0 -.6rem; padding: 0; list-style: none }
.menu__link { display: block; padding: .35rem .6rem; border-radius: 6px; text-decoration: none; font-size: .95rem; color: var(--soft) }
.menu__link:hover { background: var(--wash) }
.menu__link[aria-current] { color: var(--river); font-weight: 650 }
.main { padding-block: clamp(1.25rem, 4vw, 2.5rem) 3rem; min-height: 50vh }
.stamp { margin-block: 0; padding-block: 1rem 2rem; color: var(--soft); font-size: .85rem }
.footer { display: grid; grid-template-columns: repeat(auto-fit, minmax(10rem, 1fr)); gap: 0 2rem; padding-block: 2rem 1rem; border-top: 1px solid var(--line); font-size: .85rem; color: var(--soft) }
.footer__title { font-size: .85rem; color: var(--ink) }
.footer__list { margin: 0; padding: 0; list-style: none }
.footer__list a { text-decoration: none }
.icon { vertical-align: -.2em }
.headline { font: 700 clamp(1.9rem, 5vw, 2.8rem)/1.15 var(--font-text); margin: 0 0 1.5rem }
.lead { font-size: 1.2rem; color: var(--soft); max-width: 42rem; text-wrap: pretty }
.ticker { display: flex; gap: .4rem 1.5rem; flex-wrap: wrap; margin: 0 0 1.5rem; padding: .6rem 1rem; background: var(--wash); border-radius: 8px; list-style: none; font-size: .85rem; font-variant-numeric: tabular-nums }
.ticker__item--up span { color: var(--lamp) }
.ticker__item--down span { color: var(--river) }
.front { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 19rem), 1fr)); gap: 2rem 1.75rem }
.teaser { display: flex; flex-direction: column; gap: .4rem; border-top: 1px solid var(--line); padding-top: 1rem }
.teaser__link { text-decoration: none }
.teaser__image { display: block; width: 100%; aspect-ratio: 3 / 2; object-fit: cover; border-radius: 8px; background: var(--wash) }
.teaser__kicker { margin: .6rem 0 .2rem; font-size: .75rem }
.teaser__title { margin: 0; font: 700 1.25rem/1.25 var(--font-text) }
.teaser__lead { margin: 0; font-size: .95rem; color: var(--soft); text-wrap: pretty; display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 4; overflow: hidden }
.teaser__meta { display: flex; flex-wrap: wrap; align-items: center; gap: .2rem .9rem; margin-top: auto; font-size: .78rem; color: var(--soft) }
.teaser__comments { text-decoration: none }
.teaser__save, .review__button { border: 0; background: none; color: inherit; padding: .2rem; cursor: pointer; font: inherit }
.is-on { color: var(--lamp) }
.teaser--large { grid-column: 1 / -1; border-top: 0; padding-top: 0 }
@media (min-width: 56em) { .teaser--large { display: grid; grid-template-columns: 3fr 2fr; gap: .5rem 2.5rem; grid-template-rows: auto auto 1fr } .teaser--large .teaser__link { display: contents } .teaser--large .teaser__picture { grid-row: 1 / 5 } .teaser--large .teaser__meta { align-self: start; margin-top: .5rem } .teaser--large .teaser__lead { -webkit-line-clamp: 8 } }
.teaser--large .teaser__title { font-size: clamp(1.6rem, 4vw, 2.4rem) }
.teaser--large .teaser__image { aspect-ratio: 16 / 9 }
.tag { color: var(--river); font-weight: 700; text-transform: uppercase; letter-spacing: .07em }
.tag--sport, .tag--business { color: var(--lamp) }
.ad { align-self: start; padding: 1rem; border: 1px dashed var(--line); border-radius: 8px; font-size: .85rem }
.ad__label { display: block; font-size: .7rem; text-transform: uppercase; letter-spacing: .08em; color: var(--soft) }
.ad__more { color: var(--soft) }
.columns { display: grid; gap: 2.5rem; margin-top: 3rem }
@media (min-width: 56em) { .columns { grid-template-columns: 20rem 1fr } .tide { grid-column: 1 / -1 } }
.ranking ol { padding-left: 1.4rem; margin: 0 }
.ranking__item { padding: .45rem 0 .45rem .3rem; font: 600 1rem/1.35 var(--font-text) }
.ranking__item::marker { color: var(--river) }
.more { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 16rem), 1fr)); gap: 1.25rem 1.75rem }
.more > h2 { grid-column: 1 / -1; margin: 0 }
.more .teaser__title { font-size: 1.05rem }
.tide { margin: 1.5rem 0; font-size: .85rem; color: var(--soft) }
.tide img { background: #f4f7f5; border-radius: 8px; padding: .5rem }
.story { max-width: 42rem; margin-inline: auto; font: 1.125rem/1.65 var(--font-text) }
.story p { text-wrap: pretty }
.story__title { font-size: clamp(2rem, 6vw, 3rem); margin: .4rem 0 1rem }
.story__lead { font-size: 1.25rem; color: var(--soft) }
.story__meta { font: .85rem/1.4 var(--font-display); color: var(--soft); padding-bottom: 1rem; border-bottom: 1px solid var(--line) }
.story__figure { margin: 1.5rem 0 } .story__figure img { width: 100%; border-radius: 8px }
.story__figure figcaption { font: .85rem var(--font-display); color: var(--soft) }
.related { max-width: 42rem; margin: 3rem auto 0; display: grid; gap: 1rem }
.filters { display: flex; flex-wrap: wrap; gap: .3rem 1rem; margin-bottom: 1.5rem; font-size: .9rem; color: var(--soft) }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 15rem), 1fr)); gap: 1.5rem; padding: 0; margin: 1.5rem 0; list-style: none }
.card { display: flex; flex-direction: column; background: var(--raised); border: 1px solid var(--line); border-radius: 12px; overflow: hidden }
.card__link { text-decoration: none }
.card__image { display: block; width: 100%; aspect-ratio: 3 / 2; object-fit: cover }
.card__name { font-size: 1.05rem; margin: .9rem 1rem 0 }
.card__text { margin: .4rem 1rem; font-size: .88rem; color: var(--soft) }
.card__price { margin: auto 1rem 0; font-weight: 700; font-variant-numeric: tabular-nums }
.card__form { display: flex; flex-wrap: wrap; gap: .6rem; align-items: center; justify-content: space-between; padding: .8rem 1rem 1rem; font-size: .85rem }
.stock { font-size: .8rem; font-weight: 500; color: var(--river) }
.stock--low { color: var(--lamp) } .stock--none { color: var(--soft) }
input:not([type=checkbox]) { font: inherit; padding: .45rem .6rem; border: 1px solid var(--line); border-radius: 8px; background: var(--paper); color: inherit; max-width: 100% }
input[type=number] { width: 3.6rem }
.button { display: inline-flex; align-items: center; gap: .5rem; font: 600 1rem/1 var(--font-display); padding: .75rem 1.15rem; border: 0; border-radius: 9px; background: var(--river); color: var(--paper); cursor: pointer; text-decoration: none }
.button:hover { background: color-mix(in srgb, var(--river) 85%, var(--ink)); color: var(--paper) }
.button--small { padding: .55rem .8rem; font-size: .85rem }
.crumbs { font-size: .88rem; color: var(--soft); margin-bottom: 1rem }
.item { display: grid; gap: 2rem } .item__pictures img { width: 100%; border-radius: 12px }
@media (min-width: 48em) { .item { grid-template-columns: 1fr 1fr } }
.item__name { font: 700 2rem/1.2 var(--font-text); margin: 0 } .item__price { font-size: 1.4rem; font-weight: 700 } .item__note { color: var(--soft); font-size: .9rem }
.facts { border-collapse: collapse; font-size: .92rem; font-variant-numeric: tabular-nums } .facts th, .facts td { text-align: left; padding: .4rem 1.5rem .4rem 0; border-bottom: 1px solid var(--line); font-weight: 400 } .facts th { color: var(--soft) }
.facts--wide { width: 100% }
.reviews__list, .notes { padding: 0; list-style: none; columns: 24rem; column-gap: 2.5rem } .review, .note { break-inside: avoid; border-top: 1px solid var(--line); padding: .8rem 0; font-size: .93rem } .review p { margin: 0 0 .3rem } .review__stars { color: var(--lamp) } .review__button { color: var(--soft) }
.till { display: grid; gap: 1rem; max-width: 24rem; margin: 1.5rem 0 } .till label { display: grid; gap: .3rem; font-size: .9rem } .till .button { justify-self: start }
.manual { display: grid; gap: 2rem } .contents { font-size: .9rem; color: var(--soft) } .contents ol { padding-left: 1.5rem; columns: 12rem } .chapters { min-width: 0; max-width: 44rem }
@media (min-width: 56em) { .manual { grid-template-columns: 14rem 1fr } .contents ol { columns: auto; position: sticky; top: 1rem } }
.code { padding: .9rem 1rem; background: var(--wash); border-radius: 8px; overflow-x: auto } .anchor { color: var(--river); text-decoration: none; margin-right: .3rem }
.entries { padding: 0; margin: 1.5rem 0; list-style: none; max-width: 46rem } .entry { display: grid; grid-template-columns: 4rem 1fr; padding: 1rem 0; border-top: 1px solid var(--line) } .entry h2 { margin: 0; font: 700 1.2rem/1.3 var(--font-text) } .entry p { margin: .4rem 0 0 } .entry__time { color: var(--river); font-weight: 650; font-variant-numeric: tabular-nums } .entry__by { font-size: .8rem; color: var(--soft) }
.hero { display: grid; gap: 1.5rem; margin-bottom: 1.25rem; padding: clamp(1.5rem, 5vw, 3rem); background: var(--wash); border-radius: 18px } .hero h1 { font: 700 clamp(2.1rem, 6vw, 3.4rem)/1.08 var(--font-text); margin: 0 } .hero p { margin: 0 }
.hero__picture { width: 100%; aspect-ratio: 16 / 9; object-fit: cover; border-radius: 12px } @media (min-width: 60em) { .hero { grid-template-columns: 1fr 24rem; column-gap: 3rem } .hero__picture { grid-column: 2; grid-row: 1 / 4; align-self: center; aspect-ratio: 4 / 3 } }
.hero__now { display: flex; flex-wrap: wrap; align-items: center; gap: 1rem 2rem } .now { margin: 0; font-variant-numeric: tabular-nums } .now b { display: block; font: 700 2.2rem/1.1 var(--font-text); color: var(--river) } .now span { font-size: .85rem; color: var(--soft) }
.tries { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 15rem), 1fr)); gap: 1rem; padding: 0; margin: 1.5rem 0; list-style: none; counter-reset: try } .try { counter-increment: try; padding: 1.1rem 1.2rem; background: var(--raised); border: 1px solid var(--line); border-radius: 12px; font-size: .95rem } .try::before { content: counter(try); display: inline-grid; place-items: center; width: 1.7rem; height: 1.7rem; border-radius: 50%; background: var(--river); color: var(--paper); font-weight: 700; font-size: .85rem } .try h3 { margin: .6rem 0 .3rem; font-size: 1.05rem } .try p { margin: 0; color: var(--soft) }
.gallery { display: grid; grid-template-columns: repeat(auto-fill, minmax(7.5rem, 1fr)); gap: .6rem; margin: 1.5rem 0 } .gallery img { display: block; border-radius: 8px; width: 100% }
.scroll { overflow-x: auto } .pages { width: 100%; min-width: 34rem; border-collapse: collapse; font-size: .92rem } .pages th, .pages td { text-align: left; padding: .5rem 1rem .5rem 0; border-bottom: 1px solid var(--line); vertical-align: top } .pages th { font-size: .78rem; font-weight: 600; color: var(--soft) } .pages .size { text-align: right; padding-right: 0; white-space: nowrap; font-variant-numeric: tabular-nums } .pages a { font-weight: 600 } .pages small { display: block; color: var(--soft); font-size: .82rem; font-family: var(--font-mono) }
details { margin: 1rem 0 } summary { cursor: pointer; font-weight: 650; padding: .4rem 0 }
`
