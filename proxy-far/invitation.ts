// The line that a user of far runs on their machine, made by far itself or by a command beside it.
// Knows: DIR/far-url.txt, where far says how nears reach it. Does not know: who runs, what a join code is worth.
import { join } from 'node:path'
import { Fault } from '../shared/fault.ts'
import { formatJoinUrl, type JoinUrl, parseJoinUrl } from '../shared/link/join-url.ts'
import { readPrivateFile, writePrivateFile } from '../store/private-file.ts'
import type { FarIdentity } from './identity.ts'

const FILE = 'far-url.txt'

/** Remembers how nears reach the far of `dataDir`, for those who invite while it runs. Raises CANNOT_READ. */
export async function rememberUrl(dataDir: string, url: Omit<JoinUrl, 'token'>): Promise<void> {
  await writePrivateFile(join(dataDir, FILE), `${formatJoinUrl({ ...url, token: undefined })}\n`)
}

/** How nears reach the far of `dataDir`; undefined when it never ran. Raises CANNOT_READ. */
export async function recallUrl(dataDir: string): Promise<JoinUrl | undefined> {
  const path = join(dataDir, FILE)
  const text = await readPrivateFile(path)
  try {
    return text === undefined ? undefined : parseJoinUrl(text.trim())
  } catch (error) {
    throw new Fault('CANNOT_READ', `The file ${path} is damaged. Delete it, and start far again.`, { cause: error })
  }
}

/** A command with a new join code in it. Quoted, because the URL holds characters that a shell takes for its own. */
export async function makeJoinLine(
  identity: FarIdentity,
  url: Omit<JoinUrl, 'token'>,
  now: number,
  name?: string,
): Promise<string> {
  return `hunch near --far '${formatJoinUrl({ ...url, token: await identity.makeJoinCode(now, name) })}'`
}
