// Claims about recorded documents.
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { readCorpus } from '../../../loadtest/origin/corpus.ts'
import { render, type Page } from '../../../loadtest/origin/page.ts'

const files = { 'v001.html': 'first', 'v002.html': 'second', 'v003.html': 'third' }
const versions = Object.keys(files).map(file => ({ file }))
const good = { docs: [{ slug: 'a-page', category: 'news', versions }] }

t.test('a document has its versions one after the other and stays at the last', async t => {
  const directory = t.testdir({ 'manifest.json': JSON.stringify(good), 'a-page': files })
  const page = await readOnly(directory)
  t.match(page, { path: '/corpus/a-page', kind: 'html', ageing: 'recorded', versions: 3, aboutBytes: 5 })
  t.same(
    [0, 1, 2, 3, 99].map(step => render(page, step, 1).toString()),
    ['first', 'second', 'third', 'third', 'third'],
  )
})

t.test('bytes that are no text are served as they are', async t => {
  const bytes = Buffer.from([0xff, 0x00, 0xc3, 0x28, 0x0d])
  const directory = t.testdir({
    'manifest.json': JSON.stringify({ docs: [{ slug: 'b', versions: [{ file: 'v1.js' }] }] }),
  })
  await mkdir(join(directory, 'b'))
  await writeFile(join(directory, 'b', 'v1.js'), bytes)
  t.same(render(await readOnly(directory), 0, 1), bytes)
})

for (const [what, manifest, message] of [
  ['no manifest', undefined, /cannot read .*manifest\.json/],
  ['a manifest that is not JSON', '{"docs": [', /is not JSON/],
  ['a manifest without documents', '{"documents": 3}', /has no list of documents/],
  ['a manifest that is null', 'null', /has no list of documents/],
  ['a document without a name', '{"docs": [{"versions": [{"file": "v1"}]}]}', /names no usable "slug"/],
  ['a document without versions', '{"docs": [{"slug": "a-page", "versions": []}]}', /has no versions of a-page/],
  ['a name that leaves its folder', '{"docs": [{"slug": "..", "versions": [{"file": "v1"}]}]}', /"slug"/],
  ['a file that leaves its folder', '{"docs": [{"slug": "a-page", "versions": [{"file": "../x"}]}]}', /"file"/],
  ['a missing file', '{"docs": [{"slug": "a-page", "versions": [{"file": "v9.html"}]}]}', /cannot read .*v9\.html/],
  [
    'a file with another digest',
    JSON.stringify({ docs: [{ slug: 'a-page', versions: [{ file: 'v001.html', sha256: '00' }] }] }),
    /v001\.html is not the file/,
  ],
] as const) {
  t.test(`${what} is refused as CANNOT_READ, by name`, async t => {
    const directory = t.testdir({ 'a-page': files, ...(manifest === undefined ? {} : { 'manifest.json': manifest }) })
    await t.rejects(readCorpus(directory), { name: 'Fault', code: 'CANNOT_READ', message })
  })
}

async function readOnly(directory: string): Promise<Page> {
  const [page] = await readCorpus(directory)
  if (page === undefined) throw new Error('the corpus has no document')
  return page
}
