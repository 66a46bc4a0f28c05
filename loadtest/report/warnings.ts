// What makes the figures of a run less than they seem.
// Knows: summaries. Does not know: how they are shown.
import type { LinkRun } from './run.ts'

// A client that asks this late, at the 95th percentile, measures its own queue.
const LATE_MS = 50
// Above this share of failures the times are those of the lucky.
const MANY_FAILED = 0.01

export function findWarnings(links: readonly LinkRun[]): readonly string[] {
  return links.flatMap(({ link, summary }) =>
    summary.contenders.flatMap(({ name, pages, parts, failed, wrong, startedMs }) => [
      ...(startedMs.p95 > LATE_MS
        ? [`${name} on ${link}: the client asked up to ${Math.round(startedMs.p95)} ms late (p95): it was saturated`]
        : []),
      ...(failed > (pages + parts) * MANY_FAILED
        ? [`${name} on ${link}: ${failed} of ${pages + parts} responses failed`]
        : []),
      ...(wrong > 0 ? [`${name} on ${link}: ${wrong} responses were not the origin's bytes`] : []),
    ]),
  )
}
