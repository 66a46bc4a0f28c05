// Text that reads like a local paper, a shop and a handbook: sentences of varied shape over a plausible vocabulary.
// Knows: the shapes of sentences. Does not know: pages, markup, steps.

import type { Chance } from './chance.ts'
import { vocabulary } from './words.ts'

const shapes = {
  person: ['{first} {last}'],
  thing: [
    'the {noun}',
    'the {adjective} {noun}',
    'a {adjective} {noun}',
    'the {noun} in {place}',
    'its {adjective} {noun}',
    '{count} {plural}',
    'the {adjective} {plural}',
    'plans for a {adjective} {noun}',
    'a {noun} for {plural}',
    'the {noun} of {place}',
    'most of the {mass}',
    'the {noun} and the {noun}',
    'a {period}’s {mass}',
  ],
  subject: [
    '{org}',
    'the {adjective} {noun}',
    '{person}',
    'residents of {place}',
    'the {noun} at {place}',
    'most {plural}',
    '{count} {adjective} {plural}',
    'many of the {plural}',
    '{person} of {org}',
    'nobody at {org}',
    'a group of {plural}',
    'the {noun}, once {adjective},',
  ],
  when: [
    'on {weekday}',
    'last {period}',
    'in {month}',
    'for the {ordinal} time this {period}',
    'early on {weekday} morning',
    'after {count} years',
    'before the end of {month}',
    'within {count} days',
    'since {month}',
  ],
  where: ['in {place}', 'near {place}', 'between {place} and {place}', 'outside {place}', 'at {place}'],
  how: [
    'despite {adjective} {abstract}',
    'with the help of {count} {plural}',
    'after {doing} {thing}',
    'without {doing} {thing}',
    'instead of {doing} {thing}',
    'because of the {mass}',
    'under pressure from {org}',
    'in spite of {abstract} from {org}',
  ],
  clause: [
    '{subject} {didto} {thing}',
    '{subject} {didto} {thing} {when}',
    '{subject} {did}',
    '{subject} {did} {when}',
    '{subject} {didto} {thing} {where}',
    '{subject} {didto} {thing} {how}',
  ],
  claim: [
    'we cannot {base} {thing} without {mass}',
    'it took {count} {plural} to {base} it',
    'there was never enough {mass} to {base} {thing}',
    'I would rather {base} {thing} than {base} {thing}',
    'nobody asked the {plural}',
    'the {noun} has to wait until {month}',
    'our {plural} deserve {thing}',
    'if we {base} {thing} now, {org} will have to {base} the rest',
    'you can {base} {thing} and still lose the {noun}',
  ],
  sentence: [
    '{clause}.',
    '{clause}, and {clause}.',
    '{when}, {clause}.',
    '“{claim},” said {person}, {role} of {org}.',
    '{clause}, but {subject} {did}.',
    '“{claim},” {person} told the Courier {when}. “{claim}.”',
    'According to {org}, {clause}.',
    'While {clause}, {clause}.',
    '{person}, {role} of {org}, {didto} {thing} {how}.',
    '{how}, {clause}.',
    'It is the {ordinal} {noun} {where} that {org} {didto} {when}.',
    'A decision on {thing} is expected {when}.',
    'Of the {count} {plural} {where}, only {count} {did}.',
    'The {noun}, which {didto} {thing} {when}, {did}.',
    '{subject} had hoped to {base} {thing}; {subject} {did}.',
    'What happens to {thing} is for {org} to decide.',
    'Asked about {thing}, {person} said that {clause}.',
  ],
  headline: [
    '{org} {now} {adjective} {noun}',
    '{org} {now} {noun} as {plural} {nowPlural}',
    '{place}: {plural} {nowPlural} after {adjective} {noun}',
    '{adjective} {noun} {where} {now} {plural}',
    '{count} {plural} {nowPlural} as {noun} {now} {mass}',
    'Why {place} {now} its {adjective} {noun}',
    '{person} {now} {noun} despite {adjective} {abstract}',
    '{adjective} {abstract} over {noun} {where}',
    'How {org} {didto} the {adjective} {noun}',
    '“{claim}”',
    'The {adjective} {noun} that {org} {didto}',
    'Letters: {plural}, {mass} and the {adjective} {noun}',
  ],
  ware: ['{adjective} {material} {product}', '{material} {product} in {colour}', '{place} {product}, {material}'],
  description: [
    'Made of {material} in {place}, by {plural} who know their {noun}.',
    'The {adjective} finish comes in {colour}, {colour} and {colour}.',
    'It lasts for {count} years if it is kept away from {mass}.',
    'Each piece is {adjective}, {adjective} and numbered by hand.',
    'Something {adjective} for {plural}, with a {material} edge.',
    '{person} first drew it for {org} {when}.',
    'Part of the price goes to {org}, which uses it for {mass}.',
    'It fits beside our {material} {product} and the {adjective} {product} in {colour}.',
    'Wipe it with a little {mass}; never leave it {where} overnight.',
    'One half is {material}, the other is {material}, and both can be mended.',
  ],
  review: [
    'I bought this for my {noun} {when} and it {did}.',
    'It is more {adjective} than it looks, but the {colour} is lovely.',
    'My {plural} use it every {weekday}.',
    'After {count} weeks the {material} is still {adjective}.',
    'Not for anyone who has to {base} a {noun} without {mass}.',
    '{person} of {org} has the same one, only in {colour}.',
    'It arrived {when}, {adjective} and well packed.',
    'I would {base} it again; next time I shall take the {material} one.',
    'A {adjective} thing at a {adjective} price.',
    'The first one was {adjective}; they sent another without asking, and that one is {adjective}.',
  ],
  instruction: [
    'The {component} reads its {setting} once when the {component} starts; later changes take effect at the next {component}.',
    'Set the {setting} of the {component} to {count} unless the {noun} is {adjective}.',
    'A {adjective} {component} waits until its {setting} is reached and then hands the {component} to the {component}.',
    'If the {setting} is lower than the {setting}, the {component} refuses to start and names both values.',
    'In most stations a {setting} between {count} and {count} seconds keeps the {component} from filling up.',
    'Never {base} the {component} while the {component} is open: its {setting} would be lost.',
    'When two {plural} share one {component}, the one with the larger {setting} goes first.',
    'The {component} keeps the last {count} readings; older ones are written to the {component} and removed.',
    'A {component} whose {setting} has been exceeded is reported once, not once for each reading.',
    'To {base} the {component}, stop the {component}, wait for its {setting}, and start the {component} again.',
    'Values outside the {setting} are kept but marked as {adjective}, so that nothing is lost in the {component}.',
    'This matters for {adjective} gauges near {place}, where the {mass} makes every {component} drift.',
  ],
} as const satisfies Record<string, readonly string[]>

const lists: Readonly<Record<string, readonly string[]>> = { ...vocabulary, ...shapes }

export type Shape = keyof typeof shapes | keyof typeof vocabulary

/** One expression of the given shape, as it stands inside a sentence. */
export function phrase(chance: Chance, shape: Shape): string {
  return polish(expand(chance, shape))
}

/** One or more whole sentences of the given shape, with a capital at each beginning. */
export function sentences(chance: Chance, count: number, shape: Shape = 'sentence'): string {
  const texts: string[] = []
  for (let index = 0; index < count; index++) texts.push(capitalise(phrase(chance, shape)))
  return texts.join(' ')
}

export function headline(chance: Chance): string {
  return capitalise(phrase(chance, 'headline'))
}

export function capitalise(text: string): string {
  return text.replace(/^(“?)(\p{Ll})/u, (_, quote: string, letter: string) => quote + letter.toUpperCase())
}

function expand(chance: Chance, shape: string): string {
  const list = lists[shape]
  if (list === undefined) throw new RangeError(`no list is called ${shape}`)
  const text = chance.pickCommon(list)
  return text.replace(/\{(\w+)\}/g, (_, name: string) => expand(chance, name))
}

/** What the lists cannot know of one another: articles, commas that meet, capitals inside quotations. */
function polish(text: string): string {
  return text
    .replace(/\b([Aa]) (?=[aeiou]|11 |18 |8)/g, '$1n ')
    .replace(/,([,;.])/g, '$1')
    .replace(/(?<=(?:^|\.) “)\p{Ll}/gu, letter => letter.toUpperCase())
}
