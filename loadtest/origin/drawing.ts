// The drawings: logo, icons, and the chart of the river level, as SVG.
// Knows: shapes. Does not know: pages.

import { Chance } from './chance.ts'
import { madeAt, showTime, STEP_MS, type Moment } from './page.ts'

export function drawLogo(): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40" width="40" height="40">
  <rect width="40" height="40" rx="10" fill="#0f6b6b"/>
  <path d="M7 15c4.4-4 8.7-4 13 0s8.6 4 13 0" fill="none" stroke="#ffffff" stroke-width="3.4" stroke-linecap="round"/>
  <path d="M7 23c4.4-4 8.7-4 13 0s8.6 4 13 0" fill="none" stroke="#a8dcd2" stroke-width="3.4" stroke-linecap="round"/>
  <path d="M7 31c4.4-4 8.7-4 13 0s8.6 4 13 0" fill="none" stroke="#f2b25c" stroke-width="3.4" stroke-linecap="round"/>
</svg>
`
}

const icons = {
  pen: 'M4 20l1-5L16 4l4 4L9 19z M14 6l4 4',
  comment: 'M4 5h16v11H10l-5 4v-4H4z',
  bookmark: 'M6 3h12v18l-6-5-6 5z',
  basket: 'M3 9h18l-2 11H5z M8 9l4-6 4 6',
  thumb: 'M4 11h3v9H4z M7 12l4-9c2 0 3 1 2 4l-1 3h7l-2 10H7',
  sun: 'M12 7a5 5 0 1 0 .1 0z M12 1v3 M12 20v3 M1 12h3 M20 12h3 M4 4l2 2 M18 18l2 2 M4 20l2-2 M18 6l2-2',
  rain: 'M6 15a4 4 0 0 1 1-8 6 6 0 0 1 11 2 3 3 0 0 1 0 6z M8 18l-1 3 M12 18l-1 3 M16 18l-1 3',
  search: 'M10 3a7 7 0 1 0 .1 0z M15 15l6 6',
  menu: 'M3 6h18 M3 12h18 M3 18h18',
  arrow: 'M4 12h15 M13 6l6 6-6 6',
  clock: 'M12 3a9 9 0 1 0 .1 0z M12 7v5l4 2',
  page: 'M6 2h9l4 4v16H6z M14 2v5h5 M9 12h7 M9 16h7',
} as const

export function drawIcons(): string {
  const symbols = Object.entries(icons).map(
    ([name, path]) =>
      `  <symbol id="${name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round"><path d="${path}"/></symbol>`,
  )
  return `<svg xmlns="http://www.w3.org/2000/svg">\n${symbols.join('\n')}\n</svg>\n`
}

const POINTS = 480
const POINTS_PER_STEP = 24

/** A window on an endless curve: each step shows its next piece and drops the oldest. */
export function drawTide(at: Moment): string {
  const first = at.step * POINTS_PER_STEP
  const points = Array.from({ length: POINTS }, (_, index) => {
    const level = levelAt(at.seed, first + index)
    return `    <circle class="p" cx="${index}" cy="${level}" r="1" data-n="${first + index}"/>`
  })
  const line = points.map((_, index) => `${index} ${levelAt(at.seed, first + index)}`).join(' L')
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="-30 0 520 210" width="640" height="240" font-family="system-ui, sans-serif" font-size="10">
  <style>.p{fill:#0f6b6b}.l{fill:none;stroke:#0f6b6b;stroke-width:1.5}.g{stroke:#8a9a9a;stroke-width:.4}text{fill:#6a7a7a}</style>
  <title>River level at Kings Lock until ${showTime(madeAt(at.step))}</title>
${[40, 80, 120, 160].map(y => `  <path class="g" d="M0 ${y}H480"/><text x="-26" y="${y + 3}">${((200 - y) / 50).toFixed(1)} m</text>`).join('\n')}
${[0, 120, 240, 360].map(x => `  <text x="${x}" y="206">${showTime(madeAt(at.step) - ((POINTS - x) / POINTS_PER_STEP) * STEP_MS).slice(-5)}</text>`).join('\n')}
  <path class="l" d="M${line}"/>
  <g>
${points.join('\n')}
  </g>
</svg>
`
}

/** The height of the curve at point `n`: straight lines between chosen points, twice, coarse and fine. */
function levelAt(seed: number, n: number): number {
  return 40 + between(seed, n, 60, 100) + between(seed, n, 7, 20)
}

function between(seed: number, n: number, gap: number, height: number): number {
  const index = Math.floor(n / gap)
  const from = new Chance(seed, 'tide', gap, index).below(height)
  const to = new Chance(seed, 'tide', gap, index + 1).below(height)
  return from + Math.floor(((to - from) * (n % gap)) / gap)
}
