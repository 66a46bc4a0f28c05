// A host and a port as one writes them: `127.0.0.1:8080`, `[::1]:8080`, `far.example:8443`.
// Knows: RFC 3986 §3.2.2 and §3.2.3 as far as an address to listen on or dial needs. Does not know: names' addresses.

/** `host` has no brackets, also when it is an IPv6 address. Port 0 lets the system choose when listening. */
export interface HostPort {
  readonly host: string
  readonly port: number
}

/** Reads `HOST:PORT` (an IPv6 address in brackets); undefined when it is not one. */
export function parseHostPort(text: string): HostPort | undefined {
  const match =
    /^(?:\[(?<v6>[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*(?:%[\w.-]+)?)\]|(?<host>[^[\]:\s/@?#]+)):(?<port>\d{1,5})$/.exec(text)
  const host = match?.groups?.['v6'] ?? match?.groups?.['host']
  const port = Number(match?.groups?.['port'])
  if (host === undefined || !isHost(host) || port > 65535) return undefined
  return { host, port }
}

/** Writes what `parseHostPort` reads. */
export function formatHostPort({ host, port }: HostPort): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** Whether `host` is a name (RFC 1123 §2.1; underscores are met in practice) or an address, without brackets. */
export function isHost(host: string): boolean {
  if (host.includes(':')) return isIPv6(host)
  return (
    host.length <= 253 && host.split('.').every(label => /^[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?$/.test(label))
  )
}

function isIPv6(host: string): boolean {
  const address = host.replace(/%.*$/, '')
  try {
    return new URL(`http://[${address}]/`).hostname !== ''
  } catch {
    return false
  }
}
