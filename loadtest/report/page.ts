// One self-contained HTML page of a load test: tables and plots, readable without a network.
// Knows: HTML. Does not know: how figures were made.
import { escapeText } from './plot.ts'
import { plotsOf } from './plots.ts'
import type { LinkRun, RunRecord } from './run.ts'
import { type Table, tablesOf } from './table.ts'
import { formatRatio } from './words.ts'

export function toPage(record: RunRecord): string {
  const links = record.links.map(({ link }) => `<a href="#${link}">${escapeText(link)}</a>`)
  const versions = Object.entries(record.versions).map(([name, version]) => `${name} ${version}`)
  const facts = [
    ['command', `<code>${escapeText(record.command)}</code>`],
    ['seed', String(record.seed)],
    ['started', escapeText(record.startedAt)],
    ['versions', escapeText(versions.join(', '))],
    ['machine', escapeText(record.machine)],
    ['complete', record.complete ? 'yes' : 'no: it was stopped before its end'],
  ]
  const warnings = record.warnings.map(warning => `<p class="careful">Careful: ${escapeText(warning)}</p>`)
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>Hunch load test</title><style>${STYLE}</style></head>
<body><h1>Hunch load test</h1>
<table class="facts">${facts.map(([name, value]) => `<tr><th scope="row">${name}</th><td>${value}</td></tr>`).join('')}</table>
${warnings.join('\n')}
<nav>${links.join(' · ')}</nav>
${record.links.map(toSection).join('\n')}
</body></html>
`
}

const STYLE = `body{font:15px/1.5 system-ui,sans-serif;max-width:1320px;margin:2rem auto;padding:0 1rem;color:#222;background:#fff}
h2{margin-top:3rem;border-bottom:1px solid #8886}.wide{overflow-x:auto}table{border-collapse:collapse;margin:1rem 0;font-variant-numeric:tabular-nums}
td,th{padding:.2rem .7rem;text-align:right;border-bottom:1px solid #8884}td:first-child,th:first-child,.facts td{text-align:left}
caption{text-align:left;font-weight:600;padding:.3rem 0}.plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,560px),1fr));gap:1.5rem}
svg{width:100%;height:auto}.careful{color:#a00;font-weight:600}a{color:#0072b2}
@media(prefers-color-scheme:dark){body{color:#ddd;background:#161616}.careful{color:#f77}a{color:#56b4e9}}`

function toSection(run: LinkRun): string {
  const sites = run.summary.comparisons.map(({ name, reference, sites: rows }) => ({
    title: `${run.link}: ${name} against ${reference}, by site`,
    head: ['', 'visits', 'seconds saved', 'median ratio'],
    rows: rows.map(({ site, visits, savedSeconds, medianRatio }) => [
      site,
      String(visits),
      savedSeconds.toFixed(1),
      formatRatio(medianRatio),
    ]),
  }))
  return `<h2 id="${run.link}">${escapeText(run.link)}</h2>
${tablesOf(run).map(toTable).join('\n')}
<div class="plots">${plotsOf(run)
    .map(({ svg }) => `<figure>${svg}</figure>`)
    .join('\n')}</div>
${sites.map(table => `<details><summary>${escapeText(table.title)}</summary>${toTable(table)}</details>`).join('\n')}`
}

function toTable({ title, head, rows }: Table): string {
  const cells = (row: readonly string[]) =>
    row
      .map((cell, index) => (index === 0 ? `<th scope="row">${escapeText(cell)}</th>` : `<td>${escapeText(cell)}</td>`))
      .join('')
  const heads = head.map(cell => `<th scope="col">${escapeText(cell)}</th>`).join('')
  return `<div class="wide"><table><caption>${escapeText(title)}</caption><thead><tr>${heads}</tr></thead><tbody>${rows.map(row => `<tr>${cells(row)}</tr>`).join('')}</tbody></table></div>`
}
