// The files that setting up writes, changes and takes away again.
// Knows: how failures are told. Does not know: what the files are for.
import { mkdir, readFile, rm, rmdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { asFault, Fault } from '../../shared/fault.ts'

/** Writes `path` with the directories above it. Raises CANNOT_READ. */
export async function writeText(path: string, text: string, mode: number): Promise<void> {
  await attempt(async () => {
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, text, { mode })
  })
}

/** Removes a file or a directory with all that is in it, where there is one. Raises CANNOT_READ. */
export async function remove(path: string): Promise<void> {
  await attempt(() => rm(path, { recursive: true, force: true }))
}

/** Removes a directory that nothing is left in. */
export async function removeIfEmpty(path: string): Promise<void> {
  await rmdir(path).catch(() => undefined)
}

/** The keys of a configuration file; none when there is no file. Raises CONFIG, CANNOT_READ. */
export async function readKeys(path: string): Promise<Readonly<Record<string, unknown>>> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '{}'
    throw asFault(error, 'CANNOT_READ')
  })
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null) return { ...value }
  } catch {
    // Said below.
  }
  throw new Fault('CONFIG', `${path} does not hold a JSON object`)
}

async function attempt(change: () => Promise<void>): Promise<void> {
  try {
    await change()
  } catch (error) {
    throw asFault(error, 'CANNOT_READ')
  }
}
