// How a proxy says in the standard way that it could not do what was asked: Proxy-Status (RFC 9209).
// Knows: the error types of RFC 9209 §2.3. Does not know: what went wrong beyond its fault.
import { serializeList, Token } from 'structured-headers'
import type { Fault, FaultCode } from '../fault.ts'

const errorTypes: { readonly [Code in FaultCode]?: string } = {
  ORIGIN_NAME: 'dns_error',
  ORIGIN_REFUSED: 'connection_refused',
  ORIGIN_UNREACHABLE: 'destination_ip_unroutable',
  ORIGIN_TLS: 'tls_certificate_error',
  ORIGIN_RESET: 'connection_terminated',
  ORIGIN_TIMEOUT: 'http_response_timeout',
  ORIGIN_LENGTH: 'http_response_incomplete',
  ORIGIN_CODING: 'http_response_content_coding',
  ORIGIN_BAD_RESPONSE: 'http_protocol_error',
  LINK_UNREACHABLE: 'destination_unavailable',
  LINK_CLOSED: 'connection_terminated',
  LINK_TIMEOUT: 'connection_timeout',
  LINK_TLS: 'tls_protocol_error',
  LINK_PIN: 'tls_certificate_error',
  FAR_FORBIDDEN: 'destination_ip_prohibited',
  FAR_BUSY: 'connection_limit_reached',
  CLIENT_BAD_REQUEST: 'http_request_error',
  CLIENT_MISDIRECTED: 'http_request_denied',
  CLIENT_BAD_URL: 'http_request_error',
  CLIENT_FIELDS_TOO_LARGE: 'http_request_error',
}

/** The value of Proxy-Status for a fault, said by the proxy of this pseudonym. */
export function proxyStatus(fault: Fault, pseudonym: 'hunch-near' | 'hunch-far'): string {
  const type = errorTypes[fault.code] ?? 'proxy_internal_error'
  // RFC 9651 §3.3.3: strings are printable ASCII.
  const details = `${fault.code}: ${fault.message}`.replace(/[^\u0020-\u007e]/g, '?')
  const parameters = new Map<string, Token | string>([
    ['error', new Token(type)],
    ['details', details],
  ])
  return serializeList([[new Token(pseudonym), parameters]])
}
