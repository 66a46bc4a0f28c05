// Claims about the names of what machines share.
import t from 'tap'
import { sharedNames } from '../../../shared/store/shared-names.ts'

t.test('names tell scopes apart, and neither URLs nor nears', async t => {
  const url = 'http://site.example/secret?token=abc'
  const names = [
    sharedNames.versions(url, 'public'),
    sharedNames.versions(url, 'private:ada'),
    sharedNames.versions(`${url}d`, 'public'),
    sharedNames.urls(url, 'public'),
    sharedNames.urls(url, 'private:ada'),
    sharedNames.digest('00', 'public'),
    sharedNames.digest('00', 'private:ada'),
  ]
  t.equal(new Set(names).size, names.length)
  for (const name of names) {
    t.match(name, /^hunch1:[vod]:[0-9a-f]{32}$/)
    t.notMatch(name, /secret|ada/)
  }
  t.equal(sharedNames.urls(url, 'public'), sharedNames.urls('http://site.example/', 'public'), 'one name for an origin')
})
