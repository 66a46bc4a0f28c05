// Claims about a pair that was ended and started again: what both kept, and what they never did.
import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { ask } from './client.ts'
import { makeText, Origin } from './odd-origin.ts'
import { startPair } from './running-pair.ts'

const kept = { far: ['--store', '64MiB'], near: ['--store', '64MiB'] }
const page = makeText(20_000)
const changed = `${page.slice(0, 9_000)}<p>changed</p>${page.slice(9_100)}`

t.test('after a restart of both, what was held is fresh, confirmed, or the base of a delta', async t => {
  const pair = await startPair(t, kept)
  const asked: (string | undefined)[] = []
  let content = page
  const origin = await Origin.start(t, (request, response) => {
    asked.push(request.url)
    const fields = request.url === '/fresh' ? { 'cache-control': 'max-age=60' } : {}
    response.writeHead(200, { 'content-type': 'text/html', ...fields }).end(request.url === '/changed' ? content : page)
  })
  for (const path of ['/fresh', '/same', '/changed']) {
    t.match(await ask(pair.near.address, origin.url + path), { way: 'whole' })
  }
  asked.length = 0
  content = changed
  const near = await pair.restart()
  for (const [path, way] of [
    ['/fresh', 'fresh'],
    ['/same', 'confirmed'],
    ['/changed', 'delta'],
  ] as const) {
    const got = await ask(near.address, origin.url + path)
    t.equal(got.way, way, path)
    t.equal(got.body.toString(), path === '/changed' ? changed : page)
  }
  t.strictSame(asked, ['/same', '/changed'])
  t.equal((await ask(near.address, `${origin.url}/changed`)).way, 'confirmed', 'what came since is newest')
})

t.test('a far that was restarted speculates to a near that is new with what it kept', async t => {
  const pair = await startPair(t, kept)
  let content = page
  const origin = await Origin.start(t, (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end(content)
  })
  await ask(pair.near.address, origin.url)
  await pair.restart()
  const fresh = await pair.addNear()
  t.match(await ask(fresh.address, origin.url), { way: 'confirmed' })
  content = changed
  const other = await pair.addNear()
  const got = await ask(other.address, origin.url)
  t.equal(got.body.toString(), changed)
})

t.test('what must not be stored never reaches a disk; what one near was sent is not recalled for another', async t => {
  const pair = await startPair(t, kept)
  const marker = 'never-on-a-disk-0123456789'
  const secret = 'the-secret-of-one-user'
  const origin = await Origin.start(t, (request, response) => {
    const isStored = request.url !== '/no-store'
    const fields = isStored ? {} : { 'cache-control': 'no-store', 'x-marker': marker }
    const body = isStored ? `${page}${secret}` : `${page}${marker}`
    // No text, so that it lies on the disk as it is.
    response.writeHead(200, { 'content-type': 'image/png', ...fields }).end(body)
  })
  const mine = { fields: ['Cookie', 'session=cookie-of-the-user', 'Authorization', 'Basic bm90LW9uLWRpc2s='] }
  await ask(pair.near.address, `${origin.url}/no-store`, mine)
  await ask(pair.near.address, `${origin.url}/private`, mine)
  await pair.restart()
  const other = await pair.addNear()
  const got = await ask(other.address, `${origin.url}/private`, mine)
  t.equal(got.way, 'whole')
  const files = readAll(join(pair.near.data, '..'))
  t.ok(files.includes(secret), 'what may be stored is there')
  for (const word of [marker, 'cookie-of-the-user', 'bm90LW9uLWRpc2s']) t.notOk(files.includes(word), word)
})

/** All bytes of all files below. */
function readAll(directory: string): Buffer {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true })
  return Buffer.concat(
    entries.filter(each => each.isFile()).map(each => readFileSync(join(each.parentPath, each.name))),
  )
}

t.test('a restart of near does not forget what the data plan has paid for this month', async t => {
  const pair = await startPair(t, { ...kept, near: [...kept.near, '--monthly-budget-bytes', '2GB'] })
  const origin = await Origin.start(t, (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end(page)
  })
  await ask(pair.near.address, origin.url)
  const spent = await readMonth(pair.near.address)
  t.ok(spent.linkBytes > 0)
  t.equal(spent.budgetBytes, 2e9)
  const near = await pair.restart()
  t.strictSame(await readMonth(near.address), spent)
})

t.test('a near that was restarted knows the link before anything has crossed it; one that is new does not', async t => {
  const pair = await startPair(t, kept)
  const origin = await Origin.start(t, (_request, response) => {
    response.writeHead(200, { 'content-type': 'image/png' }).end(randomBytes(1_000_000))
  })
  t.equal(await readBandwidth((await pair.addNear()).address), undefined)
  while ((await readBandwidth(pair.near.address)) === undefined) await ask(pair.near.address, origin.url)
  const near = await pair.restart()
  t.type(await readBandwidth(near.address), 'number')
})

/** What near says of its link, once it has one. */
async function readBandwidth(address: string): Promise<number | undefined> {
  for (;;) {
    const text = (await ask(address, 'http://hunch.invalid/metrics')).body.toString()
    const of = (name: string) => new RegExp(`^hunch_near_link_${name} (.*)$`, 'm').exec(text)?.[1]
    const bandwidth = of('bandwidth_bytes_per_second')
    if (of('up') === '1') return bandwidth === undefined ? undefined : Number(bandwidth)
  }
}

async function readMonth(address: string): Promise<{ linkBytes: number; budgetBytes?: number }> {
  return JSON.parse((await ask(address, 'http://hunch.invalid/status.json')).body.toString()).month
}
