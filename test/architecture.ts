// The rules about the tree that no compiler checks: who imports whom, what the core may touch, how files are named.
// `node test/architecture.ts` prints one line for each breach, `file: rule`, and exits 1 when there is one.
// Knows: paths and text. Does not know: what the code means; it reads imports and words by pattern, not by grammar.

import { glob, readFile } from 'node:fs/promises'
import { builtinModules } from 'node:module'
import { join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'

interface SourceFile {
  /** From the root of the repository, with slashes. */
  readonly path: string
  readonly text: string
  /** The text without its comments. */
  readonly code: string
  /** Relative imports are resolved to a path from the root; others are as they are written. */
  readonly imports: readonly { readonly written: string; readonly target: string }[]
}

interface Tree {
  readonly paths: ReadonlySet<string>
}

interface Rule {
  /** Which files it holds for. */
  readonly where: RegExp
  /** What is wrong with one of them; each text is completed to a line `file: text`. */
  readonly find: (file: SourceFile, tree: Tree) => readonly string[]
}

const everywhere = /./

// What the core may use of Node: functions of their arguments, no files, sockets, clocks or processes.
const pureBuiltins = [
  'assert',
  'buffer',
  'crypto',
  'stream',
  'stream/promises',
  'string_decoder',
  'url',
  'util',
  'zlib',
]
const purePackages = ['lru-cache', 'structured-headers']

// Time and chance come in as arguments (STYLE, habit 4); so does all that a process has.
const impureWords =
  /\b(?:Date\.now|performance\.(?:now|timeOrigin)|Math\.random|random(?:Bytes|UUID|Int|FillSync|Fill)|getRandomValues|set(?:Timeout|Interval)|process\.\w+)\b|new Date(?:\(\)|\b(?!\())/g

// Files of shared/ without a test of their own, each with the reason why none would claim anything.
const withoutTwin: ReadonlyMap<string, string> = new Map([])

const rules: readonly Rule[] = [
  { where: /^shared\//, find: importsOnly(/^shared\//, 'shared/ imports nothing outside shared/') },
  { where: /^shared\//, find: findImpureImports },
  { where: /^shared\//, find: findImpureWords },
  { where: /^shared\//, find: findLength },
  { where: /^shared\/.*\.ts$/, find: findTwin },
  {
    where: /^proxy-near\//,
    find: importsOnly(/^(?:proxy-near|store|shared)\//, 'near imports only itself, store/ and shared/'),
  },
  {
    where: /^proxy-far\//,
    find: importsOnly(/^(?:proxy-far|store|shared)\//, 'far imports only itself, store/ and shared/'),
  },
  // What both proxies keep on disks (docs/decisions/0301); it knows neither of them.
  { where: /^store\//, find: importsOnly(/^(?:store|shared)\//, 'store/ imports only itself and shared/') },
  {
    where: /^loadtest\//,
    find: importsOnly(/^(?:loadtest|store|shared)\//, 'loadtest reaches the proxies over sockets only'),
  },
  { where: /^cli\//, find: importsOnly(/^(?!test\/)/, 'the product does not import its tests') },
  { where: everywhere, find: findName },
  { where: everywhere, find: findSpecifiers },
  { where: everywhere, find: findDefaultExport },
  { where: everywhere, find: findLeftover },
  { where: everywhere, find: findContract },
]

/** Every breach of a rule under `root`, as lines `file: rule`, in the order of the paths. */
export async function findBreaches(root: string): Promise<readonly string[]> {
  const folders = '{cli,proxy-near,proxy-far,store,shared,loadtest,test}'
  const paths = new Set<string>()
  for await (const path of glob(`${folders}/**/*.{ts,js,mts,cts,mjs,cjs}`, { cwd: root })) {
    paths.add(path.replaceAll('\\', '/'))
  }
  const lines: string[] = []
  for (const path of [...paths].sort()) {
    const file = readSource(path, await readFile(join(root, path), 'utf8'))
    const applying = rules.filter(({ where }) => where.test(path))
    lines.push(...applying.flatMap(({ find }) => find(file, { paths })).map(breach => `${path}: ${breach}`))
  }
  return lines
}

function readSource(path: string, text: string): SourceFile {
  const code = text.replace(/(?<string>'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*")|\/\/[^\n]*|\/\*[^]*?\*\//g, '$<string>')
  const statements = /^\s*(?:import|export)\b(?:[^'"`;]*?\bfrom)?\s*['"](?<written>[^'"\n]+)['"]/gm
  const calls = /\bimport\(\s*['"](?<written>[^'"\n]+)['"]/g
  const imports = [...code.matchAll(statements), ...code.matchAll(calls)].map(match => {
    const written = match.groups?.['written'] ?? ''
    return { written, target: written.startsWith('.') ? posix.join(posix.dirname(path), written) : written }
  })
  return { path, text, code, imports }
}

/** Relative imports must lead to a path that `allowed` matches; packages are another rule's matter. */
function importsOnly(allowed: RegExp, rule: string): Rule['find'] {
  return ({ imports }) =>
    imports
      .filter(({ written, target }) => written.startsWith('.') && !allowed.test(target))
      .map(({ target }) => `${rule}, so not ${target}`)
}

function findImpureImports({ imports }: SourceFile): readonly string[] {
  return imports
    .map(({ written }) => written)
    .filter(written => !written.startsWith('.'))
    .filter(written => {
      if (written.startsWith('node:')) return !pureBuiltins.includes(written.slice('node:'.length))
      return !purePackages.includes(written)
    })
    .map(written => `shared/ is pure, so it does not import ${written}`)
}

function findImpureWords({ code }: SourceFile): readonly string[] {
  const words = code.replaceAll(/'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"/g, '').match(impureWords) ?? []
  return [...new Set(words)].map(word => `shared/ is pure, so it does not use ${word}`)
}

function findLength({ text }: SourceFile): readonly string[] {
  const lines = text.split('\n').length - (text.endsWith('\n') ? 1 : 0)
  return lines > 300 ? [`a file of shared/ has at most 300 lines, not ${lines}`] : []
}

function findTwin({ path }: SourceFile, { paths }: Tree): readonly string[] {
  const twin = `test/${path.replace(/\.ts$/, '.test.ts')}`
  if (withoutTwin.has(path) === paths.has(twin)) {
    return [paths.has(twin) ? 'it has a test now: take it off the list withoutTwin' : `it has no test ${twin}`]
  }
  return []
}

function findName({ path }: SourceFile): readonly string[] {
  const name = posix.basename(path).replace(/(?:\.test)?\.\w+$/, '')
  if (name === 'index') return ['no index files: import what you mean']
  return ['utils', 'util', 'helpers', 'helper', 'common', 'types'].includes(name)
    ? [`${name} says nothing: name the file for its noun or its verb`]
    : []
}

function findSpecifiers({ imports }: SourceFile): readonly string[] {
  return imports.flatMap(({ written }) => {
    if (written.startsWith('.')) return /\.(?:ts|js)$/.test(written) ? [] : [`the path ${written} lacks its .ts`]
    // Some are listed with their node:, since they have no name without.
    const lacksScheme = !written.startsWith('node:') && builtinModules.includes(written)
    return lacksScheme ? [`the builtin ${written} lacks its node:`] : []
  })
}

function findDefaultExport({ code }: SourceFile): readonly string[] {
  return /^\s*export\s+default\b|^\s*export\s*\{[^}]*\bas\s+default\b/m.test(code) ? ['exports have names'] : []
}

function findLeftover({ text }: SourceFile): readonly string[] {
  const notes = text.matchAll(/\/[/*] *(?<opening>TODO|FIXME)\b|\b(?<word>TODO|FIXME)(?=[:(])/g)
  return Array.from(notes, ({ groups }) => `${groups?.['word'] ?? groups?.['opening']} belongs into an issue`)
}

function findContract({ text }: SourceFile): readonly string[] {
  const opening = text.replace(/^#![^\n]*\n/, '')
  return /^(?:\/\/|\/\*)/.test(opening) ? [] : ['it does not open with a comment that says what it is']
}

if (import.meta.main) {
  const breaches = await findBreaches(fileURLToPath(new URL('..', import.meta.url)))
  for (const breach of breaches) process.stdout.write(`${breach}\n`)
  process.exitCode = breaches.length === 0 ? 0 : 1
}
