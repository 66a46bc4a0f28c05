// Claims about what is made of the errors of undici, Node's sockets and TLS.
import t from 'tap'
import { Fault } from '../../shared/fault.ts'
import { originFault } from '../../shared/origin-fault.ts'

function errorOf(code: string): Error {
  return Object.assign(new Error('it failed'), { code })
}

t.test('what libraries report is a fault that says what happened to whom', async t => {
  const rows = [
    ['ENOTFOUND', 'ORIGIN_NAME'],
    ['EAI_AGAIN', 'ORIGIN_NAME'],
    ['ECONNREFUSED', 'ORIGIN_REFUSED'],
    ['EHOSTUNREACH', 'ORIGIN_UNREACHABLE'],
    ['UND_ERR_CONNECT_TIMEOUT', 'ORIGIN_TIMEOUT'],
    ['UND_ERR_HEADERS_TIMEOUT', 'ORIGIN_TIMEOUT'],
    ['UND_ERR_HEADERS_OVERFLOW', 'ORIGIN_BAD_RESPONSE'],
    ['UND_ERR_RES_CONTENT_LENGTH_MISMATCH', 'ORIGIN_LENGTH'],
    ['HPE_INVALID_CONSTANT', 'ORIGIN_BAD_RESPONSE'],
    ['UND_ERR_INVALID_ARG', 'CLIENT_BAD_REQUEST'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'ORIGIN_TLS'],
    ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'ORIGIN_TLS'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'ORIGIN_TLS'],
    ['ECONNRESET', 'ORIGIN_RESET'],
    ['UND_ERR_SOCKET', 'ORIGIN_RESET'],
  ] as const
  for (const [code, fault] of rows) {
    const error = errorOf(code)
    t.match(
      originFault(error, 'site.example', 3000),
      { code: fault, message: /^site\.example .*\.$/, cause: error },
      code,
    )
  }
  t.match(
    originFault(errorOf('ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED'), 'a', 0).message,
    /certificate of the client/,
  )
  t.match(originFault(errorOf('UND_ERR_HEADERS_TIMEOUT'), 'a', 3000).message, /3 s/)
})

t.test('of several addresses that were tried the first tells; a fault stays what it is', async t => {
  const tried = new AggregateError([errorOf('ECONNREFUSED'), errorOf('EHOSTUNREACH')])
  t.equal(originFault(tried, 'a', 0).code, 'ORIGIN_REFUSED')
  const fault = new Fault('CLIENT_GONE', 'gone')
  t.equal(originFault(fault, 'a', 0), fault)
  t.equal(originFault('what is this?', 'a', 0).code, 'ORIGIN_RESET')
})
