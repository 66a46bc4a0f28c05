// Claims about the table of bounds: each row is as the code says, has a test, and is in docs/bounds.md.
import { readFile } from 'node:fs/promises'
import t from 'tap'
import { bounds, describeBounds } from '../../shared/bounds.ts'
import { type OptionRow, options } from '../../shared/config/options.ts'

const read = (path: string) => readFile(new URL(`../../${path}`, import.meta.url), 'utf8')

t.test('docs/bounds.md is what the table says now (npm run docs writes it)', async t => {
  t.equal(await read('docs/bounds.md'), describeBounds())
})

t.test('each limit is the one in the code', async t => {
  for (const { what, limit, at } of bounds) {
    const [path, name] = at
    t.equal(path.endsWith('options.ts') ? defaultOf(name) : evaluate(await read(path), name), limit, `${what}: ${name}`)
  }
})

t.test('each bound has a test that claims it', async t => {
  for (const { what, test } of bounds) {
    const [path, claim] = test
    const text = await read(path)
    t.ok(text.includes(claim), `${what}: "${claim}" in ${path}`)
  }
})

/** What an option is by default, where it is a plain number. */
function defaultOf(name: string): number {
  const { defaults }: OptionRow = options[name as keyof typeof options]
  return Number(defaults.far)
}

/** The first number, or product or sum of numbers, behind a name. */
function evaluate(text: string, name: string): number {
  const written =
    new RegExp(`\\b${name}\\b(?:: \\w+)?\\s*[=:]\\s*(?:\\{ bytes: )?(\\d[\\d_ *+]*)`).exec(text)?.[1] ?? ''
  const terms = written.replaceAll('_', '').split('+')
  return terms.reduce((sum, term) => sum + product(term), 0)
}

function product(term: string): number {
  const powers = term.split(/(?<!\*)\*(?!\*)/).map(factor => {
    const [base = 'NaN', exponent = '1'] = factor.split('**')
    return Number(base.trim() || 'NaN') ** Number(exponent)
  })
  return powers.reduce((whole, each) => whole * each, 1)
}
