// The style sheet of the site: its design, then the many rules that a design system brings along.
// Knows: how such sheets look and age: a few values change with every step. Does not know: which rules a page uses.

import { Chance, lastChange } from './chance.ts'
import { design } from './design.ts'
import type { Moment } from './page.ts'
import { vocabulary } from './words.ts'

const sides = ['top', 'right', 'bottom', 'left', 'inline', 'block'] as const
const widths = [0, 24, 40, 56, 72, 90] as const
const states = ['', ':hover', ':focus-visible', ':disabled', '--large', '--quiet'] as const

export function drawStylesheet(at: Moment): string {
  return `@charset "utf-8";\n/* Wendle Courier ${1 + Math.floor(at.step / 10)}.${at.step % 10} */\n${design}\n${components(at)}\n${utilities()}\n`
}

/** Blocks with their elements and states, as a design system names them. */
function components(at: Moment): string {
  const rules: string[] = []
  for (const block of vocabulary.component) {
    for (const element of vocabulary.noun.slice(0, 18)) {
      for (const state of states) {
        const changed = lastChange(at.step, 0.003, at.seed, 'rule', block, element, state)
        const chance = new Chance(at.seed, 'rule', block, element, state, changed)
        if (!chance.happens(0.3)) continue
        rules.push(`.ds-${block}__${element}${state} {\n${declarations(chance)}\n}`)
      }
    }
  }
  return rules.join('\n')
}

function declarations(chance: Chance): string {
  const count = chance.between(2, 5)
  return Array.from({ length: count }, () => `  ${declaration(chance)};`).join('\n')
}

function declaration(chance: Chance): string {
  const shape = chance.below(10)
  const rem = `${chance.between(1, 48) / 8}rem`
  if (shape === 0) return `padding: ${rem} ${chance.between(1, 24) / 8}rem`
  if (shape === 1) return `margin-${chance.pick(sides)}: ${rem}`
  if (shape === 2) return `color: var(--ds-${chance.pick(vocabulary.colour)}-${chance.between(1, 9)}00)`
  if (shape === 3)
    return `background: color-mix(in oklab, var(--ds-${chance.pick(vocabulary.colour)}-500) ${chance.between(4, 96)}%, transparent)`
  if (shape === 4) return `border-${chance.pick(sides)}: ${chance.between(1, 3)}px solid #${chance.hex(6)}`
  if (shape === 5) return `display: ${chance.pick(['flex', 'grid', 'inline-flex', 'block', 'none', 'contents'])}`
  if (shape === 6)
    return `font: ${chance.pick([400, 500, 600, 700])} ${rem}/1.${chance.between(2, 6)} var(--font-${chance.pick(['text', 'display', 'mono'])})`
  if (shape === 7)
    return `transition: ${chance.pick(['opacity', 'transform', 'color'])} ${chance.between(8, 40) * 10}ms cubic-bezier(.${chance.below(99)}, 0, .${chance.below(99)}, 1)`
  if (shape === 8) return `grid-template-columns: repeat(${chance.between(2, 12)}, minmax(${rem}, 1fr))`
  return `box-shadow: 0 ${chance.between(1, 12)}px ${chance.between(2, 40)}px rgb(0 0 0 / ${chance.between(4, 40)}%)`
}

/** One class for each value of the common properties, at each width: they never change. */
function utilities(): string {
  return widths
    .map(width => {
      const rules = sides.flatMap(side =>
        Array.from({ length: 10 }, (_, size) => [
          `  .u${width}-m${side[0]}-${side.length}-${size} { margin-${side}: ${size / 4}rem }`,
          `  .u${width}-p${side[0]}-${side.length}-${size} { padding-${side}: ${size / 4}rem }`,
        ]).flat(),
      )
      return `@media (min-width: ${width}em) {\n${rules.join('\n')}\n}`
    })
    .join('\n')
}
