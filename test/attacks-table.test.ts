// Claims about the table of attacks in docs/security.md: each row names tests that exist, by words of their titles.
import { readFile } from 'node:fs/promises'
import t from 'tap'

const read = (path: string) => readFile(new URL(`../${path}`, import.meta.url), 'utf8')

t.test('each attack of docs/security.md has a test whose title says what is claimed', async t => {
  const [, table = ''] = (await read('docs/security.md')).split('## Attacks tried')
  const rows = table.split('\n## ')[0]?.match(/^\| (?!attack|---).*$/gm) ?? []
  t.ok(rows.length >= 20, `${rows.length} attacks`)
  for (const row of rows) {
    const [, attack = '', , cell = ''] = row.split(' | ').flatMap((each, index) => (index === 0 ? ['', each] : [each]))
    const files = cell.split(/(?=`test\/)/).filter(each => each.startsWith('`test/'))
    t.ok(files.length > 0, `${attack}: some file`)
    for (const said of files) {
      const path = /^`([^`]*)`/.exec(said)?.[1] ?? ''
      const titles = titlesOf(await read(path))
      const claims = [...said.matchAll(/"([^"]*)"/g)].map(match => match[1] ?? '')
      t.ok(claims.length > 0, `${attack}: a claim of ${path}`)
      for (const claim of claims) {
        t.ok(
          titles.some(title => title.includes(claim)),
          `"${claim}" is a title in ${path}`,
        )
      }
    }
  }
})

function titlesOf(text: string): readonly string[] {
  return [...text.matchAll(/t\.test\(\s*(['`"])(.*?)\1,/g)].map(match => match[2] ?? '')
}
