// Claims about where far may connect to.
import t from 'tap'
import { type AddressKind, kindOfAddress, refuseAddress, refusePort } from '../../../shared/http/reach.ts'

// First and last address of each block, and the neighbours outside.
const cases: readonly (readonly [AddressKind, ...string[]])[] = [
  ['public', '1.0.0.0', '9.255.255.255', '11.0.0.0', '100.63.255.255', '100.128.0.0', '126.255.255.255', '128.0.0.0'],
  ['public', '168.63.129.15', '168.63.129.17', '169.253.255.255', '169.255.0.0', '172.15.255.255', '172.32.0.0'],
  ['public', '192.0.1.0', '192.167.255.255', '192.169.0.0', '198.17.255.255', '198.20.0.0', '223.255.255.255'],
  ['unspecified', '0.0.0.0', '0.255.255.255', '::', '::ffff:0.0.0.0'],
  ['loopback', '127.0.0.0', '127.0.0.1', '127.255.255.255', '::1', '0:0:0:0:0:0:0:1', '::ffff:127.0.0.1'],
  ['loopback', '::ffff:7f00:1', '::FFFF:7F00:0001', '64:ff9b::127.0.0.1', '64:ff9b::7f00:1', '2002:7f00:1::'],
  ['private', '10.0.0.0', '10.255.255.255', '172.16.0.0', '172.31.255.255', '192.168.0.0', '192.168.255.255'],
  ['private', 'fc00::', 'fd00:ec2::254', 'fdff:ffff::1', 'fec0::1', '::ffff:10.1.2.3', '2002:c0a8:0101::1'],
  ['shared', '100.64.0.0', '100.100.100.200', '100.127.255.255', '64:ff9b::100.64.0.1'],
  ['link-local', '169.254.0.0', '169.254.169.254', '169.254.255.255', 'fe80::1', 'fe80::1%eth0', 'febf::1'],
  ['link-local', '::ffff:169.254.169.254', '::ffff:a9fe:a9fe', '64:ff9b::a9fe:a9fe', '2002:a9fe:a9fe::'],
  ['metadata', '168.63.129.16', '::ffff:168.63.129.16'],
  ['multicast', '224.0.0.0', '239.255.255.255', 'ff02::1'],
  ['reserved', '192.0.0.192', '192.0.2.1', '192.88.99.1', '198.18.0.0', '198.19.255.255', '198.51.100.7'],
  ['reserved', '203.0.113.1', '240.0.0.0', '255.255.255.255', '2001::1', '2001:0:4136:e378:8000:63bf:3fff:fdd2'],
  ['reserved', '2001:db8::1', '3fff::1', '100::1', '64:ff9b:1::1', '::127.0.0.1', '::7f00:1', '5f00::1', '4000::'],
  ['public', '2001:200::1', '2606:4700:4700::1111', '2a00:1450:4001:82a::200e', '::ffff:1.1.1.1', '2002:101:101::1'],
]

t.test('each block is known from its first address to its last, also inside IPv6', async t => {
  for (const [kind, ...addresses] of cases) {
    for (const address of addresses) t.equal(kindOfAddress(address), kind, address)
  }
})

t.test('what is no address as resolvers write it is not taken for a public one', async t => {
  const odd = ['', 'localhost', '1.2.3', '0x7f.0.0.1', '0177.0.0.1', '2130706433', '1.2.3.4.5', '256.1.1.1', '01.2.3.4']
  for (const text of [...odd, ':', ':::', '1::2::3', '::g', '[::1]', '::1]', '1.2.3.4 ', '%', '::%%']) {
    t.not(kindOfAddress(text), 'public', text)
  }
})

t.test('private addresses are refused with their kind, unless they are allowed', async t => {
  t.equal(refuseAddress('10.0.0.1', { allowPrivate: false }), '10.0.0.1 is a private address')
  t.equal(refuseAddress('10.0.0.1', { allowPrivate: true }), undefined)
  t.equal(refuseAddress('1.1.1.1', { allowPrivate: false }), undefined)
})

t.test('ports are refused outside the ranges that are allowed', async t => {
  const allowPorts = [
    [80, 80],
    [1024, 65_535],
  ] as const
  for (const port of [80, 1024, 8443, 65_535]) t.equal(refusePort(port, { allowPorts }), undefined)
  for (const port of [1, 25, 79, 81, 1023]) t.match(refusePort(port, { allowPorts }), /^Port \d+ is not among/)
})

t.test('what only looks like an address with a host behind it is none', async t => {
  for (const text of ['1:@80.example', '::1@site', 'a:@b']) t.equal(kindOfAddress(text), 'reserved', text)
})
