// Claims about lists of fields.
import * as fc from 'fast-check'
import t from 'tap'
import {
  asTrailers,
  endToEnd,
  type FieldList,
  fromLists,
  fromRaw,
  lengthOf,
  oddTransferCoding,
  toLists,
  toRaw,
  toRecord,
  valueOf,
  withField,
  without,
  withVia,
} from '../../../shared/http/fields.ts'

const fields: FieldList = [
  ['Accept', 'text/html'],
  ['Cookie', 'a=1'],
  ['accept', 'image/*;q=0.5'],
  ['COOKIE', 'b=2'],
  ['X-Empty', ''],
]

t.test('Node’s flat form becomes a list and back, in order and case', async t => {
  t.strictSame(fromRaw(toRaw(fields)), fields)
  t.strictSame(fromRaw(['a', '1', 'b']), [['a', '1']], 'a name without a value is none')
})

t.test('lines of one name are one value, joined as its kind is joined', async t => {
  t.equal(valueOf(fields, 'accept'), 'text/html, image/*;q=0.5')
  t.equal(valueOf(fields, 'cookie'), 'a=1; b=2')
  t.equal(valueOf(fields, 'x-empty'), '')
  t.equal(valueOf(fields, 'host'), undefined)
})

t.test('as an object of lists each line stays apart, under names that objects have, too', async t => {
  const odd = toLists([...fields, ['constructor', 'a'], ['__proto__', 'b'], ['Constructor', 'c']])
  t.strictSame(odd['accept'], ['text/html', 'image/*;q=0.5'])
  t.strictSame(Object.entries(odd).slice(-2), [
    ['constructor', ['a', 'c']],
    ['__proto__', ['b']],
  ])
})

t.test('an object of lists is lines again', async t => {
  t.strictSame(fromLists({ a: '1', b: ['2', '3'], c: undefined }), [
    ['a', '1'],
    ['b', '2'],
    ['b', '3'],
  ])
})

t.test('a length is one number', async t => {
  t.equal(lengthOf([['Content-Length', '12']]), 12)
  for (const value of ['', '-1', '1, 1', '0x1', '9'.repeat(16)])
    t.equal(lengthOf([['Content-Length', value]]), undefined)
  t.equal(lengthOf([]), undefined)
})

t.test('chunks are the only transfer coding that is read, and HTTP/1.0 has none', async t => {
  const coded = (...values: string[]): FieldList => values.map(value => ['Transfer-Encoding', value])
  t.equal(oddTransferCoding([]), undefined)
  t.equal(oddTransferCoding(coded('Chunked')), undefined)
  for (const value of ['gzip, chunked', 'chunked, identity', 'identity', 'xchunked', '']) {
    t.equal(oddTransferCoding(coded(value)), value)
  }
  t.equal(oddTransferCoding(coded('chunked', 'chunked')), 'chunked, chunked')
  t.equal(oddTransferCoding(coded('chunked'), true), 'chunked')
})

t.test('fields are left out and replaced whatever their case is', async t => {
  t.strictSame(without(fields, 'accept', 'cookie'), [['X-Empty', '']])
  t.strictSame(
    withField(fields, 'Cookie', 'c=3'),
    [
      ['Accept', 'text/html'],
      ['Cookie', 'c=3'],
      ['accept', 'image/*;q=0.5'],
      ['X-Empty', ''],
    ],
    'in the place of the first',
  )
  t.strictSame(withField([['A', '1']], 'B', '2'), [
    ['A', '1'],
    ['B', '2'],
  ])
})

t.test(
  'nothing of the connection is passed on: its own fields, those that it names, those of this extension',
  async t => {
    const kept: FieldList = [
      ['Host', 'site.example'],
      ['Trailer', 'x'],
      ['X-Other', 'close'],
    ]
    const dropped: FieldList = [
      ['Connection', 'keep-alive, X-Named ,, x-also'],
      ['connection', 'x-third'],
      ['Keep-Alive', 'timeout=5'],
      ['Proxy-Connection', 'keep-alive'],
      ['Proxy-Authorization', 'Bearer x'],
      ['Proxy-Authenticate', 'Basic'],
      ['Proxy-Authentication-Info', 'x'],
      ['TE', 'trailers'],
      ['Transfer-Encoding', 'chunked'],
      ['Upgrade', 'websocket'],
      ['X-Named', '1'],
      ['X-Also', '1'],
      ['x-Third', '1'],
      ['Hunch-Bases', ':AA==:'],
      [':path', '/'],
    ]
    t.strictSame(endToEnd([...dropped, ...kept]), kept)
    t.strictSame(endToEnd(kept), kept)
  },
)

t.test('a record has lower-case names and joined values, and no name collides with what objects have', async t => {
  const odd: FieldList = [...fields, ['constructor', '1'], ['__proto__', '2'], ['__proto__', '3']]
  const record = toRecord(odd)
  t.equal(record['accept'], 'text/html, image/*;q=0.5')
  t.equal(record['cookie'], 'a=1; b=2')
  t.equal(record['constructor'], '1')
  t.equal(Object.getOwnPropertyDescriptor(record, '__proto__')?.value, '2, 3')
  t.equal(Object.getPrototypeOf(record), Object.prototype)
})

t.test('of a trailer section, only what may come behind a content is passed on', async t => {
  const trailers = [
    ['X-Checksum', '1'],
    ['Content-Length', '5'],
    ['Transfer-Encoding', 'chunked'],
    ['Set-Cookie', 'a=1'],
    ['Cache-Control', 'public'],
    ['Server-Timing', 'db;dur=3'],
  ] as const
  t.strictSame(asTrailers(trailers), [trailers[0], trailers[5]])
})

t.test('a proxy adds itself to Via behind those before it', async t => {
  const via = withVia([['Via', '1.1 first']], '2.0', 'hunch-far')
  t.equal(valueOf(via, 'via'), '1.1 first, 2.0 hunch-far')
})

t.test(
  'whatever the fields are: what is passed on is part of them, in order, and passing on again changes nothing',
  async t => {
    const name = fc.oneof(
      fc.constantFrom('Connection', 'te', 'Upgrade', 'hunch-x', 'a', 'B', 'constructor', ':status'),
      fc.string({ minLength: 1 }),
    )
    const value = fc.oneof(fc.constantFrom('a', 'b, te', 'close', ''), fc.string())
    fc.assert(
      fc.property(fc.array(fc.tuple(name, value)), list => {
        const passed = endToEnd(list)
        const places = passed.map(each => list.findIndex(one => one === each))
        const isOrdered = places.every((place, at) => place > (places[at - 1] ?? -1))
        return isOrdered && endToEnd(passed).length === passed.length
      }),
    )
    t.pass('they are')
  },
)
