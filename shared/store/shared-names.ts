// Under which names the fars of several machines keep what they share.
// Knows: namespaces, hashes. Does not know: servers.
//
// Names hold hashes of URLs and scopes: who sees them, in a server's log, say, learns no URL. A release that means
// something else by a name counts NAMESPACE up, and finds an empty store.
import { createHash } from 'node:crypto'
import type { Digest, Scope } from '../version.ts'
import { nameByOrigin, nameByUrl } from './record.ts'

const NAMESPACE = 'hunch1'

export const sharedNames = {
  /** A list of records of one URL in one scope, newest first. */
  versions: (url: string, scope: Scope) => `${NAMESPACE}:v:${nameByUrl(url, scope).toString('hex')}`,
  /** One content. */
  content: (digest: Digest) => `${NAMESPACE}:c:${digest}`,
  /** A list of URLs of one origin in one scope, newest first. */
  urls: (url: string, scope: Scope) => `${NAMESPACE}:o:${nameByOrigin(url, scope).toString('hex')}`,
  /** The URL of the newest version with this short digest in one scope. */
  digest: (shortDigest: string, scope: Scope) =>
    `${NAMESPACE}:d:${createHash('sha256').update(`${scope} ${shortDigest}`).digest('hex').slice(0, 32)}`,
  /** What was learnt, of one kind. */
  note: (kind: string) => `${NAMESPACE}:n:${kind}`,
  /** A near that joined. */
  near: (id: string) => `${NAMESPACE}:near:${id}`,
  /** A join code, by its hash. */
  joinCode: (hash: string) => `${NAMESPACE}:join:${hash}`,
  /** The set of the nears that were revoked. */
  revoked: `${NAMESPACE}:revoked`,
} as const
