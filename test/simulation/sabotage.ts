// Whether the simulation can fail: each sabotage is one change of the proxies' code that makes them wrong, made in a copy
// of the tree, which is then played until something is found.
// `node test/simulation/sabotage.ts [--exchanges N] [--only WORDS] [--csv FILE]` exits 1 when one is not found.
// Knows: the text of the proxies. Does not know: what the simulation asserts (judge.ts, world.ts).
import { spawnSync } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

export interface Sabotage {
  /** What is wrong then. */
  readonly name: string
  readonly file: string
  /** What stands there once. */
  readonly from: string
  readonly to: string
}

const RECEPTION = 'proxy-near/reception.ts'
const KEEP = 'proxy-far/keep-version.ts'
const FRESHNESS = 'shared/http/freshness.ts'

export const sabotages: readonly Sabotage[] = [
  {
    name: 'the digest of a content is not compared',
    file: RECEPTION,
    from: 'part.digest === this.#digest.digest()',
    to: 'part.digest !== undefined',
  },
  {
    name: 'a check is not compared',
    file: RECEPTION,
    from: 'part.length === this.#digest.length && part.digest === this.#digest.short()',
    to: 'part.digest !== undefined',
  },
  {
    name: 'a cut counts as the end',
    file: RECEPTION,
    from: "if (state !== 'ended') throw new Fault('LINK_CLOSED'",
    to: "if (state === 'start') throw new Fault('LINK_CLOSED'",
  },
  {
    name: 'a broken response is ended',
    file: 'proxy-near/client-response.ts',
    from: "if ('writeHead' in this.#response) this.#response.destroy()",
    to: "if ('writeHead' in this.#response) this.#response.end()",
  },
  {
    name: 'what continues a broken response is not compared',
    file: 'proxy-near/resumable-response.ts',
    from: 'if (again.digest() !== this.#given.digest()) throw changed()',
    to: '',
  },
  {
    name: 'requests that wait for another are not released',
    file: 'proxy-near/serve.ts',
    from: 'mine.resolve()\n',
    to: '\n',
  },
  {
    name: 'all is public',
    file: KEEP,
    from: "scope: isPublic(facts, response) ? 'public' : privateScope(nearId)",
    to: "scope: 'public'",
  },
  {
    name: "the client's no-cache is ignored",
    file: FRESHNESS,
    from: "wishes.has('no-cache') || ",
    to: '',
  },
  {
    name: "the site's no-cache is ignored",
    file: FRESHNESS,
    from: 'mustBeValidated || noCache ||',
    to: 'mustBeValidated ||',
  },
  {
    name: "the client's max-age is ignored",
    file: FRESHNESS,
    from: "age <= (secondsOf(wishes, 'max-age') ?? Number.POSITIVE_INFINITY)",
    to: 'age >= 0',
  },
  {
    name: 'what must be revalidated is shown stale',
    file: FRESHNESS,
    from: 'if (this.#stayedFreshOrAsks) return ASK_FIRST',
    to: '',
  },
  {
    name: 'Vary is ignored',
    file: FRESHNESS,
    from: 'return this.variant !== undefined && variantOf(this.#vary, requestFields) === this.variant',
    to: 'return this.variant !== requestFields.length.toString()',
  },
  {
    name: 'more of a speculation is counted as sent than near can decode',
    file: 'proxy-far/speculation.ts',
    from: 'await decodableLength(compressed.subarray(0, this.#sentBytes))',
    to: '(await decodableLength(compressed.subarray(0, this.#sentBytes))) + 1',
  },
  {
    name: 'a speculation goes on behind the verdict',
    file: 'proxy-far/speculation.ts',
    from: 'this.#stopping.abort()\n    await this.#running',
    to: 'await Promise.resolve()',
  },
  {
    name: 'a range is one byte too long',
    file: 'shared/http/range.ts',
    from: 'Math.min(Number(last) + 1, length)',
    to: 'Math.min(Number(last) + 2, length)',
  },
  {
    name: 'any tag is taken for the one that is held',
    file: 'shared/http/conditional.ts',
    from: 'splitTags(ifNoneMatch).some(tag => sameTag(tag, etag))',
    to: 'splitTags(ifNoneMatch).length > 0',
  },
]

/** `sabotage` in the tree at `root`. */
export async function commit(sabotage: Sabotage, root: string): Promise<void> {
  const path = join(root, sabotage.file)
  const text = await readFile(path, 'utf8')
  if (text.split(sabotage.from).length !== 2) {
    throw new Error(`${sabotage.file} does not have this exactly once: ${sabotage.from}`)
  }
  await writeFile(
    path,
    text.replace(sabotage.from, () => sabotage.to),
  )
}

const HERE = fileURLToPath(new URL('../..', import.meta.url))
const FOLDERS = ['loadtest/delta', 'proxy-far', 'proxy-near', 'shared', 'store', 'test/simulation']

/** What playing the sabotaged tree says: the first finding and how many exchanges it took. */
async function play(sabotage: Sabotage, exchanges: string): Promise<{ exchanges: number; finding: string }> {
  const root = await mkdtemp(join(tmpdir(), 'hunch-sabotage-'))
  try {
    for (const folder of FOLDERS) await cp(join(HERE, folder), join(root, folder), { recursive: true })
    await cp(join(HERE, 'package.json'), join(root, 'package.json'))
    await symlink(join(HERE, 'node_modules'), join(root, 'node_modules'))
    await commit(sabotage, root)
    const run = ['test/simulation/run.ts', '--exchanges', exchanges, '--no-shrink']
    const { stdout, stderr } = spawnSync(process.execPath, run, { cwd: root, encoding: 'utf8' })
    const played = Number(/^(\d+) exchanges, .* failed,/m.exec(stdout.split('\n').toReversed().join('\n'))?.[1] ?? 0)
    const finding = /^seed \d+: .*\n\s+(.*)/m.exec(stdout)?.[1] ?? ''
    // What ends the process is found, too.
    return { exchanges: played, finding: finding === '' && played === 0 ? stderr.slice(0, 200) : finding }
  } finally {
    await rm(root, { recursive: true })
  }
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      exchanges: { type: 'string', default: '60000' },
      only: { type: 'string', default: '' },
      csv: { type: 'string' },
    },
  })
  const rows: string[] = []
  let missed = 0
  for (const sabotage of sabotages.filter(({ name }) => name.includes(values.only))) {
    const { exchanges, finding } = await play(sabotage, values.exchanges)
    if (finding === '') missed += 1
    console.log(`${sabotage.name}: ${finding === '' ? 'NOT FOUND' : 'found'} in ${exchanges} exchanges\n    ${finding}`)
    rows.push(`${sabotage.name},${finding === '' ? 'no' : 'yes'},${exchanges}`)
  }
  if (values.csv !== undefined) await writeFile(values.csv, `sabotage,found,exchanges\n${rows.join('\n')}\n`)
  process.exit(missed > 0 ? 1 : 0)
}
