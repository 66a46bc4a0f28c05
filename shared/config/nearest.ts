// The known word that a mistyped one probably meant.
// Knows: edit distance. Does not know: what the words are for.

/**
 * The word of `known` nearest to `word`, or undefined when none is near: more than a third of its letters differ
 * (two at least are allowed). Swapping two neighbours counts as one edit; case does not count.
 */
export function findNearest(word: string, known: Iterable<string>): string | undefined {
  let best: { readonly candidate: string; readonly edits: number } | undefined
  for (const candidate of known) {
    const edits = countEdits(word.toLowerCase(), candidate.toLowerCase())
    const allowed = Math.max(2, Math.floor(candidate.length / 3))
    // All letters changed is another word, however short it is.
    if (edits > allowed || edits >= candidate.length) continue
    if (best === undefined || edits < best.edits) best = { candidate, edits }
  }
  return best?.candidate
}

/** A sentence that names the nearest known word, with a space before it; empty when none is near. */
export function suggestNearest(word: string, known: Iterable<string>): string {
  const nearest = findNearest(word, known)
  return nearest === undefined ? '' : ` Did you mean ${nearest}?`
}

// Optimal string alignment: insert, delete, replace, swap neighbours. Three rows are enough.
function countEdits(from: string, to: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: to.length + 1 }, (_, column) => column)
  for (let row = 1; row <= from.length; row++) {
    const current = [row]
    for (let column = 1; column <= to.length; column++) {
      const same = from[row - 1] === to[column - 1]
      const swapped = row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]
      current[column] = Math.min(
        at(last, column) + 1,
        at(current, column - 1) + 1,
        at(last, column - 1) + (same ? 0 : 1),
        swapped ? at(beforeLast, column - 2) + 1 : Infinity,
      )
    }
    beforeLast = last
    last = current
  }
  return at(last, to.length)
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Infinity
}
