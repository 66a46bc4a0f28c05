// Tests of the suite's release that ask for the opposite of what RFC 9111 says, which is younger. The suite's own later
// revisions ask for what the RFC says, or ask nothing.
// Knows: the names of tests. Does not know: caches.

const age = 'RFC 9111 §5.1: of several ages the first counts, and what is no number is ignored'
const close = 'the test takes no error for an answer, and yet asks for one'

/** By the name of the test: what is disputed. They are told apart in the sums, for every cache alike. */
export const disputed: ReadonlyMap<string, string> = new Map([
  ['age-parse-nonnumeric', age],
  ['age-parse-negative', age],
  ['age-parse-float', age],
  ['age-parse-prefix-twoline', age],
  ['age-parse-dup-0', age],
  ['age-parse-dup-0-twoline', age],
  ['age-parse-dup-old', age],
  ['age-parse-parameter', age],
  ['age-parse-numeric-parameter', age],
  ['stale-close-must-revalidate', close],
  ['stale-close-proxy-revalidate', close],
  ['stale-close-no-cache', close],
  ['stale-close-s-maxage=2', close],
])
