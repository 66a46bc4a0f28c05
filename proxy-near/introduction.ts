// Near introduces itself on a new session: says hello with the credential that it has, or joins far with a code.
// Knows: the two requests of shared/link/protocol.ts and what their answers mean. Does not know: files, when to dial.

import { Fault } from '../shared/fault.ts'
import {
  describeMismatch,
  HELLO_PATH,
  type HelloAnswer,
  type HelloRequest,
  JOIN_PATH,
  type JoinAnswer,
  type JoinRequest,
  readHelloAnswer,
  readJoinAnswer,
  readRefusal,
  spokenVersions,
} from '../shared/link/protocol.ts'
import type { Acquaintance, JoinedFar } from './credential.ts'
import type { LinkSession } from './session.ts'

/**
 * Introduces near and gives what is to be remembered. Calls `onReady` as soon as requests may be sent on `session`: right
 * behind the hello when a credential is all that near has, so that the hello costs no round trip; after the answer when
 * there is also a code to fall back on, or nothing else.
 * Raises LINK_CREDENTIAL, LINK_PROTOCOL, LINK_TIMEOUT by the signal, or the fault that ended the session.
 */
export async function introduce(
  session: LinkSession,
  far: Acquaintance,
  onReady: () => void,
  signal: AbortSignal,
): Promise<JoinedFar> {
  const { url, code, joined } = far
  if (joined === undefined) return join(session, far, onReady, signal)
  const known = joined.version >= spokenVersions.min && joined.version <= spokenVersions.max
  session.authorize(joined.credential, known ? joined.version : spokenVersions.max)
  try {
    const answering = sayHello(session, signal)
    if (known && code === undefined) onReady()
    const { version } = await answering
    session.authorize(joined.credential, version)
    onReady()
    return { ...joined, url, version }
  } catch (error) {
    const forgotten = error instanceof Fault && error.code === 'LINK_CREDENTIAL'
    if (!forgotten || code === undefined) throw error
    return join(session, far, onReady, signal)
  }
}

async function join(session: LinkSession, far: Acquaintance, onReady: () => void, signal: AbortSignal) {
  const request = { code: far.code ?? '', versions: spokenVersions } satisfies JoinRequest
  const answer = await session.tell(JOIN_PATH, JSON.stringify(request), signal)
  const { credential, nearId, version }: JoinAnswer = check(answer, readJoinAnswer(answer.body))
  session.authorize(credential, version)
  onReady()
  return { url: far.url, credential, nearId, version }
}

async function sayHello(session: LinkSession, signal: AbortSignal): Promise<HelloAnswer> {
  const request = { versions: spokenVersions } satisfies HelloRequest
  const answer = await session.tell(HELLO_PATH, JSON.stringify(request), signal)
  return check(answer, readHelloAnswer(answer.body))
}

function check<Answer extends HelloAnswer>(
  answer: { status: number; body: string },
  agreed: Answer | undefined,
): Answer {
  if (answer.status !== 200 || agreed === undefined) throw readRefusal(answer.body) ?? describeStranger(answer.status)
  const { version, versions } = agreed
  if (version < spokenVersions.min || version > spokenVersions.max) throw describeMismatch(spokenVersions, versions)
  return agreed
}

function describeStranger(status: number): Fault {
  const message = `The server at that address speaks HTTP/2 but is not a far proxy: it answered with status ${status}.`
  return new Fault('LINK_PROTOCOL', message)
}
