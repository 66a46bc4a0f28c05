// Files that only the user of this process may read: secrets, whole or not at all.
// Knows: modes, temporary names, what a failing disk says. Does not know: what is in the files.

import { randomBytes } from 'node:crypto'
import { chown, mkdir, open, readFile, rename, rm, stat, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'

import { Fault } from '../shared/fault.ts'

const DIRECTORY_MODE = 0o700
const FILE_MODE = 0o600

/** Makes `directory`, readable by its owner alone. One that exists is left as it is. Raises CANNOT_READ. */
export async function makePrivateDirectory(directory: string): Promise<void> {
  try {
    const made = await mkdir(directory, { recursive: true, mode: DIRECTORY_MODE })
    if (made !== undefined) await giveAsParent(directory)
  } catch (error) {
    throw fault(`The directory ${directory} cannot be made`, error)
  }
}

/** The text of `path`, undefined when there is no such file. Raises CANNOT_READ. */
export async function readPrivateFile(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw fault(`The file ${path} cannot be read`, error)
  }
}

/** Replaces `path` as a whole: after a crash it holds the old text or the new one, on the disk. Raises CANNOT_READ. */
export async function writePrivateFile(path: string, text: string): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}`
  try {
    const file = await open(temporary, 'wx', FILE_MODE)
    try {
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    await giveAsParent(temporary)
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw fault(`The file ${path} cannot be written`, error)
  }
}

/** Removes `path`; false when there was no such file. Raises CANNOT_READ. */
export async function removePrivateFile(path: string): Promise<boolean> {
  try {
    await unlink(path)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false
    throw fault(`The file ${path} cannot be removed`, error)
  }
}

/** What root writes into a service's directory (`hunch far invite`) belongs to the service, which must read it. */
async function giveAsParent(path: string): Promise<void> {
  if (process.getuid?.() !== 0) return
  const { uid, gid } = await stat(dirname(path))
  if (uid !== 0) await chown(path, uid, gid)
}

function fault(what: string, error: unknown): Fault {
  return new Fault('CANNOT_READ', `${what}: ${error instanceof Error ? error.message : String(error)}.`, {
    cause: error,
  })
}
