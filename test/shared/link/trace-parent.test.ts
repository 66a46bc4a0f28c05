// Claims about the span that an ask belongs to, as it crosses the link.
import t from 'tap'
import { formatTraceParent, isTelemetryWanted, readTraceParent } from '../../../shared/link/trace-parent.ts'

const parent = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7', traceFlags: 1 }

t.test('it is written as W3C Trace Context has it, and read back', async t => {
  t.equal(formatTraceParent(parent), '"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"')
  t.strictSame(readTraceParent(formatTraceParent(parent)), parent)
})

t.test('what is none names no span', async t => {
  const zeros = formatTraceParent({ ...parent, spanId: '0'.repeat(16) })
  for (const text of ['""', '?1', zeros, '"01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"']) {
    t.equal(readTraceParent(text), undefined, text)
  }
})

t.test('spans are wanted where the API of OpenTelemetry was used', async t => {
  t.equal(isTelemetryWanted({}), false)
  t.equal(isTelemetryWanted({ [Symbol.for('opentelemetry.js.api.1')]: {} }), true)
})
