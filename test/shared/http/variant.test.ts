// Claims about which response a request selects (RFC 9111 §4.1).
import t from 'tap'
import type { FieldList } from '../../../shared/http/fields.ts'
import { variantOf } from '../../../shared/http/variant.ts'

function same(vary: string, one: FieldList, other: FieldList): boolean {
  return variantOf(vary, one) === variantOf(vary, other)
}

t.test('what Vary names tells requests apart, what it does not name does not', async t => {
  t.notOk(same('A', [['A', '1']], [['A', '2']]))
  t.notOk(same('a', [['A', '1']], []))
  t.notOk(same('A', [['A', '']], []), 'empty is not absent')
  t.ok(
    same(
      'A',
      [
        ['A', '1'],
        ['B', '1'],
      ],
      [
        ['a', '1'],
        ['B', '2'],
      ],
    ),
  )
  t.notOk(
    same(
      'A, B',
      [
        ['A', '1'],
        ['B', '1'],
      ],
      [
        ['A', '1'],
        ['B', '2'],
      ],
    ),
  )
})

t.test(
  'lines, space around commas and the case of a language make no difference; order and other cases do',
  async t => {
    t.ok(
      same(
        'A',
        [
          ['A', '1'],
          ['A', '2'],
        ],
        [['A', '1 ,  2']],
      ),
    )
    t.ok(same('Accept-Language', [['Accept-Language', 'en-GB,de']], [['Accept-Language', 'EN-gb, de']]))
    t.notOk(same('A', [['A', 'x']], [['A', 'X']]))
    t.notOk(same('A', [['A', '1, 2']], [['A', '2, 1']]))
  },
)

t.test('a star anywhere selects nothing again', async t => {
  for (const vary of ['*', 'a, *', '*, a', ', *']) t.equal(variantOf(vary, []), undefined, vary)
})

t.test('codings tell nothing apart, nor does the order of names', async t => {
  t.ok(same('Accept-Encoding', [['Accept-Encoding', 'br']], []))
  t.ok(same('accept-encoding, available-dictionary, dictionary-id', [['Available-Dictionary', ':AA==:']], []))
  t.equal(variantOf('a, B', [['A', '1']]), variantOf('b,A,a', [['A', '1']]))
  t.equal(variantOf(undefined, [['A', '1']]), '')
})

t.test('the name of a variant does not tell what selected it', async t => {
  const name = variantOf('Cookie, A', [['Cookie', 'session=secret']])
  t.notMatch(name, /secret|session|cookie/i)
})
