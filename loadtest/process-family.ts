// A process and those that it started: who they are, and what processor time they have taken.
// Knows: /proc of Linux. Does not know: what they do.
import { readdir, readFile } from 'node:fs/promises'

// Kernels count processor time in these.
const TICKS_PER_SECOND = 100

/** A process and those that it started. */
export async function familyOf(pid: number): Promise<readonly number[]> {
  const children: number[] = []
  for (const name of (await readdir('/proc')).filter(each => /^\d+$/.test(each))) {
    const [, parent] = await wordsOf(name).catch(() => [])
    if (Number(parent) === pid) children.push(Number(name))
  }
  return [pid, ...children]
}

/** Milliseconds that these processes, with all their threads, have taken so far. */
export async function processorMs(pids: readonly number[]): Promise<number> {
  let ticks = 0
  for (const pid of pids) {
    const words = await wordsOf(pid)
    ticks += Number(words[11]) + Number(words[12])
  }
  return (ticks * 1000) / TICKS_PER_SECOND
}

/** What the kernel says of it, from its state on: the program's name before that, in brackets, may hold anything. */
async function wordsOf(pid: number | string): Promise<readonly string[]> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
}
