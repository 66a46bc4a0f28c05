// Claims about the names of a request's fields across the link.
import * as fc from 'fast-check'
import t from 'tap'
import type { FieldList } from '../../../shared/http/fields.ts'
import { commonName, namesOf, withNames } from '../../../shared/link/field-names.ts'

const fieldsOf = (...names: readonly string[]): FieldList => names.map((name, at) => [name, String(at)])
const inLowerCase = (fields: FieldList): FieldList => fields.map(([name, value]) => [name.toLowerCase(), value])

t.test('names that browsers and curl write cost nothing', async t => {
  const chrome = [
    'Upgrade-Insecure-Requests',
    'User-Agent',
    'Accept',
    'Sec-Fetch-Site',
    'sec-ch-ua',
    'sec-ch-ua-mobile',
  ]
  const more = [
    'Accept-Encoding',
    'Cookie',
    'DNT',
    'Sec-GPC',
    'Sec-WebSocket-Version',
    'X-Requested-With',
    'Via',
    'SOAPAction',
  ]
  for (const name of [...chrome, ...more]) t.equal(commonName(name.toLowerCase()), name)
  t.equal(namesOf(fieldsOf(...chrome, ...more)), undefined)
})

t.test('names written otherwise are said, once each', async t => {
  t.equal(namesOf(fieldsOf('accept', 'User-Agent', 'X-CSRF-TOKEN', 'accept', '_x')), '"accept", "X-CSRF-TOKEN"')
})

t.test('of lines of one name the first says how it is written', async t => {
  t.equal(namesOf(fieldsOf('Cookie', 'cookie')), undefined)
  t.equal(namesOf(fieldsOf('X-a', 'x-A', 'X-A')), '"X-a"')
})

t.test('every name comes back as it was written, and in its place', async t => {
  const token = fc.stringMatching(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,12}$/)
  const property = fc.property(fc.uniqueArray(token, { selector: name => name.toLowerCase() }), names => {
    const fields = fieldsOf(...names)
    t.strictSame(withNames(inLowerCase(fields), namesOf(fields)), fields)
  })
  fc.assert(property, { numRuns: 50 })
})

t.test('names of fields that are not there, and what is no list of names, change nothing', async t => {
  t.strictSame(withNames([['accept', '1']], '"X-Other", 5, accepT'), [['Accept', '1']])
  t.strictSame(withNames([['x-a', '1']], undefined), [['X-A', '1']])
  t.strictSame(withNames([['x-a', '1']], '"x-A", "open'), [['X-A', '1']])
})
