// The page that says what failed, where, and what a person can do: HTML for browsers, plain text for everything else.
// Knows: faults. Does not know: responses.
import type { Fault, FaultSide } from '../shared/fault.ts'

const sides: Readonly<Record<FaultSide, string>> = {
  client: 'your program',
  near: 'Hunch on this machine',
  link: 'the link to the far proxy',
  far: 'the far proxy',
  origin: 'the site',
}

const retries = {
  now: 'Trying again may help.',
  later: 'Trying again later may help.',
  never: 'It will fail until that is mended.',
} as const

/** The page of a fault in the form that `accept` prefers. */
export function failurePage(fault: Fault, accept: string | undefined): { type: string; text: string } {
  if (!accept?.includes('text/html')) {
    const text = `${fault.title}.\n${fault.message}\n${fault.advice}\n[${fault.code}, at ${sides[fault.side]}]\n`
    return { type: 'text/plain; charset=utf-8', text }
  }
  return { type: 'text/html; charset=utf-8', text: htmlPage(fault) }
}

function htmlPage(fault: Fault): string {
  const steps = (['client', 'near', 'link', 'far', 'origin'] as const)
    .map(side => `<li${side === fault.side ? ' class="failed" aria-current="true"' : ''}>${sides[side]}</li>`)
    .join('')
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escapeHtml(fault.title)}</title>
<style>
  :root { color-scheme: light dark; --red: light-dark(#b3261e, #ff8a80); --line: light-dark(#0002, #fff3) }
  body { font: 1rem/1.5 system-ui, sans-serif; max-width: 46rem; margin: 12vh auto; padding: 0 1.5rem }
  h1 { font-size: 1.5rem; line-height: 1.2 }
  ol { display: flex; flex-wrap: wrap; gap: .5rem; list-style: none; padding: 0; margin: 2rem 0; font-size: .85rem }
  li { border: 1px solid var(--line); border-radius: 1rem; padding: .2rem .8rem }
  li.failed { border-color: var(--red); color: var(--red); font-weight: 600 }
  code { font-size: .85rem; opacity: .7; overflow-wrap: anywhere }
  a { color: inherit }
</style>
<h1>${escapeHtml(fault.title)}</h1>
<p>${escapeHtml(fault.message)}</p>
<ol aria-label="Where it failed">${steps}</ol>
<p>${escapeHtml(fault.advice)} ${retries[fault.retry]} <a href="">Try again</a></p>
<p><code>${fault.code}</code></p>
</html>
`
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, character => `&#${character.charCodeAt(0)};`)
}
