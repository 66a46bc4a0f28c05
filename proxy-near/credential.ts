// What near knows of its far when it dials: what it was told, and what it remembers in DIR/far.json, 0600.
// Knows: one file. Does not know: how the credential was got or whether far still accepts it.

import { join } from 'node:path'

import { Fault } from '../shared/fault.ts'
import { formatJoinUrl, isSameFar, type JoinUrl, parseJoinUrl } from '../shared/link/join-url.ts'
import { isCredential } from '../shared/link/protocol.ts'
import { makePrivateDirectory, readPrivateFile, writePrivateFile } from '../store/private-file.ts'

export interface JoinedFar {
  /** Where far is and what its key is, without a token. */
  readonly url: JoinUrl
  /** Sent as `proxy-authorization: Bearer …`. */
  readonly credential: string
  readonly nearId: string
  /** The protocol version of the last session: asks of the next one are written in it until the hello is answered. */
  readonly version: number
}

/** Where far is, and what may open it: the code of the first contact, the credential of later ones, or both. */
export interface Acquaintance {
  readonly url: JoinUrl
  readonly code: string | undefined
  readonly joined: JoinedFar | undefined
}

const FILE = 'far.json'

/**
 * Puts `--far` and the memory in `dataDir` together. A credential counts for the far of the same key, wherever it is now.
 * Raises USAGE when no far is known, LINK_CREDENTIAL when there is neither code nor credential for it, CANNOT_READ when the
 * memory is damaged and no code makes up for it.
 */
export async function meetFar(far: JoinUrl | undefined, dataDir: string): Promise<Acquaintance> {
  const remembered = await readJoinedFar(dataDir).catch((error: unknown) => {
    if (far?.token === undefined) throw error
  })
  if (far === undefined) {
    if (remembered !== undefined) return { url: remembered.url, code: undefined, joined: remembered }
    throw new Fault('USAGE', 'No far proxy is known yet: start near with --far and the URL that far prints.')
  }
  const joined = remembered !== undefined && isSameFar(remembered.url, far) ? remembered : undefined
  if (joined !== undefined || far.token !== undefined) return { url: far, code: far.token, joined }
  throw new Fault(
    'LINK_CREDENTIAL',
    `Near has not joined the far proxy at ${far.host}:${far.port}, and the URL given for it holds no join code.`,
  )
}

/** Reads the far that was joined, undefined when none was. Raises CANNOT_READ when the file is damaged. */
export async function readJoinedFar(dataDir: string): Promise<JoinedFar | undefined> {
  const path = join(dataDir, FILE)
  const text = await readPrivateFile(path)
  if (text === undefined) return undefined
  const far = parse(text)
  if (far !== undefined) return far
  throw new Fault(
    'CANNOT_READ',
    `The file ${path} is damaged. Delete it, and start near with the line that far prints.`,
  )
}

/** Remembers `far` in place of any other. Raises CANNOT_READ. */
export async function writeJoinedFar(dataDir: string, far: JoinedFar): Promise<void> {
  await makePrivateDirectory(dataDir)
  const members = { ...far, url: formatJoinUrl({ ...far.url, token: undefined }) }
  await writePrivateFile(join(dataDir, FILE), `${JSON.stringify(members, null, 2)}\n`)
}

function parse(text: string): JoinedFar | undefined {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null) return undefined
    if (!('url' in value && 'credential' in value && 'nearId' in value && 'version' in value)) return undefined
    const { url, credential, nearId, version } = value
    if (typeof url !== 'string' || typeof nearId !== 'string' || typeof version !== 'number') return undefined
    return isCredential(credential) ? { url: parseJoinUrl(url), credential, nearId, version } : undefined
  } catch {
    return undefined
  }
}
