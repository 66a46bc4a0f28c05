// Files that only the user of this process may read: secrets, whole or not at all.
// Knows: modes, temporary names, what a failing disk says. Does not know: what is in the files.

import { randomBytes } from 'node:crypto'
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'

import { Fault } from '../shared/fault.ts'

const DIRECTORY_MODE = 0o700
const FILE_MODE = 0o600

/** Makes `directory`, readable by its owner alone. One that exists is left as it is. Raises CANNOT_READ. */
export async function makePrivateDirectory(directory: string): Promise<void> {
  try {
    await mkdir(directory, { recursive: true, mode: DIRECTORY_MODE })
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
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw fault(`The file ${path} cannot be written`, error)
  }
}

function fault(what: string, error: unknown): Fault {
  return new Fault('CANNOT_READ', `${what}: ${error instanceof Error ? error.message : String(error)}.`, {
    cause: error,
  })
}
