// Which pages the site has, and which of them a request names.
// Knows: paths and queries. Does not know: how pages are drawn or served.

import { assetPages } from './assets.ts'
import { articlePage, newsPages } from './news.ts'
import type { Page } from './page.ts'
import { readingPages } from './reading.ts'
import { itemPage, ITEMS, shopPages } from './shop.ts'
import { welcomePage } from './welcome.ts'

// Stories have numbers without end, but a person does not type more than six digits.
const LAST_STORY = 999_999

export interface Site {
  /** Every page that the list of pages names, the welcome page first. */
  readonly pages: readonly Page[]
  /** The page that a path and its query name; also articles and items beyond the list. Undefined when there is none. */
  find(pathname: string, query: URLSearchParams): Page | undefined
}

/** The whole site, with `recorded` documents beside its own pages. */
export function makeSite(recorded: readonly Page[] = []): Site {
  const others = [...newsPages(), ...readingPages(), ...shopPages(), ...assetPages(), ...recorded]
  const pages = [welcomePage(others), ...others]
  const byPath = new Map(pages.map(page => [page.path, page]))
  const beyond = new Map<string, Page>()

  return { pages, find }

  function find(pathname: string, query: URLSearchParams): Page | undefined {
    const path = canonicalPath(pathname, query)
    return byPath.get(path) ?? beyond.get(path) ?? findBeyond(path)
  }

  function findBeyond(path: string): Page | undefined {
    const [, kind, digits] = /^\/(article\/|item\?id=)([1-9]\d{0,5})$/.exec(path) ?? []
    const id = Number(digits)
    if (kind === undefined || id > (kind === 'article/' ? LAST_STORY : ITEMS)) return undefined
    const page = kind === 'article/' ? articlePage(id) : itemPage(id)
    beyond.set(path, page)
    return page
  }
}

/** The path with the one query that chooses a page; other queries are for statistics and change nothing. */
function canonicalPath(pathname: string, query: URLSearchParams): string {
  const chooser = choosers[pathname]
  const value = chooser === undefined ? null : query.get(chooser)
  return value === null ? pathname : `${pathname}?${chooser}=${value}`
}

const choosers: Readonly<Record<string, string>> = { '/item': 'id', '/news': 'section' }
