// Dates in fields (RFC 9110 §5.6.7), in each of the three forms that a recipient has to accept.
// Knows: the forms. Does not know: what a date is for. `Date.parse` alone would not do: it takes what is no HTTP-date at
// all ("2030"), and reads asctime's form, which is in UTC, in the time zone of this machine.

const time = String.raw`\d{2}:\d{2}:\d{2}`
const month = '(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)'
const day = '(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)'
const longDay = '(?:Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)'

const httpDate = new RegExp(
  [
    String.raw`^${day}, \d{2} ${month} \d{4} ${time} GMT$`,
    // RFC 850: two digits of the year; below 50 they are of this century, as `Date.parse` has it.
    String.raw`^${longDay}, \d{2}-${month}-\d{2} ${time} GMT$`,
    String.raw`^(?<asctime>${day} ${month} [ \d]\d ${time} \d{4})$`,
  ].join('|'),
)

/** Milliseconds since the epoch, or undefined when `text` is no HTTP-date. */
export function parseHttpDate(text: string | undefined): number | undefined {
  const match = httpDate.exec(text?.trim() ?? '')
  if (!match) return undefined
  const ms = Date.parse(match.groups?.['asctime'] === undefined ? match[0] : `${match[0]} GMT`)
  return Number.isNaN(ms) ? undefined : ms
}
