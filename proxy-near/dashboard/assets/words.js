// How quantities are written for people, and how elements are made.
// Knows: units, the document. Does not know: what is shown.

export function formatBytes(bytes) {
  const size = Math.abs(bytes)
  if (size < 1000) return `${Math.round(bytes)} B`
  if (size < 1e6) return `${(bytes / 1e3).toFixed(size < 1e4 ? 1 : 0)} kB`
  if (size < 1e9) return `${(bytes / 1e6).toFixed(1)} MB`
  return `${(bytes / 1e9).toFixed(2)} GB`
}

export function formatMs(ms) {
  const size = Math.abs(ms)
  if (size < 995) return `${Math.round(ms)} ms`
  if (size < 99_500) return `${(ms / 1000).toFixed(1)} s`
  if (size < 5_400_000) return `${Math.round(ms / 60_000)} min`
  return `${(ms / 3_600_000).toFixed(1)} h`
}

export function formatRate(bytesPerSecond) {
  const bits = bytesPerSecond * 8
  return bits < 1e6 ? `${(bits / 1e3).toFixed(bits < 1e5 ? 1 : 0)} kbit/s` : `${(bits / 1e6).toFixed(1)} Mbit/s`
}

/** What thresholds would have done to the last exchanges, for a person. */
export function describeEffect(effect) {
  if (!effect) return 'The last exchanges do not show what this does.'
  const { exchanges, ms, linkBytes, speculations } = effect
  if (exchanges === 0) return 'Nothing was seen yet that shows what this does.'
  const than = (amount, format, less) => (Math.abs(amount) < 1 ? undefined : `${format(Math.abs(amount))} ${less}`)
  const changes = [
    than(ms, formatMs, ms < 0 ? 'faster' : 'slower'),
    than(linkBytes, formatBytes, linkBytes < 0 ? 'less on the link' : 'more on the link'),
    speculations.after === speculations.before
      ? undefined
      : `${speculations.after} sent ahead instead of ${speculations.before}`,
  ].filter(each => each !== undefined)
  const seen = exchanges === 1 ? 'The last exchange' : `The last ${exchanges} exchanges together`
  return `${seen}: ${changes.length === 0 ? 'no difference' : `about ${changes.join(', ')}`}.`
}

/** An element with attributes and children; text stays text. */
export function make(name, attributes = {}, ...children) {
  const element = document.createElement(name)
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue
    if (key.startsWith('on')) element.addEventListener(key.slice(2), value)
    else element.setAttribute(key, value === true ? '' : value)
  }
  element.append(...children.filter(child => child !== undefined && child !== null))
  return element
}

export const ways = {
  fresh: ['good', 'kept here and still fresh: nothing crossed the link'],
  stale: ['', 'kept here; stale, but nobody could be asked'],
  confirmed: ['good', 'what was held, or sent ahead, was current'],
  delta: ['good', 'only what had changed'],
  corrected: ['good', 'sent ahead, then what had changed'],
  abandoned: ['bad', 'sent ahead in vain, then the whole'],
  whole: ['', 'the whole, compressed'],
  pass: ['', 'not for Hunch: passed on as it is'],
  tunnel: ['', 'a tunnel: its content is not seen'],
  fallback: ['', 'asked again, or past the link'],
}

export const tunnelReasons = {
  off: 'opening HTTPS is off',
  excluded: 'you excluded this host',
  'refused-before': 'the program or the site refused before',
  'not-tls': 'it is no TLS',
  'other-name': 'it names another host inside',
  'not-http': 'it is no HTTP inside',
}

export const planReasons = {
  off: 'nothing was sent ahead: that is off',
  'no-deltas': 'nothing was sent ahead: no deltas can be read',
  common: 'both held a version',
  'no-version': 'nothing was sent ahead: far has no version',
  size: 'nothing was sent ahead: too small or too large',
  'no-gain': 'nothing was sent ahead: too little to gain',
  waste: 'nothing was sent ahead: too much of it would be in vain',
  share: 'nothing was sent ahead: far has much to do for this near already',
  fresh: 'far held it, still fresh',
  stale: 'far held it; stale, but the site could not be asked',
  revalidate: 'far held it, and asks the site behind it',
}
