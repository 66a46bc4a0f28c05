// Claims about what the client is told of the way that a response came (RFC 9211, Server-Timing).
import { parseList, Token } from 'structured-headers'
import t from 'tap'
import {
  type CacheStatus,
  cacheStatus,
  serverTiming,
  type Timing,
  type Way,
  withWay,
} from '../../../shared/http/cache-status.ts'

const ways = [
  'fresh',
  'stale',
  'confirmed',
  'delta',
  'corrected',
  'abandoned',
  'whole',
  'pass',
  'tunnel',
  'fallback',
] as const satisfies readonly Way[]
const timing: Timing = {
  baseBytes: 100,
  deltaBytes: undefined,
  wholeBytes: undefined,
  savedBytes: undefined,
  originWaitMs: undefined,
}

t.test('a hit says so, for how long it stays one, and nothing of forwarding', async t => {
  const status: CacheStatus = { way: 'fresh', held: true, stored: false, ttlSeconds: 30, forwardedStatus: 200 }
  t.equal(cacheStatus(status), 'hunch-near;hit;ttl=30;detail=fresh')
  const stale: CacheStatus = { way: 'stale', held: true, stored: false, ttlSeconds: -30 }
  t.equal(cacheStatus(stale, 'hunch-far'), 'hunch-far;hit;ttl=-30;detail=stale')
})

t.test('what was forwarded says why, what came back and whether it is kept', async t => {
  const status = (way: Way, held: boolean) => cacheStatus({ way, held, stored: true, forwardedStatus: 304 })
  t.equal(status('confirmed', true), 'hunch-near;fwd=stale;fwd-status=304;stored;detail=confirmed')
  t.equal(status('corrected', false), 'hunch-near;fwd=uri-miss;fwd-status=304;stored;detail=corrected')
  t.equal(cacheStatus({ way: 'pass', held: true, stored: false }), 'hunch-near;fwd=bypass;detail=pass')
  t.equal(cacheStatus({ way: 'tunnel', held: false, stored: false }), 'hunch-near;fwd=bypass;detail=tunnel')
})

t.test('for every way the member has the parameters that RFC 9211 knows, and either hit or fwd', async t => {
  for (const way of ways) {
    for (const held of [true, false]) {
      const [member] = parseList(cacheStatus({ way, held, stored: held, forwardedStatus: 200, ttlSeconds: 5 }))
      const [name, parameters] = member ?? [undefined, new Map<string, unknown>()]
      t.equal(String(name), 'hunch-near')
      t.equal(parameters.has('hit'), !parameters.has('fwd'), way)
      t.equal(String(parameters.get('detail')), way)
      const forwarded = parameters.get('fwd')
      if (forwarded instanceof Token) t.match(forwarded.toString(), /^(?:bypass|stale|uri-miss)$/)
      for (const key of parameters.keys()) t.match(key, /^(?:hit|fwd|fwd-status|ttl|stored|detail)$/)
    }
  }
})

t.test('timing has what is known, in bytes and milliseconds', async t => {
  t.equal(serverTiming(timing), 'base;desc="100 B"')
  t.equal(
    serverTiming({ baseBytes: 0, deltaBytes: 7, wholeBytes: 9000, savedBytes: -3, originWaitMs: 12.6 }),
    'base;desc="0 B", delta;desc="7 B", whole;desc="9000 B", saved;desc="-3 B", origin;dur=13',
  )
})

t.test('the way stands behind that of caches closer to the origin', async t => {
  const fields = withWay([['Cache-Status', 'cdn; hit']], { way: 'whole', held: false, stored: false }, timing)
  t.strictSame(fields, [
    ['Cache-Status', 'cdn; hit'],
    ['Cache-Status', 'hunch-near;fwd=uri-miss;detail=whole'],
    ['Server-Timing', 'base;desc="100 B"'],
  ])
})
