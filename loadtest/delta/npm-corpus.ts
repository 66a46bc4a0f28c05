// Makes a corpus out of npm packages: the files that sites load, in successive releases, from the registry that npm is
// set up for.
//   node loadtest/delta/npm-corpus.ts --out DIR && node loadtest/delta/measure-sizes.ts --corpus DIR
// Knows: which packages, which files, the shape of a manifest. Does not know: what is measured with it.
import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { parseArgs } from 'node:util'

interface Document {
  readonly name: string
  readonly path: string
  readonly versions: readonly string[]
}

const documents: readonly Document[] = [
  { name: 'jquery', path: 'dist/jquery.js', versions: ['3.6.0', '3.6.1', '3.6.4', '3.7.0', '3.7.1'] },
  { name: 'jquery', path: 'dist/jquery.min.js', versions: ['3.6.0', '3.6.1', '3.6.4', '3.7.0', '3.7.1'] },
  { name: 'lodash', path: 'lodash.js', versions: ['4.17.15', '4.17.19', '4.17.20', '4.17.21'] },
  { name: 'd3', path: 'dist/d3.min.js', versions: ['7.8.2', '7.8.4', '7.8.5', '7.9.0'] },
  { name: 'three', path: 'build/three.module.js', versions: ['0.157.0', '0.158.0', '0.159.0'] },
  { name: 'moment', path: 'min/moment.min.js', versions: ['2.29.2', '2.29.3', '2.29.4', '2.30.1'] },
  { name: 'preact', path: 'dist/preact.umd.js', versions: ['10.18.0', '10.18.1', '10.19.0', '10.19.2'] },
  { name: 'leaflet', path: 'dist/leaflet-src.js', versions: ['1.9.1', '1.9.2', '1.9.3', '1.9.4'] },
  { name: 'codemirror', path: 'lib/codemirror.js', versions: ['5.65.12', '5.65.13', '5.65.14', '5.65.15', '5.65.16'] },
  { name: 'bulma', path: 'css/bulma.css', versions: ['0.9.2', '0.9.3', '0.9.4'] },
  { name: 'tailwindcss', path: 'dist/tailwind.min.css', versions: ['2.2.16', '2.2.17', '2.2.18', '2.2.19'] },
  { name: 'animate.css', path: 'animate.css', versions: ['4.0.0', '4.1.0', '4.1.1'] },
  { name: 'mime-db', path: 'db.json', versions: ['1.51.0', '1.52.0', '1.53.0', '1.54.0'] },
  { name: 'typescript', path: 'lib/lib.dom.d.ts', versions: ['5.2.2', '5.3.3', '5.4.5', '5.5.4'] },
]

const { values } = parseArgs({ options: { out: { type: 'string' } } })
if (values.out === undefined) {
  process.stderr.write('npm-corpus: --out DIR is missing\n')
  process.exit(2)
}
const folder = values.out
const docs = documents.map(document => ({ document, slug: `${document.name}-${document.path.replace(/\W+/g, '-')}` }))
for (const { document, slug } of docs) {
  mkdirSync(join(folder, slug), { recursive: true })
  for (const version of document.versions) fetchFile(document, version, join(folder, slug, fileOf(document, version)))
}
writeFileSync(join(folder, 'manifest.json'), `${JSON.stringify({ docs: docs.map(describe) }, undefined, 1)}\n`)

function describe({ document, slug }: (typeof docs)[number]) {
  const versions = document.versions.map(version => {
    const file = fileOf(document, version)
    return { file, version, bytes: statSync(join(folder, slug, file)).size }
  })
  return { slug, kind: extname(document.path).slice(1), source: `npm:${document.name}`, versions }
}

function fileOf({ path }: Document, version: string): string {
  return `${version}${extname(path)}`
}

/** Takes one file out of the package's archive. */
function fetchFile({ name, path }: Document, version: string, to: string): void {
  const scratch = mkdtempSync(join(tmpdir(), 'hunch-npm-'))
  try {
    const words = ['pack', `${name}@${version}`, '--silent', '--pack-destination', scratch]
    const archive = execFileSync('npm', words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
    execFileSync('tar', ['-xzf', join(scratch, archive), '-C', scratch, `package/${path}`])
    copyFileSync(join(scratch, 'package', path), to)
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}
