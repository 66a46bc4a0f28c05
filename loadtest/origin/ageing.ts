// A site in time: which version each of its pages is at, and the bytes that it gives now.
// Knows: steps. Does not know: sockets, waits, clocks.
// 1. A page never gets younger.

import { render, versionOf, type Ageing, type Page, type PageKind } from './page.ts'
import type { Site } from './site.ts'

export interface PageInfo {
  /** The path with its query, as a request names it. */
  readonly path: string
  readonly title: string
  readonly kind: PageKind
  readonly ageing: Ageing
  /** Which version the page is at now; the first is 0. */
  readonly step: number
  /** How many versions there are, when they come to an end. */
  readonly versions: number | undefined
  readonly sizeBytes: number
}

/** The pages of one site, each at its own step. */
export class AgeingSite {
  readonly #site: Site
  readonly #seed: number
  readonly #ownSteps = new Map<Page, number>()
  readonly #drawn = new Map<Page, { readonly step: number; readonly content: Buffer }>()
  #commonSteps = 0
  #randomVisits = 0

  constructor(site: Site, seed: number) {
    this.#site = site
    this.#seed = seed
  }

  /** Every page in the list of pages, as it is now. */
  get pages(): readonly PageInfo[] {
    return this.#site.pages.map(page => {
      const { path, title, kind, ageing, versions } = page
      const sizeBytes = this.contentOf(page, undefined).length
      return { path, title, kind, ageing, step: this.stepOf(page), versions, sizeBytes }
    })
  }

  /** Makes every page one step older, or only the one that `path` names; false when there is no such page. */
  age(path?: string): boolean {
    if (path === undefined) {
      this.#commonSteps++
      return true
    }
    const page = this.find(path)
    if (page === undefined) return false
    this.#ownSteps.set(page, (this.#ownSteps.get(page) ?? 0) + 1)
    return true
  }

  /** Counts a request for a page: one that is new each time goes on to its next version. */
  visit(page: Page): void {
    if (page.ageing === 'random') this.#randomVisits++
  }

  /** The page that a path with its query names, or a whole URL; undefined when there is none. */
  find(target: string): Page | undefined {
    const url = parseTarget(target)
    return url === undefined ? undefined : this.#site.find(url.pathname, url.searchParams)
  }

  stepOf(page: Page): number {
    if (page.ageing === 'random') return this.#randomVisits
    return versionOf(page, this.#commonSteps + (this.#ownSteps.get(page) ?? 0))
  }

  /** The exact bytes that `page` gives now; of a page that is new each time: what it gave last. */
  contentOf(page: Page, user: string | undefined): Buffer {
    const step = this.stepOf(page)
    if (page.ageing === 'personal') return render(page, step, this.#seed, user)
    const held = this.#drawn.get(page)
    if (held?.step === step) return held.content
    const content = render(page, step, this.#seed)
    this.#drawn.set(page, { step, content })
    return content
  }
}

/** The target of a request in origin form or absolute form (RFC 9112 §3.2), or undefined when it is neither. */
export function parseTarget(target: string): URL | undefined {
  return URL.parse(target.startsWith('/') ? `http://origin${target}` : target) ?? undefined
}
