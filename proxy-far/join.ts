// What far answers to a near that introduces itself: POST /join and POST /hello at `far.hunch.invalid`.
// Knows: the bodies of shared/link/protocol.ts, statuses. Does not know: the HTTP framework that carries them.

import { Fault } from '../shared/fault.ts'
import {
  chooseVersion,
  describeMismatch,
  FAULT_FIELD,
  type HelloAnswer,
  type JoinAnswer,
  PROTOCOL_FIELD,
  readHelloRequest,
  readJoinRequest,
  spokenVersions,
  type VersionRange,
} from '../shared/link/protocol.ts'
import type { FarIdentity } from './identity.ts'

/** One whole response, small enough to be sent at once. */
export interface Reply {
  readonly status: number
  readonly fields: Readonly<Record<string, string>>
  readonly body: string
}

/** Answers `POST /join`: `body` is the request's content as text, at most MAX_BODY_BYTES of it. Raises CANNOT_READ. */
export async function handleJoin(
  identity: FarIdentity,
  body: string,
  now: number,
  versions = spokenVersions,
): Promise<Reply> {
  const request = readJoinRequest(body)
  if (request === undefined) return refuse(new Fault('CLIENT_BAD_REQUEST', 'That is not a join request.'), versions)
  // Before the code is spent: a near of another version may be replaced and join with the same line.
  const version = chooseVersion(versions, request.versions)
  if (version === undefined) return refuse(describeMismatch(request.versions, versions), versions)
  const joined = await identity.join(request.code, now)
  if (joined === undefined) {
    const message =
      'The far proxy does not accept this join code: it is wrong, was used already, or is over an hour old.'
    return refuse(new Fault('LINK_CREDENTIAL', message), versions)
  }
  return agree({ version, versions, ...joined } satisfies JoinAnswer)
}

/** Answers `POST /hello`. */
export function handleHello(
  identity: FarIdentity,
  proxyAuthorization: string | undefined,
  body: string,
  versions = spokenVersions,
): Reply {
  const request = readHelloRequest(body)
  if (request === undefined) return refuse(new Fault('CLIENT_BAD_REQUEST', 'That is not a hello.'), versions)
  const version = chooseVersion(versions, request.versions)
  if (version === undefined) return refuse(describeMismatch(request.versions, versions), versions)
  const fault = checkCredential(identity, proxyAuthorization)
  if (fault !== undefined) return refuse(fault, versions)
  return agree({ version, versions } satisfies HelloAnswer)
}

/** What is wrong with an ask as a member of the link, before far looks at what it asks; undefined when nothing is. */
export function checkAsk(
  identity: FarIdentity,
  fields: Readonly<Record<string, string | string[] | undefined>>,
  versions = spokenVersions,
): Fault | undefined {
  const fault = checkCredential(identity, single(fields['proxy-authorization']))
  if (fault !== undefined) return fault
  const written = single(fields[PROTOCOL_FIELD])
  // Without the field it is no ask but a plain request (curl --proxy): far answers it as any HTTP proxy would.
  if (written === undefined) return undefined
  const version = /^[1-9]\d{0,8}$/.test(written) ? Number(written) : undefined
  if (version === undefined) return new Fault('CLIENT_BAD_REQUEST', `The field ${PROTOCOL_FIELD} is not a version.`)
  const asked = { min: version, max: version }
  return chooseVersion(versions, asked) === undefined ? describeMismatch(asked, versions) : undefined
}

/** The refusal of `fault` in the form that near understands, for every request that far itself refuses. */
export function refuse(fault: Fault, versions: VersionRange = spokenVersions): Reply {
  const body = JSON.stringify({ fault: fault.code, message: fault.message, versions })
  const fields = {
    'content-type': 'application/json',
    'cache-control': 'no-store',
    [FAULT_FIELD]: fault.code,
    ...(fault.retryAfterSeconds === undefined ? {} : { 'retry-after': String(fault.retryAfterSeconds) }),
  }
  // RFC 9110 §11.7.1: a 407 names the scheme that would be accepted.
  if (fault.code === 'LINK_CREDENTIAL') {
    return { status: 407, fields: { ...fields, 'proxy-authenticate': 'Bearer realm="hunch"' }, body }
  }
  return { status: fault.code === 'LINK_PROTOCOL' ? 400 : fault.status, fields, body }
}

function agree(answer: HelloAnswer): Reply {
  const fields = { 'content-type': 'application/json', 'cache-control': 'no-store' }
  return { status: 200, fields, body: JSON.stringify(answer) }
}

function checkCredential(identity: FarIdentity, proxyAuthorization: string | undefined): Fault | undefined {
  if (identity.authenticate(proxyAuthorization) !== undefined) return undefined
  const message =
    proxyAuthorization === undefined
      ? 'The far proxy needs a credential.'
      : 'The far proxy does not know this credential: it was issued by another far, or its list of nears was deleted.'
  return new Fault('LINK_CREDENTIAL', message)
}

function single(value: string | string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined
}
