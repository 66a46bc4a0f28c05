// Versions, requests and responses for the tests of the core.
// Knows: their shapes. Does not know: what is tested with them.

import type { Thresholds } from '../../shared/config/options.ts'
import type { RequestFacts } from '../../shared/http/caching.ts'
import type { FieldList } from '../../shared/http/fields.ts'
import { Freshness } from '../../shared/http/freshness.ts'
import { digestOf, type Version } from '../../shared/version.ts'

export const URL_A = 'http://site.example/a'

/** When all samples are made: Sun, 06 Nov 1994 08:49:37 GMT. */
export const NOW = 784_111_777_000
export const DATE = 'Sun, 06 Nov 1994 08:49:37 GMT'

export function get(fields: FieldList = [], url = URL_A): RequestFacts {
  return { method: 'GET', url, fields }
}

export function ok(fields: FieldList) {
  return { status: 200, fields }
}

export interface Sample {
  readonly content?: string | Uint8Array
  readonly url?: string
  readonly status?: number
  readonly scope?: Version['scope']
  readonly fields?: FieldList
  readonly storedAt?: number
  readonly request?: RequestFacts
  readonly cache?: 'shared' | 'private'
  readonly wholeBytes?: number
}

/** A version as far would keep it; stale unless its fields say otherwise. */
export function makeVersion(sample: Sample = {}): Version {
  const {
    url = URL_A,
    status = 200,
    scope = 'public',
    fields = [],
    storedAt = NOW,
    cache = 'shared',
    wholeBytes,
  } = sample
  const content = Buffer.from(sample.content ?? 'content')
  const version: Version = {
    url,
    scope,
    status,
    digest: digestOf(content),
    content,
    fields,
    freshness: Freshness.of(sample.request ?? get([], url), { status, fields }, cache, storedAt),
    storedAt,
  }
  return wholeBytes === undefined ? version : { ...version, wholeBytes }
}

export const thresholds: Thresholds = {
  minBaseBytes: 512,
  maxBaseBytes: 10_000,
  maxVersionsPerUrl: 4,
  maxDeltaRatio: 0.8,
  minExpectedGainMs: 20,
  speculation: 'balanced',
  maxWastePercent: 20,
  monthlyBudgetBytes: Number.POSITIVE_INFINITY,
  deltaEffort: 3,
}
