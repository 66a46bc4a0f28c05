// Claims about what the documents tell people to do: every command is one that Hunch understands, every link leads
// somewhere. What a command then does is not tried here.
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { commands } from '../cli/commands.ts'
import { readSettings } from '../loadtest/load/settings.ts'
import { flagOf, optionNames, variableOf } from '../shared/config/options.ts'
import { readConfig } from '../shared/config/read-config.ts'
import { faults } from '../shared/fault.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const paths = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', ...globSync('docs/**/*.md', { cwd: root })]
const documents = paths.map(path => ({ path, text: readFileSync(join(root, path), 'utf8') }))

// What stands for something in a document.
const PIN = `sha256-${'A'.repeat(42)}E`
const placeholders: readonly (readonly [RegExp, string])[] = [
  [/hunch:\/\/…/, `hunch://far.example.org?pin=${PIN}`],
  [/sha256-…/, PIN],
  [/\bTOKEN\b/, 'AAAAAAAAAAAAAAAAAAAAAA'],
  [/\$PWD\//, '/'],
]

t.test('every command in a document is one that Hunch understands', async t => {
  let seen = 0
  for (const { path, text } of documents) {
    for (const line of commandLines(text)) {
      seen += 1
      t.doesNotThrow(() => understand(line), `${path}: hunch ${line.join(' ')}`)
    }
  }
  t.ok(seen > 40, 'commands are found in documents')
})

t.test(
  'every option that a document names is one of the table, or of the command that the document is about',
  async t => {
    const known = new Set(optionNames.flatMap(name => [flagOf(name), `--no-${flagOf(name).slice(2)}`]))
    for (const { path, text } of documents.filter(each => each.path.startsWith('docs/guide/'))) {
      for (const [, flag = ''] of text.matchAll(/^\| (?:at far: )?`(--[a-z-]+)/gm))
        t.ok(known.has(flag), `${path}: ${flag}`)
    }
  },
)

t.test('every link of a document leads to a file of the tree', async t => {
  for (const { path, text } of documents) {
    for (const [, target = ''] of text.matchAll(/\]\((?!https?:)([^)#\s]+)(?:#[^)]*)?\)/g)) {
      t.ok(existsSync(join(root, dirname(path), target)), `${path}: ${target}`)
    }
  }
})

t.test('every failure that a page or a line can show is found by its words in the page on trouble', async t => {
  const { text } = documents.find(({ path }) => path === 'docs/troubleshooting.md') ?? { text: '' }
  for (const [code, { title }] of Object.entries(faults)) {
    // Nobody is left to be told; and files of deltas are explained by their own command.
    if (code !== 'CLIENT_GONE' && !code.startsWith('DELTA_')) t.ok(text.includes(`**${title}** \`${code}\``), code)
  }
})

t.test('the container file takes each folder that the package has, and sets variables that there are', async t => {
  const text = readFileSync(join(root, 'Containerfile'), 'utf8')
  const { files }: { files: readonly string[] } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  for (const folder of files.filter(each => each !== 'docs'))
    t.ok(text.includes(`COPY ${folder} ./${folder}\n`), folder)
  const variables = text.match(/\bHUNCH_\w+/g) ?? []
  t.ok(variables.length > 0)
  for (const variable of variables) t.ok(optionNames.map(variableOf).includes(variable), variable)
})

/** Raises what the command would say of its words. */
function understand([command = '', ...words]: readonly string[]): void {
  if (!(command in commands)) throw new Error(`there is no command ${command}`)
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- looked at above
  const { options, verbs = {} } = commands[command as keyof typeof commands] as {
    options?: 'near' | 'far' | 'demo'
    verbs?: Readonly<Record<string, unknown>>
  }
  const [verb = ''] = words
  const isVerb = Object.hasOwn(verbs, verb)
  if (command === 'loadtest') readSettings(words)
  // Verbs of other options read their words themselves.
  if (!options || (isVerb && verb !== 'install' && verb !== 'init')) return
  const argv = (isVerb ? words.slice(1) : words).filter(word => word !== '--install')
  readConfig(options, { argv, env: { HOME: '/' } })
}

/** The commands in the code blocks of a document, without `hunch`, as a shell would split them. */
function commandLines(text: string): readonly (readonly string[])[] {
  const blocks = Array.from(text.matchAll(/^```\w*\n([^]*?)^```/gm), ([, block = '']) => block)
  return blocks
    .flatMap(block => block.split('\n'))
    .flatMap(line => line.replace(/ +#.*$/, '').split(' && '))
    .flatMap(line => {
      const start = /^(?:sudo )?(?:npm exec hunch -- |hunch )(.*)$/.exec(line)
      const demo = /^npm start(?: -- (.*))?$/.exec(line)
      const [words] = start ? [start[1] ?? ''] : demo ? [`demo ${demo[1] ?? ''}`] : []
      // A line of a synopsis is no command.
      if (words === undefined || /[[|]| {2}|\bCOMMAND\b|…$|[A-Z]+…/.test(words)) return []
      return [split(words)]
    })
}

function split(line: string): readonly string[] {
  const words = line.match(/(?:'[^']*'|"[^"]*"|[^\s'"]+)+/g) ?? []
  return words.map(word => {
    const text = word.replaceAll(/['"]/g, '')
    return placeholders.reduce((whole, [pattern, value]) => whole.replace(pattern, value), text)
  })
}
