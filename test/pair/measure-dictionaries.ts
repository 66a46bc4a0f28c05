// Measures what far fetches from an origin that knows dictionaries (RFC 9842), with and without them: each document of a
// corpus, each version after its first, the version before it being the dictionary.
//   node test/pair/measure-dictionaries.ts --corpus DIR [--csv FILE]
// Not a test, though every content is compared: what it measures depends on the corpus. Contents only, no fields.
import { createHash } from 'node:crypto'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { brotliCompressSync, constants, zstdCompressSync } from 'node:zlib'
import t from 'tap'
import { dictionaryOptions } from '../../shared/delta/dcb.ts'
import { dictionaryHeader } from '../../shared/http/dictionary.ts'
import { ask } from './client.ts'
import { startPair } from './running-pair.ts'
import { makeLeaf, startTlsOrigin, trust } from './tls-origin.ts'

const { values } = parseArgs({ options: { corpus: { type: 'string' }, csv: { type: 'string' } } })
const corpus = values.corpus ?? ''
const ways = ['br', 'dcb', 'dcz'] as const
type Way = (typeof ways)[number]

// What a server does while somebody waits: Brotli at 5, Zstandard at its default.
const BROTLI = { [constants.BROTLI_PARAM_QUALITY]: 5 }

function encode(way: Way, content: Buffer, dictionary: Buffer): Buffer {
  if (way === 'br') return brotliCompressSync(content, { params: BROTLI })
  const options = dictionaryOptions(dictionary)
  const digest = createHash('sha256').update(dictionary).digest('hex')
  const windowLog = Math.max(18, Math.ceil(Math.log2(content.length + dictionary.length)))
  const body =
    way === 'dcb'
      ? brotliCompressSync(content, { ...options, params: BROTLI })
      : zstdCompressSync(content, { ...options, params: { [constants.ZSTD_c_windowLog]: windowLog } })
  return Buffer.concat([dictionaryHeader(way, digest), body])
}

const contents = new Map<string, Buffer>()
let sent = 0

function serve(request: IncomingMessage, response: ServerResponse): void {
  const [, way = '', name = '', number = ''] = (request.url ?? '').split('/')
  const content = contents.get(`${name}/${number}`) ?? Buffer.alloc(0)
  const before = contents.get(`${name}/${Number(number) - 1}`)
  const offered = request.headers['available-dictionary']
  const isOffered = before && offered === `:${createHash('sha256').update(before).digest('base64')}:`
  const coding = isOffered ? (way as Way) : 'br'
  const body = encode(coding, content, before ?? content)
  sent = body.length
  const fields = way === 'br' ? {} : { 'Use-As-Dictionary': `match="/${way}/${name}/*"` }
  const type = name.startsWith('js') || name.startsWith('css') ? 'text/javascript' : 'text/html'
  response.writeHead(200, {
    ...fields,
    'Cache-Control': 'max-age=600',
    'Content-Type': type,
    'Content-Encoding': coding,
  })
  response.end(body)
}

t.setTimeout(0)
const pair = await startPair(t, { far: ['--memory', '1GiB'] })
const leaf = await makeLeaf()
trust(t, leaf)
const url = `https://${await startTlsOrigin(t, leaf, serve)}`
const rows: { name: string; number: number; plain: number; bytes: Record<Way, number> }[] = []

for (const entry of (await readdir(corpus, { withFileTypes: true })).filter(each => each.isDirectory())) {
  const folder = join(corpus, entry.name)
  const files = (await readdir(folder)).filter(file => file.startsWith('v')).sort()
  for (const [number, file] of files.entries())
    contents.set(`${entry.name}/${number}`, await readFile(join(folder, file)))
  const bytes = new Map<string, number>()
  for (const way of ways) {
    for (const number of files.keys()) {
      const got = await ask(pair.near.address, `${url}/${way}/${entry.name}/${number}`, {
        fields: ['Accept-Encoding', 'br'],
      })
      const content = contents.get(`${entry.name}/${number}`)
      if (!content?.equals(got.body)) throw new Error(`wrong content: ${way} ${entry.name} ${number}`)
      bytes.set(`${way} ${number}`, sent)
    }
  }
  for (const number of files.keys()) {
    const of = (way: Way) => bytes.get(`${way} ${number}`) ?? 0
    const plain = contents.get(`${entry.name}/${number}`)?.length ?? 0
    if (number > 0)
      rows.push({ name: entry.name, number, plain, bytes: { br: of('br'), dcb: of('dcb'), dcz: of('dcz') } })
  }
}

const median = (numbers: number[]) => numbers.sort((one, other) => one - other)[numbers.length >> 1] ?? 0
const total = (way: Way) => rows.reduce((sum, { bytes }) => sum + bytes[way], 0)
t.comment(`${rows.length} contents, ${rows.reduce((sum, { plain }) => sum + plain, 0)} bytes`)
for (const way of ways) {
  const ratios = rows.map(({ bytes }) => bytes[way] / bytes.br)
  t.comment(
    `${way}: ${total(way)} bytes fetched, ${((100 * total(way)) / total('br')).toFixed(1)} % of br, median ${(100 * median(ratios)).toFixed(1)} %`,
  )
}
if (values.csv !== undefined) {
  const lines = rows.map(({ name, number, plain, bytes }) =>
    [name, number, plain, bytes.br, bytes.dcb, bytes.dcz].join(),
  )
  await writeFile(values.csv, ['document,step,bytes,br,dcb,dcz', ...lines, ''].join('\n'))
}
t.pass('every content was the origin’s')
