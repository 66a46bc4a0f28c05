// Where the URLs of a load test come from: a list, a HAR file, the log of a server or proxy.
// Knows: the forms of those files. Does not know: in which order or how often anything is asked.
import { Fault } from '../../shared/fault.ts'

/** `list`: URLs to draw from, the most popular first. `record`: requests in the order in which they were made. */
export interface UrlSource {
  readonly kind: 'list' | 'record'
  readonly urls: readonly string[]
}

export type SourceForm = 'list' | 'har' | 'log'

/**
 * Reads the text of a file of URLs. Only http and https URLs, and of records only GETs, are taken.
 * @throws Fault USAGE when there is none, or the text is not of the form; `name` says which file
 */
export function readSource(form: SourceForm, text: string, name: string): UrlSource {
  const urls = readers[form](text, name)
  if (urls.length === 0) throw new Fault('USAGE', `${name} names no http or https URL`)
  return { kind: form === 'list' ? 'list' : 'record', urls }
}

const readers = { list: readList, har: readHar, log: readLog } as const satisfies Record<
  SourceForm,
  (text: string, name: string) => readonly string[]
>

/** One URL a line; empty lines and lines that start with # are skipped. */
function readList(text: string, name: string): readonly string[] {
  return text
    .split('\n')
    .map((line, index) => ({ word: line.trim(), line: index + 1 }))
    .filter(({ word }) => word !== '' && !word.startsWith('#'))
    .map(({ word, line }) => {
      if (isWebUrl(word)) return word
      throw new Fault('USAGE', `${name}:${line}: ${word.slice(0, 80)} is not an http or https URL`)
    })
}

/** HTTP Archive 1.2: log.entries[].request. */
function readHar(text: string, name: string): readonly string[] {
  // Whatever the file has: any part of it may be null.
  let har: {
    log?: { entries?: readonly ({ request?: { method?: unknown; url?: unknown } | null } | null)[] } | null
  } | null
  try {
    har = JSON.parse(text)
  } catch (error) {
    throw new Fault('USAGE', `${name} is not a HAR file: it is not JSON`, { cause: error })
  }
  const entries = har?.log?.entries
  if (!Array.isArray(entries)) throw new Fault('USAGE', `${name} is not a HAR file: it has no log.entries`)
  return entries.flatMap(entry => {
    const request = entry?.request
    return request?.method === 'GET' && typeof request.url === 'string' && isWebUrl(request.url) ? [request.url] : []
  })
}

// `"GET http://host/path HTTP/1.1"` in the Common Log Format of proxies, and Squid's native `… GET http://host/path …`.
const loggedGet = /\bGET\s+(https?:\/\/[^\s"]+)/

function readLog(text: string): readonly string[] {
  return text.split('\n').flatMap(line => {
    const [, url] = loggedGet.exec(line) ?? []
    return url !== undefined && isWebUrl(url) ? [url] : []
  })
}

function isWebUrl(word: string): boolean {
  return /^https?:\/\//i.test(word) && URL.canParse(word)
}
