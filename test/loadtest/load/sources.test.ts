// Claims about the files that URLs are read from.
import t from 'tap'
import { readSource } from '../../../loadtest/load/sources.ts'

t.test('a list is read line by line, without comments and empty lines', async t => {
  const { kind, urls } = readSource(
    'list',
    '# popular\nhttp://a.example/\n\n  https://b.example/x?y=1  \r\n',
    'urls.txt',
  )
  t.equal(kind, 'list')
  t.same(urls, ['http://a.example/', 'https://b.example/x?y=1'])
})

t.test('a line that is no URL is named', async t => {
  t.throws(() => readSource('list', 'http://a.example/\nftp://b.example/\n', 'urls.txt'), {
    code: 'USAGE',
    message: /urls\.txt:2: ftp:\/\/b\.example\/ is not an http or https URL/,
  })
})

t.test('a HAR file gives its GETs in their order', async t => {
  const entry = (method: string, url: string) => ({ request: { method, url } })
  const entries = [entry('GET', 'http://a.example/'), entry('POST', 'http://a.example/f'), entry('GET', 'data:,x')]
  const { kind, urls } = readSource('har', JSON.stringify({ log: { entries } }), 'x.har')
  t.equal(kind, 'record')
  t.same(urls, ['http://a.example/'])
})

t.test('what is no HAR file is refused', async t => {
  t.throws(() => readSource('har', 'nothing', 'x.har'), { code: 'USAGE', message: /not JSON/ })
  t.throws(() => readSource('har', '{"log":{}}', 'x.har'), { code: 'USAGE', message: /no log\.entries/ })
})

t.test("proxy logs are read in the Common Log Format and in Squid's", async t => {
  const log = [
    '10.0.0.1 - - [10/Oct/2026:13:55:36 +0000] "GET http://a.example/1 HTTP/1.1" 200 2326',
    '10.0.0.1 - - [10/Oct/2026:13:55:37 +0000] "POST http://a.example/2 HTTP/1.1" 200 2',
    '1066036250.603 310 192.0.0.1 TCP_MISS/200 1913 GET http://b.example/3 - DIRECT/b.example text/html',
    'noise',
  ].join('\n')
  t.same(readSource('log', log, 'access.log').urls, ['http://a.example/1', 'http://b.example/3'])
})

t.test('a file without any URL is refused', async t => {
  for (const [form, text] of [
    ['list', '# nothing\n'],
    ['log', 'noise\n'],
    ['har', '{"log":{"entries":[]}}'],
  ] as const) {
    t.throws(() => readSource(form, text, 'F'), { code: 'USAGE', message: /names no http or https URL/ }, form)
  }
})

t.test('a HAR file in which something is null is read as far as it says anything', async t => {
  const har = '{"log":{"entries":[null,{},{"request":null},{"request":{"method":"GET","url":"http://a.example/"}}]}}'
  t.same(readSource('har', har, 'F').urls, ['http://a.example/'])
  for (const text of ['null', '{"log":null}', '5'])
    t.throws(() => readSource('har', text, 'F'), { code: 'USAGE', message: /no log\.entries/ }, text)
})
