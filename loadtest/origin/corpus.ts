// Recorded documents in successive versions, read from a directory and served as pages whose steps they are.
// Knows: the manifest's form. Refuses what is missing or is not what the manifest says.

import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { basename, extname, join } from 'node:path'
import { Fault } from '../../shared/fault.ts'
import { makePage, type Page, type PageKind } from './page.ts'

const kindOf: Readonly<Record<string, PageKind>> = {
  '.html': 'html',
  '.css': 'css',
  '.js': 'js',
  '.json': 'json',
  '.svg': 'svg',
  '.png': 'png',
  '.xml': 'xml',
  '.txt': 'text',
}

interface RecordedVersion {
  readonly file: string
  readonly sha256: string | undefined
}

interface RecordedDocument {
  readonly slug: string
  readonly category: string
  readonly versions: readonly RecordedVersion[]
}

/**
 * One page at /corpus/SLUG for every document of `directory`, which holds manifest.json and a folder for each SLUG.
 * A page has the document's versions one after the other, and stays at the last.
 * Fault: CANNOT_READ when the manifest or a file is missing, malformed or not what its digest says.
 */
export async function readCorpus(directory: string): Promise<readonly Page[]> {
  const documents = parseManifest(await read(join(directory, 'manifest.json')), directory)
  return Promise.all(documents.map(document => readDocument(directory, document)))
}

async function readDocument(directory: string, { slug, category, versions }: RecordedDocument): Promise<Page> {
  const contents = await Promise.all(versions.map(version => readVersion(join(directory, slug), version)))
  return makePage({
    path: `/corpus/${slug}`,
    title: category === '' ? slug : `${slug}: ${category}`,
    kind: kindOf[extname(versions[0]?.file ?? '')] ?? 'text',
    ageing: 'recorded',
    aboutBytes: contents.at(-1)?.length ?? 0,
    versions: contents.length,
    cache: 'no-cache',
    draw: at => contents[at.step] ?? '',
  })
}

async function readVersion(folder: string, version: RecordedVersion): Promise<Buffer> {
  const path = join(folder, version.file)
  const content = await read(path)
  const digest = createHash('sha256').update(content).digest('hex')
  if (version.sha256 !== undefined && version.sha256 !== digest) {
    throw new Fault('CANNOT_READ', `${path} is not the file that manifest.json describes: its SHA-256 is ${digest}`)
  }
  return content
}

async function read(path: string): Promise<Buffer> {
  try {
    return await readFile(path)
  } catch (error) {
    throw new Fault('CANNOT_READ', `cannot read ${path}`, { cause: error })
  }
}

function parseManifest(content: Buffer, directory: string): readonly RecordedDocument[] {
  const refuse = (why: string) => new Fault('CANNOT_READ', `${join(directory, 'manifest.json')} ${why}`)
  let manifest: unknown
  try {
    manifest = JSON.parse(content.toString())
  } catch (error) {
    throw new Fault('CANNOT_READ', `${join(directory, 'manifest.json')} is not JSON`, { cause: error })
  }
  const documents = fieldOf(manifest, 'docs')
  if (!Array.isArray(documents)) throw refuse('has no list of documents under "docs"')
  return documents.map((document: unknown, index) => {
    const slug = fieldOf(document, 'slug')
    const category = fieldOf(document, 'category')
    const versions = fieldOf(document, 'versions')
    if (!isPlainName(slug)) throw refuse(`names no usable "slug" for document ${index}`)
    if (!Array.isArray(versions) || versions.length === 0) throw refuse(`has no versions of ${slug}`)
    return {
      slug,
      category: typeof category === 'string' ? category : '',
      versions: versions.map((version: unknown) => {
        const file = fieldOf(version, 'file')
        const sha256 = fieldOf(version, 'sha256')
        if (!isPlainName(file)) throw refuse(`names no usable "file" for a version of ${slug}`)
        return { file, sha256: typeof sha256 === 'string' ? sha256 : undefined }
      }),
    }
  })
}

function fieldOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined
  return Object.entries(value).find(([key]) => key === name)?.[1]
}

/** A name that stays in its folder and needs no escape in a URL. */
function isPlainName(value: unknown): value is string {
  return typeof value === 'string' && /^[\w][\w.-]*$/.test(value) && basename(value) === value
}
