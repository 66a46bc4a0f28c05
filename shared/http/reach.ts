// Which addresses and ports far may connect to for a near: the open internet, and no network of its own.
// Knows: the special-purpose registries of IANA (RFC 6890), IPv6 addresses with an IPv4 address inside.
// Does not know: names, sockets, who asks.
//
// Invariant: what is not known to be public is refused; that holds for text that is no address, too.

/** What an address is for. Everything but `public` is refused unless private addresses are allowed. */
export type AddressKind =
  | 'public'
  | 'unspecified'
  | 'loopback'
  | 'private'
  | 'shared' // behind a carrier's NAT
  | 'link-local' // where clouds serve their metadata
  | 'metadata'
  | 'multicast'
  | 'reserved'

/** From one port to another, both included. */
export type PortRange = readonly [first: number, last: number]

export interface Reachable {
  readonly allowPrivate: boolean
  readonly allowPorts: readonly PortRange[]
}

/** Why there is no connection to `port`; undefined when there may be one. */
export function refusePort(port: number, { allowPorts }: Pick<Reachable, 'allowPorts'>): string | undefined {
  const isAllowed = allowPorts.some(([first, last]) => port >= first && port <= last)
  return isAllowed ? undefined : `Port ${port} is not among those that this far connects to`
}

/** Why there is no connection to `address`, an IP address without brackets; undefined when there may be one. */
export function refuseAddress(address: string, { allowPrivate }: Pick<Reachable, 'allowPrivate'>): string | undefined {
  const kind = allowPrivate ? 'public' : kindOfAddress(address)
  return kind === 'public' ? undefined : `${address} is a ${kind} address`
}

interface Block {
  /** `ADDRESS/BITS`. */
  readonly block: string
  readonly kind: AddressKind
}

const blocks4: readonly Block[] = [
  { block: '0.0.0.0/8', kind: 'unspecified' }, // RFC 1122 §3.2.1.3; 0.0.0.0 connects to loopback
  { block: '10.0.0.0/8', kind: 'private' }, // RFC 1918
  { block: '100.64.0.0/10', kind: 'shared' }, // RFC 6598; metadata of Alibaba Cloud
  { block: '127.0.0.0/8', kind: 'loopback' }, // RFC 1122
  { block: '168.63.129.16/32', kind: 'metadata' }, // Azure's, in a public block
  { block: '169.254.0.0/16', kind: 'link-local' }, // RFC 3927; metadata of most clouds
  { block: '172.16.0.0/12', kind: 'private' }, // RFC 1918
  { block: '192.0.0.0/24', kind: 'reserved' }, // RFC 6890; metadata of Oracle Cloud
  { block: '192.0.2.0/24', kind: 'reserved' }, // RFC 5737
  { block: '192.88.99.0/24', kind: 'reserved' }, // RFC 7526
  { block: '192.168.0.0/16', kind: 'private' }, // RFC 1918
  { block: '198.18.0.0/15', kind: 'reserved' }, // RFC 2544
  { block: '198.51.100.0/24', kind: 'reserved' }, // RFC 5737
  { block: '203.0.113.0/24', kind: 'reserved' }, // RFC 5737
  { block: '224.0.0.0/4', kind: 'multicast' }, // RFC 5771
  { block: '240.0.0.0/4', kind: 'reserved' }, // RFC 1112 §4, and 255.255.255.255
]

// Outside 2000::/3 nothing is global unicast (RFC 4291 §2.4); inside, these are not.
const blocks6: readonly Block[] = [
  { block: '::/128', kind: 'unspecified' },
  { block: '::1/128', kind: 'loopback' },
  { block: 'fc00::/7', kind: 'private' }, // RFC 4193; metadata of Amazon: fd00:ec2::254
  { block: 'fe80::/10', kind: 'link-local' }, // RFC 4291 §2.5.6
  { block: 'fec0::/10', kind: 'private' }, // RFC 3879
  { block: 'ff00::/8', kind: 'multicast' }, // RFC 4291 §2.7
  { block: '2001::/23', kind: 'reserved' }, // RFC 2928: Teredo, ORCHID, benchmarks
  { block: '2001:db8::/32', kind: 'reserved' }, // RFC 3849
  { block: '3fff::/20', kind: 'reserved' }, // RFC 9637
]
const GLOBAL_UNICAST = '2000::/3'

// Where in an IPv6 address an IPv4 address begins that is connected to in the end, in bits.
const embeddings: readonly { readonly block: string; readonly atBit: number }[] = [
  { block: '::ffff:0:0/96', atBit: 96 }, // RFC 4291 §2.5.5.2: mapped
  { block: '64:ff9b::/96', atBit: 96 }, // RFC 6052: NAT64
  { block: '2002::/16', atBit: 16 }, // RFC 3056: 6to4
]

/** What `address` is for: an IP address in any form that resolvers give, without brackets. */
export function kindOfAddress(address: string): AddressKind {
  const number4 = parse4(address)
  if (number4 !== undefined) return blocks4.find(({ block }) => isIn4(number4, block))?.kind ?? 'public'
  const number6 = parse6(address)
  if (number6 === undefined) return 'reserved'
  const embedding = embeddings.find(({ block }) => isIn6(number6, block))
  if (embedding) {
    const inner = Number((number6 >> BigInt(96 - embedding.atBit)) & 0xffff_ffffn)
    return kindOfAddress([24, 16, 8, 0].map(bit => (inner >>> bit) & 255).join('.'))
  }
  const special = blocks6.find(({ block }) => isIn6(number6, block))
  return special?.kind ?? (isIn6(number6, GLOBAL_UNICAST) ? 'public' : 'reserved')
}

/** Four decimal numbers, as resolvers and the URL standard write it; nothing else is taken for an IPv4 address. */
function parse4(text: string): number | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)
  if (!match) return undefined
  const bytes = match.slice(1).map(Number)
  const isDecimal = match.slice(1).every(each => String(Number(each)) === each)
  return isDecimal && bytes.every(byte => byte < 256) ? bytes.reduce((sum, byte) => sum * 256 + byte, 0) : undefined
}

function parse6(text: string): bigint | undefined {
  // A zone says by which interface (RFC 4007 §11), not to whom. The URL standard writes every form of an address as one.
  const plain = text.replace(/%.*$/, '')
  const host = plain.includes(':') ? URL.parse(`http://[${plain}]`)?.hostname : undefined
  // What is more than an address would be judged by the host that it names.
  if (!host?.startsWith('[')) return undefined
  const [head = '', tail] = host.slice(1, -1).split('::')
  const words = (part: string) => (part === '' ? [] : part.split(':'))
  const before = words(head)
  const after = words(tail ?? '')
  const zeros = Array.from({ length: tail === undefined ? 0 : 8 - before.length - after.length }, () => '0')
  return [...before, ...zeros, ...after].reduce((sum, word) => (sum << 16n) + BigInt(`0x${word}`), 0n)
}

function isIn4(number: number, block: string): boolean {
  const [base = '', bits = ''] = block.split('/')
  const size = 2 ** (32 - Number(bits))
  return Math.floor(number / size) === Math.floor((parse4(base) ?? 0) / size)
}

function isIn6(number: bigint, block: string): boolean {
  const [base = '', bits = ''] = block.split('/')
  const shift = BigInt(128 - Number(bits))
  return number >> shift === (parse6(base) ?? 0n) >> shift
}
