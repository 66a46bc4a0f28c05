// Claims about the request that asks behind an answer.
import t from 'tap'
import { planRevalidation } from '../../../shared/exchange/plan-revalidation.ts'
import { get } from '../sample-version.ts'

t.test('it is a plain GET with the fields that select a variant, whatever part the client wanted', async t => {
  const wanted = get([
    ['Accept-Language', 'de'],
    ['Range', 'bytes=0-9'],
    ['If-Range', '"1"'],
    ['If-None-Match', '"1"'],
    ['if-modified-since', 'Thu, 01 Jan 1970 00:00:00 GMT'],
    ['Cookie', 'a=1'],
  ])
  const plain = {
    method: 'GET',
    url: wanted.url,
    fields: [
      ['Accept-Language', 'de'],
      ['Cookie', 'a=1'],
    ],
  }
  t.strictSame(planRevalidation({ ...wanted, method: 'HEAD' }), plain)
})

t.test('a client that wants no network does not keep it from being asked', async t => {
  t.strictSame(planRevalidation(get([['Cache-Control', 'only-if-cached']])).fields, [])
  const others = get([['Cache-Control', 'no-transform']])
  t.strictSame(planRevalidation(others), others)
})
