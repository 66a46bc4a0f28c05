// Whether a tunnel or a WebSocket goes past far, for want of a link, where the user wants that (`--when-link-fails direct`).
// Knows: the link, a client that may leave while it waits. Does not know: what is carried.
import type { Duplex } from 'node:stream'
import type { Link } from './link.ts'

/** Whether there is no link for `client`; waits no longer than a request does. */
export async function lacksLink(link: Pick<Link, 'ready'>, client: Duplex): Promise<boolean> {
  const gone = new AbortController()
  const leave = () => gone.abort()
  client.once('close', leave)
  try {
    await link.ready(gone.signal)
    return false
  } catch {
    return !gone.signal.aborted
  } finally {
    client.off('close', leave)
  }
}
