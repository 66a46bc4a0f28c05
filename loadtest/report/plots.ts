// The plots of a load test: which there are, and from which samples each is drawn.
// Knows: samples, contenders. Does not know: SVG, files.
import { type LinkFigures, isPresetName, presetFigures } from '../link/presets.ts'
import type { Sample } from '../load/run.ts'
import { drawBars, drawLines, drawSpans, type Axis } from './plot.ts'
import type { LinkRun } from './run.ts'
import { formatBytes, formatMs, formatShare } from './words.ts'

export interface Plot {
  /** A file name without its ending. */
  readonly name: string
  readonly svg: string
}

const share: Axis = { label: 'share of visits', scale: 'linear', format: value => `${Math.round(value * 100)} %` }

/** All plots of one link; those that have nothing to show are left out. */
export function plotsOf(run: LinkRun): readonly Plot[] {
  const plots: readonly (readonly [string, string | undefined])[] = [
    ['first-byte', drawCdf(run, 'Time to the first byte', ({ firstByteMs }) => firstByteMs)],
    ['last-byte', drawCdf(run, 'Time to the last byte', ({ lastByteMs }) => lastByteMs)],
    ['loaded', hasParts(run) ? drawCdf(run, 'Until the page and its parts are there', loaded) : undefined],
    ['bytes', drawLinkBytes(run)],
    ['ways', drawWays(run)],
    ['idle', drawIdle(run)],
    ['sites', drawSites(run)],
    ['waterfall', drawWaterfall(run)],
  ]
  return plots.flatMap(([name, svg]) => (svg === undefined ? [] : [{ name: `${slug(run.link)}-${name}`, svg }]))
}

function loaded({ loadedMs }: Sample): number {
  return loadedMs ?? Number.NaN
}

function hasParts({ samples }: LinkRun): boolean {
  return samples.some(({ kind }) => kind === 'part')
}

function goodPages({ samples }: LinkRun, name: string): readonly Sample[] {
  return samples.filter(each => each.contender === name && each.kind === 'page' && each.error === undefined)
}

function drawCdf(run: LinkRun, title: string, timeOf: (sample: Sample) => number): string {
  const series = run.summary.contenders.map(({ name }) => {
    const times = goodPages(run, name)
      .map(timeOf)
      .toSorted((one, other) => one - other)
    return { name, points: times.map((ms, index) => [ms, (index + 1) / times.length] as const) }
  })
  const x: Axis = { label: 'time from when the visit was meant to begin', scale: 'log', format: formatMs }
  return drawLines({ title: `${title}, ${run.link}`, x, y: share, series })
}

function drawLinkBytes({ link, summary }: LinkRun): string {
  const bars = summary.contenders.map(({ name, downBytes, linkBytes: { base, delta, whole } }) => ({
    name,
    values: [base, delta, whole, Math.max(0, downBytes - base - delta - whole)],
  }))
  const layers = ['base', 'delta', 'whole', 'all else']
  return drawBars({ title: `Bytes down the link by part, ${link}`, unit: formatBytes, layers, bars })
}

function drawWays({ link, summary }: LinkRun): string | undefined {
  const pairs = summary.contenders.filter(({ ways }) => Object.keys(ways).length > 0)
  const layers = [...new Set(pairs.flatMap(({ ways }) => Object.keys(ways)))]
  const bars = pairs.map(({ name, ways }) => ({ name, values: layers.map(way => ways[way] ?? 0) }))
  if (bars.length === 0) return undefined
  return drawBars({ title: `Ways that responses came, ${link}`, unit: count => String(count), layers, bars })
}

/** How much of the origins' waits the link spent on bases, of the visits that had a speculation. */
function drawIdle(run: LinkRun): string | undefined {
  const figures: LinkFigures | undefined = isPresetName(run.link) ? presetFigures(run.link) : undefined
  const bars = run.summary.contenders.flatMap(({ name }) => {
    const fills = goodPages(run, name).flatMap(({ log }) => {
      const [baseBytes, waitMs] = [Number(log?.['baseBytes'] ?? 0), Number(log?.['originWaitMs'] ?? 0)]
      const roomBytes = figures ? (waitMs * figures.downBitsPerSecond) / 8000 : 0
      return baseBytes > 0 && roomBytes > 0 ? [Math.min(1, baseBytes / roomBytes)] : []
    })
    const mean = fills.reduce((sum, fill) => sum + fill, 0) / fills.length
    return fills.length === 0 ? [] : [{ name: `${name} (${fills.length})`, values: [mean] }]
  })
  if (bars.length === 0) return undefined
  const title = `Idle time that speculation filled (visits that had one), ${run.link}`
  return drawBars({ title, unit: formatShare, layers: ['filled'], bars })
}

const MOST_SITES = 20

function drawSites({ link, summary }: LinkRun): string | undefined {
  const comparison = summary.comparisons.find(({ name }) => name === 'optimistic') ?? summary.comparisons[0]
  if (!comparison) return undefined
  const { sites } = comparison
  const shown =
    sites.length <= MOST_SITES ? sites : [...sites.slice(0, MOST_SITES / 2), ...sites.slice(-MOST_SITES / 2)]
  const title = `Seconds that ${comparison.name} saved (left: lost) against ${comparison.reference}, by site, ${link}`
  const bars = shown.map(({ site, savedSeconds }) => ({ name: site.slice(0, 20), values: [savedSeconds] }))
  return drawBars({ title, unit: seconds => `${seconds.toFixed(1)} s`, layers: ['saved'], bars })
}

const MOST_SPANS = 30

/** The page load with the most parts of the first contender that has one. */
function drawWaterfall(run: LinkRun): string | undefined {
  const parts = Map.groupBy(
    run.samples.filter(({ contender }) => contender === run.summary.contenders[0]?.name),
    ({ visit }) => visit,
  )
  const [visit] = [...parts.values()].sort((one, other) => other.length - one.length)
  if (!visit || visit.length < 2) return undefined
  const spans = visit
    .toSorted((one, other) => one.startedMs - other.startedMs)
    .slice(0, MOST_SPANS)
    .map(({ url, startedMs, firstByteMs, lastByteMs }) => ({
      name: new URL(url).pathname,
      from: startedMs,
      ends: [firstByteMs, lastByteMs],
    }))
  const axis: Axis = { label: '', scale: 'linear', format: formatMs }
  const title = `A page load, ${visit[0]?.contender}, ${run.link}`
  return drawSpans(title, ['waiting', 'receiving'], spans, axis)
}

function slug(text: string): string {
  return text.replaceAll(/[^\w.-]+/g, '-')
}
