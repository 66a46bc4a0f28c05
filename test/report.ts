// The reporter of `npm test`: of the TAP that a run gives, what a person needs; also in a log, also when all is well.
// One line for each file, every failure in full, every skip with its reason, what tests say, and the totals.
// Knows: TAP 14 as text (https://testanything.org/tap-version-14-specification.html). Does not know: who ran what.

import { createInterface } from 'node:readline'

/** The lines of TAP that are worth reading, with the path of titles before each failure. */
export class Digest {
  // The titles of the subtests that are open, by depth.
  readonly #titles: string[] = []
  // The depth of the last failure: a failure that comes after it at less depth is that of its parent.
  #failedDepth = -1
  // The indentation of the diagnostics that are being passed on or over, until their end.
  #diagnostics: { readonly indent: string; readonly shown: boolean } | undefined
  #shownPoint = false

  /** What to print for the next line of TAP: none, one or several lines. */
  push(line: string): readonly string[] {
    const indent = /^ */.exec(line)?.[0] ?? ''
    const text = line.slice(indent.length)
    if (this.#diagnostics !== undefined) return this.#passDiagnostics(line)
    if (text === '---' && indent.length % 4 === 2) {
      this.#diagnostics = { indent, shown: this.#shownPoint }
      return this.#shownPoint ? [line] : []
    }
    this.#shownPoint = false
    const depth = indent.length / 4
    const title = /^# Subtest: (?<title>.*)$/.exec(text)?.groups?.['title']
    if (title !== undefined) {
      this.#titles.length = Math.ceil(depth)
      this.#titles[depth] = title
      return []
    }
    if (/^(?:not )?ok\b/.test(text)) return this.#passPoint(line, text, depth)
    if (text.startsWith('Bail out!')) return [line]
    return /^#(?! time=| failed \d| skip: | todo: | No coverage)/.test(text) ? [line] : []
  }

  #passPoint(line: string, text: string, depth: number): readonly string[] {
    const childFailed = this.#failedDepth > depth
    if (text.startsWith('ok') || / # TODO\b/i.test(text)) {
      if (childFailed) this.#failedDepth = -1
      return depth === 0 || / # (?:SKIP|TODO)\b/i.test(text) ? [line] : []
    }
    this.#failedDepth = depth
    if (childFailed) return depth === 0 ? [line] : []
    this.#shownPoint = true
    const path = this.#titles.slice(0, depth).join(' > ')
    return path === '' ? [line] : ['', path, line]
  }

  #passDiagnostics(line: string): readonly string[] {
    const { indent, shown } = this.#diagnostics ?? { indent: '', shown: false }
    if (line === `${indent}...`) this.#diagnostics = undefined
    return shown ? [line] : []
  }
}

if (import.meta.main) {
  const digest = new Digest()
  for await (const line of createInterface({ input: process.stdin })) {
    for (const shown of digest.push(line)) process.stdout.write(`${shown}\n`)
  }
}
