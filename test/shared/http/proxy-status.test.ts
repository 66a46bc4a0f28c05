// Claims about how a failure is said in the standard way (RFC 9209).
import { parseList } from 'structured-headers'
import t from 'tap'
import { Fault, faults, isFaultCode } from '../../../shared/fault.ts'
import { proxyStatus } from '../../../shared/http/proxy-status.ts'

// RFC 9209 §2.3, all that are registered.
const registered = new Set(
  `dns_timeout dns_error destination_not_found destination_unavailable destination_ip_prohibited
  destination_ip_unroutable connection_refused connection_terminated connection_timeout connection_read_timeout
  connection_write_timeout connection_limit_reached tls_protocol_error tls_certificate_error tls_alert_received
  http_request_error http_request_denied http_response_incomplete http_response_header_section_size
  http_response_header_size http_response_body_size http_response_trailer_section_size http_response_trailer_size
  http_response_transfer_coding http_response_content_coding http_response_timeout http_upgrade_failed
  http_protocol_error proxy_internal_response proxy_internal_error proxy_configuration_error proxy_loop_detected`.split(
    /\s+/,
  ),
)

t.test('every fault becomes one member with a registered error and its code in the details', async t => {
  for (const code of Object.keys(faults).filter(isFaultCode)) {
    const members = parseList(proxyStatus(new Fault(code, 'what was seen'), 'hunch-near'))
    t.equal(members.length, 1, code)
    const [name, parameters] = members[0] ?? [undefined, new Map<string, unknown>()]
    t.equal(String(name), 'hunch-near')
    t.ok(registered.has(String(parameters.get('error'))), `${code}: ${String(parameters.get('error'))}`)
    t.equal(parameters.get('details'), `${code}: what was seen`)
  }
})

t.test('what failed at the origin is told apart, and by whom it was seen', async t => {
  const say = (code: 'ORIGIN_NAME' | 'ORIGIN_TIMEOUT' | 'FAR_INTERNAL') =>
    proxyStatus(new Fault(code, 'x'), 'hunch-far')
  t.equal(say('ORIGIN_NAME'), 'hunch-far;error=dns_error;details="ORIGIN_NAME: x"')
  t.equal(say('ORIGIN_TIMEOUT'), 'hunch-far;error=http_response_timeout;details="ORIGIN_TIMEOUT: x"')
  t.equal(say('FAR_INTERNAL'), 'hunch-far;error=proxy_internal_error;details="FAR_INTERNAL: x"')
})

t.test('whatever the message holds, the field is one line of printable ASCII and is read back', async t => {
  for (const message of ['a "quoted" \\ one', 'two\r\nlines: x', 'näh — 日本 😀', '\u0000\u007f']) {
    const value = proxyStatus(new Fault('ORIGIN_RESET', message), 'hunch-near')
    t.match(value, /^[\u0020-\u007e]*$/)
    const [member] = parseList(value)
    const details = message.replaceAll(/[^\u0020-\u007e]/g, '?')
    t.equal(member?.[1].get('details'), `ORIGIN_RESET: ${details}`)
  }
})
