// Has a proxy take up its configuration file anew: at SIGHUP, and when the file changes.
// Knows: signals, the file's place. Does not know: what is in it, what the proxy makes of it.
import { watch } from 'node:fs'
import { basename, dirname } from 'node:path'

// Editors write a file in several steps, or put another one in its place; what is read in between is half of it.
const QUIET_MS = 100

/** Calls `reload` until the function that it gives is called; never two at once. `reload` must not reject. */
export function watchConfig(path: string, reload: () => Promise<void>): () => void {
  let last = Promise.resolve()
  let quiet: NodeJS.Timeout | undefined
  const begin = () => {
    last = last.then(reload)
  }
  // The directory: a file that takes the place of another is not the one that would be watched.
  const watcher = watch(dirname(path), (_event, name) => {
    if (name !== null && name !== basename(path)) return
    clearTimeout(quiet)
    quiet = setTimeout(begin, QUIET_MS)
  })
  // A directory that goes away takes the file with it: what was read last holds.
  watcher.on('error', () => watcher.close())
  process.on('SIGHUP', begin)
  return () => {
    watcher.close()
    clearTimeout(quiet)
    process.off('SIGHUP', begin)
  }
}
