// Claims about the endpoints under /-/, over real sockets.
import t, { type Test } from 'tap'
import { startOrigin, type Origin } from '../../../loadtest/origin/origin.ts'

async function start(t: Test): Promise<Origin> {
  // A timer that never fires: whatever waits, waits for ever.
  const after = () => () => {}
  const origin = await startOrigin({ listen: { host: '127.0.0.1', port: 0 }, seed: 1, waits: 'typical', after })
  t.teardown(() => origin.close())
  return origin
}

const post = { method: 'POST' } as const

t.test('they never wait', async t => {
  const { url } = await start(t)
  t.equal((await fetch(`${url}/-/age`, post)).status, 200)
  t.equal((await fetch(`${url}/-/current?path=/news`)).status, 200)
  t.equal((await fetch(`${url}/-/pages`)).status, 200)
})

t.test('all pages age, or one', async t => {
  const origin = await start(t)
  t.same(await (await fetch(`${origin.url}/-/age`, post)).json(), { aged: 'all' })
  const item = encodeURIComponent('/item?id=3')
  t.same(await (await fetch(`${origin.url}/-/age?path=${item}`, post)).json(), { aged: '/item?id=3' })
  const stepOf = (path: string) => origin.pages.find(page => page.path === path)?.step
  t.equal(stepOf('/item?id=3'), 2)
  t.equal(stepOf('/item?id=4'), 1)
  t.equal((await fetch(`${origin.url}/-/age?path=/nowhere`, post)).status, 404)
})

t.test('a browser that presses the button comes back to the first page', async t => {
  const { url } = await start(t)
  const headers = { accept: 'text/html,*/*;q=0.8' }
  const response = await fetch(`${url}/-/age`, { method: 'POST', headers, redirect: 'manual' })
  t.equal(response.status, 303)
  t.equal(response.headers.get('location'), '/')
})

t.test('the current bytes of a page are given, for a user where there is one', async t => {
  const origin = await start(t)
  origin.age('/shop')
  const shop = await fetch(`${origin.url}/-/current?path=/shop`)
  t.equal(shop.headers.get('content-type'), 'text/html; charset=utf-8')
  t.equal(shop.headers.get('cache-control'), 'no-store')
  t.equal(shop.headers.get('demo-step'), '1')
  t.equal(await shop.text(), origin.current('/shop')?.toString())
  for (const [query, headers] of [
    ['&user=Anna', {}],
    ['', { cookie: 'user=Anna' }],
  ] as const) {
    const account = await fetch(`${origin.url}/-/current?path=/account${query}`, { headers })
    t.match(await account.text(), 'Good day, Anna')
  }
  for (const query of ['', '?path=', '?path=nowhere', '?path=/nowhere']) {
    t.equal((await fetch(`${origin.url}/-/current${query}`)).status, 404, query)
  }
})

t.test('the list names every page with its way of ageing, its step and its size', async t => {
  const origin = await start(t)
  const pages: unknown = await (await fetch(`${origin.url}/-/pages`)).json()
  t.same(pages, JSON.parse(JSON.stringify(origin.pages)))
  t.ok(origin.pages.length > 60)
})

t.test('another control or method is refused', async t => {
  const { url } = await start(t)
  t.equal((await fetch(`${url}/-/else`)).status, 404)
  t.equal((await fetch(`${url}/-/age`)).status, 405)
  t.equal((await fetch(`${url}/-/pages`, post)).status, 405)
  t.equal((await fetch(`${url}/-/pages`, { method: 'HEAD' })).status, 200)
})
