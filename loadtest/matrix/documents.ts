// The documents that a matrix asks for, each with the contents that its visits are answered with.
// Knows: the built-in site, a corpus. Does not know: links, proxies.
import { startOrigin } from '../origin/origin.ts'
import type { PageInfo } from '../origin/ageing.ts'
import { contentTypes } from '../origin/answer.ts'

/** A document as it ages, and one of another URL that resembles it. */
export interface Document {
  readonly name: string
  readonly type: string
  /** As the first visitor sees it, as the second does, and that one once more. */
  readonly steps: readonly [Buffer, Buffer, Buffer]
  readonly sibling: Buffer
}

const BUILT_IN: readonly { readonly path: string; readonly sibling: string }[] = [
  { path: '/article/1', sibling: '/article/2' },
  { path: '/news', sibling: '/' },
  { path: '/shop', sibling: '/item?id=3' },
  { path: '/item?id=1', sibling: '/item?id=2' },
  { path: '/assets/app.js', sibling: '/assets/site.css' },
]
// Enough that a document of which only every third step is new has three contents that differ.
const MOST_STEPS = 12

/** Those of the built-in site, or, with `corpus`, those recorded ones that have changed often enough. */
export async function readDocuments(corpus: string | undefined): Promise<readonly Document[]> {
  const origin = await startOrigin({ listen: { host: '127.0.0.1', port: 0 }, seed: 1, corpus, waits: 'none' })
  try {
    const wanted =
      corpus === undefined
        ? BUILT_IN
        : origin.pages.flatMap(({ path }) => (path.startsWith('/corpus/') ? [{ path, sibling: undefined }] : []))
    const documents: Document[] = []
    for (const { path, sibling } of wanted) {
      const page = origin.pages.find(each => each.path === path)
      // Until there is another content: two steps of the same content are the visit "unchanged".
      const contents: Buffer[] = []
      for (let step = 0; step < MOST_STEPS && contents.length < 4; step++) {
        const content = origin.current(path)
        if (content && contents.at(-1)?.equals(content) !== true) contents.push(content)
        origin.age(path)
      }
      const [first, second, third, fourth] = contents
      const other = sibling === undefined ? fourth : origin.current(sibling)
      if (!first || !second || !third || !other) continue
      documents.push({ name: path, type: typeOf(page), steps: [first, second, third], sibling: other })
    }
    return documents
  } finally {
    await origin.close()
  }
}

function typeOf(page: PageInfo | undefined): string {
  return contentTypes[page?.kind ?? 'html']
}
