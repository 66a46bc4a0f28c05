// Claims about what is remembered of a URL: its own last values first, else those of its host.
import t from 'tap'
import { UrlHistory } from '../../../shared/exchange/url-history.ts'

const page = 'https://site.example/page'
const other = 'https://site.example/other'

const key = (url: string) => `public ${url}`

t.test('nothing is known of what was never seen', async t => {
  t.strictSame(new UrlHistory().of(page, ['public']), [])
})

t.test('a URL has its own values; another of the same host has those of the host', async t => {
  const history = new UrlHistory()
  history.note(page, 100, 'public')
  t.strictSame(history.of(other, ['public']), [100])
  history.note(other, 500, 'public')
  t.strictSame(history.of(other, ['public']), [500])
  t.strictSame(history.of(page, ['public']), [100])
  t.strictSame(history.of('https://site.example/third', ['public']), [100, 500])
  t.strictSame(history.of('https://elsewhere.example/page', ['public']), [])
})

t.test('the last sixteen values count', async t => {
  const history = new UrlHistory()
  for (let value = 1; value <= 20; value++) history.note(page, value, 'public')
  t.strictSame(
    history.of(page, ['public']),
    Array.from({ length: 16 }, (_each, index) => index + 5),
  )
})

t.test('what was longest not used is forgotten first, and its host still speaks for it', async t => {
  const history = new UrlHistory()
  for (let at = 0; at < 12_000; at++) history.note(`https://site.example/${at}`, at < 6_000 ? 100 : 200, 'public')
  history.note('https://site.example/last', 300, 'public')
  t.equal(history.of('https://site.example/0', ['public']).at(-1), 300, 'that of its host')
  t.strictSame(history.of('https://site.example/last', ['public']), [300])
})

t.test('what was remembered is put back behind what was noted since', async t => {
  const history = new UrlHistory()
  history.note(page, 1, 'public')
  history.note(other, 2, 'public')
  const again = new UrlHistory()
  again.note(other, 3, 'public')
  again.restore(JSON.parse(JSON.stringify(history.entries())))
  t.strictSame(again.of(page, ['public']), [1])
  t.strictSame(again.of(other, ['public']), [3])
})

t.test('entries of another shape are skipped', async t => {
  const history = new UrlHistory()
  history.restore([
    null,
    1,
    [],
    [key(page)],
    [key(page), 'x'],
    [key(page), []],
    [key(page), [1, 'x']],
    [key(other), [7]],
  ])
  t.strictSame(history.of(page, ['public']), [])
  t.strictSame(history.of(other, ['public']), [7])
})

t.test('what was measured in one scope is known to no other', async t => {
  const history = new UrlHistory()
  history.note(page, 1, 'private:a')
  history.note(other, 2, 'public')
  t.strictSame(history.of(page, ['public', 'private:b']), [2], 'that of the host, for all')
  t.strictSame(history.of(page, ['public', 'private:a']), [1])
  t.strictSame(history.of(page, ['private:b']), [])
})

t.test('what may be written down is of hosts alone', async t => {
  const history = new UrlHistory()
  history.note('http://site.example/host secret', 1, 'public')
  history.note('http://site.example/reset?token=secret', 2, 'private:a')
  t.strictSame(history.hostEntries(), [
    ['public host site.example', [1]],
    ['private:a host site.example', [2]],
  ])
  const next = new UrlHistory()
  next.restore(history.hostEntries())
  t.strictSame(next.of('http://site.example/other', ['private:a']), [2])
})
