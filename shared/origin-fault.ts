// What went wrong between a proxy and an origin, as a fault of the table.
// Knows: the codes of undici, Node's sockets and TLS, and what they mean for a person. Does not know: requests.
import { Fault, type FaultCode } from './fault.ts'
import { MAX_RESPONSE_FIELDS_BYTES } from './http/fields.ts'

const failures: readonly { readonly codes: RegExp; readonly fault: FaultCode; readonly text: string }[] = [
  { codes: /^(ENOTFOUND|EAI_|ENODATA|ESERVFAIL)/, fault: 'ORIGIN_NAME', text: 'is not a name that the DNS knows.' },
  { codes: /^ECONNREFUSED$/, fault: 'ORIGIN_REFUSED', text: 'refused the connection.' },
  {
    codes: /^(EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL|EINVAL)$/,
    fault: 'ORIGIN_UNREACHABLE',
    text: 'cannot be reached.',
  },
  {
    codes: /^(UND_ERR_CONNECT_TIMEOUT|ETIMEDOUT)$/,
    fault: 'ORIGIN_TIMEOUT',
    text: 'did not accept the connection in time.',
  },
  { codes: /^UND_ERR_HEADERS_TIMEOUT$/, fault: 'ORIGIN_TIMEOUT', text: 'sent nothing for TIMEOUT.' },
  {
    codes: /^UND_ERR_HEADERS_OVERFLOW$|^HPE_HEADER_OVERFLOW$/,
    fault: 'ORIGIN_BAD_RESPONSE',
    text: `sent fields larger than ${MAX_RESPONSE_FIELDS_BYTES / 1024} KiB.`,
  },
  {
    codes: /^UND_ERR_RES_CONTENT_LENGTH_MISMATCH$/,
    fault: 'ORIGIN_LENGTH',
    text: 'sent another length than it announced.',
  },
  { codes: /^HPE_/, fault: 'ORIGIN_BAD_RESPONSE', text: 'sent what is not HTTP.' },
  { codes: /^UND_ERR_(INVALID_ARG|NOT_SUPPORTED)$/, fault: 'CLIENT_BAD_REQUEST', text: 'cannot be sent this request.' },
  {
    codes: /_ALERT_/,
    fault: 'ORIGIN_TLS',
    text: 'refused the TLS connection; it may want a certificate of the client.',
  },
  {
    codes: /CERT|SIGNED|SSL|TLS|ALTNAME|ISSUER|CRL/,
    fault: 'ORIGIN_TLS',
    text: 'has no certificate that can be verified.',
  },
]

/** The fault of `host` that `error` is; `timeoutMs`: how long its head was waited for. */
export function originFault(error: unknown, host: string, timeoutMs: number): Fault {
  if (error instanceof Fault) return error
  const { code, message } = describe(error)
  const row = failures.find(each => each.codes.test(code))
  const text = row?.text ?? `broke the connection (${message}).`
  const said = `${host} ${text.replace('TIMEOUT', `${timeoutMs / 1000} s`)}`
  return new Fault(row?.fault ?? 'ORIGIN_RESET', said, { cause: error })
}

function describe(error: unknown): { code: string; message: string } {
  if (!(error instanceof Error)) return { code: '', message: String(error) }
  // undici's parser gives its errors a code for some failures only.
  const code = error.name === 'HTTPParserError' ? 'HPE_' : 'code' in error ? String(error.code) : ''
  // Node tries each address of a name in turn and reports all failures as one.
  if (code === '' && error instanceof AggregateError && error.errors.length > 0) return describe(error.errors[0])
  return { code, message: error.message }
}
