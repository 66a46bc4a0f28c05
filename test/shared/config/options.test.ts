// Claims about the table of options itself.
import t from 'tap'
import { flagOf, optionNames, type OptionRow, options, optionsOf, variableOf } from '../../../shared/config/options.ts'

t.test('every default is a value that its own kind reads', async t => {
  for (const name of optionNames) {
    const { kind, defaults }: OptionRow = options[name]
    for (const text of Object.values(defaults)) {
      if (text !== null) t.not(kind.parse(text), undefined, `${name}: ${text}`)
    }
  }
})

t.test('every option has a meaning of one line and a flag and a variable of its own', async t => {
  for (const name of optionNames) t.match(options[name].meaning, /^[A-Z][^\n]{10,110}$/, name)
  t.equal(new Set(optionNames.map(flagOf)).size, optionNames.length)
  t.equal(new Set(optionNames.map(variableOf)).size, optionNames.length)
})

t.test('no option is called no-something, which switches off', async t => {
  t.same(
    optionNames.filter(name => flagOf(name).startsWith('--no-')),
    [],
  )
})

t.test('names become flags and variables word by word', async t => {
  t.equal(flagOf('maxDeltaRatio'), '--max-delta-ratio')
  t.equal(variableOf('maxDeltaRatio'), 'HUNCH_MAX_DELTA_RATIO')
})

t.test('each command has its own options and the thresholds of all', async t => {
  t.ok(optionsOf('near').includes('far'))
  t.notOk(optionsOf('far').includes('far'))
  for (const command of ['near', 'far', 'demo'] as const) t.ok(optionsOf(command).includes('maxDeltaRatio'), command)
})
