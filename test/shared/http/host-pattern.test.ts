// Claims about lists of hosts.
import t from 'tap'
import { matchesHost, parseHostPatterns } from '../../../shared/http/host-pattern.ts'

t.test('a list is read without its spaces and in lower case; none is an empty one', async t => {
  t.same(parseHostPatterns('Bank.example, *.gov.example'), ['bank.example', '*.gov.example'])
  t.same(parseHostPatterns('[::1],192.0.2.1'), ['::1', '192.0.2.1'])
  t.same(parseHostPatterns('none'), [])
})

t.test('what is no host is not read', async t => {
  for (const text of ['', 'a.example,', 'https://a.example', 'a.example:443', '*', '*.*.example', 'a b']) {
    t.equal(parseHostPatterns(text), undefined, text)
  }
})

t.test('a name is that host alone, a star every host below it', async t => {
  const patterns = parseHostPatterns('bank.example,*.gov.example') ?? []
  for (const host of ['bank.example', 'BANK.example', 'bank.example.', 'a.gov.example', 'a.b.gov.example']) {
    t.ok(matchesHost(patterns, host), host)
  }
  for (const host of ['www.bank.example', 'notbank.example', 'gov.example', 'xgov.example', 'bank.example.net', '']) {
    t.notOk(matchesHost(patterns, host), host)
  }
})
