// Near's figures for Prometheus, in its text format (version 0.0.4), named and in units by its conventions.
// Knows: sums, names. Does not know: who reads them.
import { counter, gauge, type MetricRow, metricsText } from '../../shared/metrics.ts'
import type { Activity, LinkFigures, Sums } from './activity.ts'

/** Every metric of near; docs/metrics.md lists them. */
export const nearMetrics = {
  hunch_near_requests_total: counter('Requests that ended'),
  hunch_near_failures_total: counter('Requests that failed, but for those whose client left'),
  hunch_near_responses_total: counter('Responses by the way in which they came', 'way'),
  hunch_near_content_bytes_total: counter('Bytes of content that clients were given'),
  hunch_near_link_bytes_total: counter('Bytes of content parts on the link'),
  hunch_near_speculated_bytes_total: counter('Bytes of speculations on the link'),
  hunch_near_wasted_bytes_total: counter('Bytes of speculations that were in vain'),
  hunch_near_saved_bytes_total: counter('Bytes saved against sending contents whole'),
  hunch_near_lost_bytes_total: counter('Bytes that the tricks cost where they did not pay'),
  hunch_near_saved_seconds_total: counter('Estimated time saved'),
  hunch_near_lost_seconds_total: counter('Estimated time lost'),
  hunch_near_link_up: gauge('1 when the link is up'),
  hunch_near_link_bandwidth_bytes_per_second: gauge('Measured bandwidth of the link'),
  hunch_near_link_round_trip_seconds: gauge('Measured round trip of the link'),
  hunch_near_held_versions: gauge('Versions held'),
  hunch_near_held_bytes: gauge('Bytes of versions held'),
} as const satisfies Record<string, MetricRow>

export interface Gauges extends LinkFigures {
  readonly link: string
  readonly heldVersions: number
  readonly heldBytes: number
}

export function nearMetricsText({ total, ways }: Pick<Activity, 'total' | 'ways'>, gauges: Gauges): string {
  const { roundTripMs } = gauges
  return metricsText(nearMetrics, {
    ...countersOf(total),
    hunch_near_responses_total: ways,
    hunch_near_link_up: gauges.link === 'up' ? 1 : 0,
    hunch_near_link_bandwidth_bytes_per_second: gauges.bandwidthBytesPerSecond,
    hunch_near_link_round_trip_seconds: roundTripMs === undefined ? undefined : roundTripMs / 1000,
    hunch_near_held_versions: gauges.heldVersions,
    hunch_near_held_bytes: gauges.heldBytes,
  })
}

function countersOf(sums: Sums) {
  return {
    hunch_near_requests_total: sums.requests,
    hunch_near_failures_total: sums.failures,
    hunch_near_content_bytes_total: sums.contentBytes,
    hunch_near_link_bytes_total: sums.linkBytes,
    hunch_near_speculated_bytes_total: sums.baseBytes,
    hunch_near_wasted_bytes_total: sums.wastedBytes,
    hunch_near_saved_bytes_total: sums.savedBytes,
    hunch_near_lost_bytes_total: sums.lostBytes,
    hunch_near_saved_seconds_total: sums.savedMs / 1000,
    hunch_near_lost_seconds_total: sums.lostMs / 1000,
  } as const
}
