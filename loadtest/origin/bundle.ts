// The programs of the site: what a build tool makes of a few hundred modules, with names cut to a letter or two.
// Knows: how such files look; the little part of it that runs. Does not know: pages.
// 1. The whole file is valid JavaScript; only the entry at its end is ever run.

import { Chance, lastChange } from './chance.ts'
import type { Moment } from './page.ts'
import { phrase, sentences } from './prose.ts'
import { vocabulary } from './words.ts'

const LETTERS = 'etnrioasucldfhpmgvybw'.split('')

/** The application: some of its functions are rewritten in every build, and the build's name is new. */
export function drawBundle(at: Moment): string {
  const chance = new Chance(at.seed, 'bundle')
  const modules = Array.from({ length: 140 }, (_, index) => {
    const id = chance.between(1000, 99_999)
    return `${id}(e,t,n){"use strict";${moduleBody(at, index, id)}}`
  })
  const build = new Chance(at.seed, 'build', at.step).hex(16)
  return `/*! Wendle Courier application ${at.step} */
(()=>{var m={${lines(modules)}},c={};function r(e){var t=c[e];if(void 0!==t)return t.exports;var n=c[e]={exports:{}};return m[e](n,n.exports,r),n.exports}
r.d=(e,t)=>{for(var n in t)Object.defineProperty(e,n,{enumerable:!0,get:t[n]})};r.h=()=>"${build}";
${ENTRY}})();
`
}

/** The library: never changes, so that its name can hold for ever. */
export function drawVendor(at: Moment): string {
  const modules = Array.from({ length: 45 }, (_, index) => {
    return `vendor${index}(e,t,n){"use strict";${moduleBody({ ...at, step: 0 }, `vendor ${index}`, index)}}`
  })
  return `/*! A library that never changes */\n(()=>{var m={${lines(modules)}};globalThis.__vendor=()=>Object.keys(m).length})();\n`
}

// What the page really runs: it colours the buttons that were pressed and fetches the newest headlines.
const ENTRY = `document.addEventListener("click",e=>{var t=e.target.closest("[data-action]");t&&t.classList.toggle("is-on")});
document.querySelector(".page--news")&&fetch("/api/headlines").then(e=>e.json()).then(e=>{document.body.dataset.headlines=e.stories.length}).catch(()=>{});`

/** A few modules on each line, as where a build tool joins its chunks. */
function lines(modules: readonly string[]): string {
  const rows: string[] = []
  for (let index = 0; index < modules.length; index += 10) rows.push(modules.slice(index, index + 10).join(','))
  return rows.join(',\n')
}

function moduleBody(at: Moment, index: number | string, id: number): string {
  const shape = new Chance(at.seed, 'module', index)
  const count = shape.between(3, 9)
  const names = LETTERS.slice(3, 3 + count)
  const parts = names.map((name, order) => {
    const changed = lastChange(at.step, 0.12, at.seed, 'function', index, order)
    return functionText(new Chance(at.seed, 'function', index, order, changed), name)
  })
  const needs = `var z=n(${shape.between(1000, 99_999)}),q=n(${shape.between(1000, 99_999)});`
  return `n.d(t,{${names.map(name => `${shape.pick(PROPERTIES)}${id}${name}:()=>${name}`).join(',')}});${needs}${parts.join('')}`
}

function functionText(chance: Chance, name: string): string {
  const shape = chance.below(5)
  if (shape === 0)
    return `const ${name}={${Array.from({ length: chance.between(3, 8) }, () => member(chance)).join(',')}};`
  if (shape === 1)
    return `class ${name}{constructor(e){this.${property(chance)}=e,this.${property(chance)}=${value(chance)}}${method(chance)}${method(chance)}}`
  const body = Array.from({ length: chance.between(1, 5) }, () => statement(chance)).join('')
  return `function ${name}(e,t){${body}return ${expression(chance, 2)}}`
}

function statement(chance: Chance): string {
  const shape = chance.below(7)
  if (shape === 0) return `if(${expression(chance, 1)})return ${expression(chance, 1)};`
  if (shape === 1) return `for(const i of e.${property(chance)}||[])t.${property(chance)}(i,${value(chance)});`
  if (shape === 2)
    return `let o=${expression(chance, 2)};o&&(t=o);`.replace(/\bo\b/g, `o${chance.below(90)}${chance.pick(LETTERS)}`)
  if (shape === 3) return `(0,z.${property(chance)})(e.${property(chance)},${value(chance)});`
  if (shape === 4) return `e.${property(chance)}=${expression(chance, 2)},t.${property(chance)}+=${chance.below(64)};`
  if (shape === 5)
    return `try{t.${property(chance)}(${value(chance)})}catch(r){throw new TypeError("${sentences(chance, 1, 'instruction').slice(0, 60)}")}`
  return `switch(e.${property(chance)}){case"${chance.pick(vocabulary.adjective)}":return ${expression(chance, 1)};case"${chance.pick(vocabulary.noun)}":t=${value(chance)};break;default:t.${property(chance)}()}`
}

function expression(chance: Chance, depth: number): string {
  if (depth === 0) return value(chance)
  const shape = chance.below(6)
  if (shape === 0) return `e.${property(chance)}?${expression(chance, depth - 1)}:${value(chance)}`
  if (shape === 1) return `e.${property(chance)}&&t.${property(chance)}(${expression(chance, depth - 1)})`
  if (shape === 2) return `q.${property(chance)}(${value(chance)},e=>e.${property(chance)}+${chance.below(100)})`
  if (shape === 3) return `Object.assign({},e.${property(chance)},{${member(chance)}})`
  if (shape === 4) return `t.${property(chance)}.map(e=>({...e,${member(chance)}}))`
  return `Math.max(e.${property(chance)},${chance.below(2000)})`
}

function method(chance: Chance): string {
  return `${property(chance)}(e,t){return this.${property(chance)}=${expression(chance, 1)},${expression(chance, 1)}}`
}

function member(chance: Chance): string {
  return `${property(chance)}:${value(chance)}`
}

function value(chance: Chance): string {
  const shape = chance.below(8)
  if (shape === 0) return `"${chance.pick(vocabulary.component)}-${chance.pick(vocabulary.setting)}"`
  if (shape === 1) return `"${phrase(chance, 'thing').replaceAll('"', '')}"`
  if (shape === 2) return `${chance.below(5000)}`
  if (shape === 3) return chance.pick(['!0', '!1', 'null', 'void 0', '[]', '{}'])
  if (shape === 4) return `[${chance.below(99)},${chance.below(99)},"${chance.pick(vocabulary.colour)}"]`
  if (shape === 5)
    return `"${chance.pick(vocabulary.component)}__${chance.pick(vocabulary.noun)} ${chance.pick(vocabulary.component)}--${chance.pick(vocabulary.adjective)}"`
  return `e.${property(chance)}`
}

const VERBS =
  'get set on is has to with from use read write open close add remove find map make load render apply'.split(' ')
const PROPERTIES = VERBS.flatMap(verb =>
  ['', ...vocabulary.component.slice(0, 12), ...vocabulary.setting.slice(0, 10)].map(noun =>
    noun === '' ? `${verb}Value` : `${verb}${noun[0]?.toUpperCase()}${noun.slice(1)}`,
  ),
)

function property(chance: Chance): string {
  return chance.pickCommon(PROPERTIES)
}
