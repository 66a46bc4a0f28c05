// Claims about preparing the form of a speculation: all that was given is prepared, one after the other, and of a burst
// only so much.
import { createHook } from 'node:async_hooks'
import t from 'tap'
import { CompressedPreparer } from '../../proxy-far/prepare-compressed.ts'
import { compressedOf } from '../../shared/store/compressed.ts'
import { makePage } from '../shared/delta/samples.ts'

/** How many Brotli streams `work` makes. */
async function countStreams(work: () => Promise<unknown>): Promise<number> {
  let count = 0
  const hook = createHook({
    init: (_id, type) => {
      if (type === 'ZLIB') count += 1
    },
  }).enable()
  await work()
  hook.disable()
  return count
}

t.test('what was prepared is not compressed when it is asked for', async t => {
  const preparer = new CompressedPreparer(0)
  const content = makePage(40_000, 1)
  const prepared = await countStreams(async () => {
    preparer.prepare(content)
    await preparer.settled()
  })
  t.equal(prepared, 1)
  t.equal(await countStreams(() => compressedOf(content)), 0)
  t.equal(await countStreams(() => compressedOf(makePage(40_000, 2))), 1)
})

t.test('of a burst the rest is left to whoever asks', async t => {
  const preparer = new CompressedPreparer(0)
  const contents = Array.from({ length: 100 }, (_each, seed) => makePage(1_000, seed))
  const prepared = await countStreams(async () => {
    for (const content of contents) preparer.prepare(content)
    await preparer.settled()
  })
  t.equal(prepared, 64)
  preparer.prepare(contents[99] as Uint8Array)
  await preparer.settled()
  t.equal(await countStreams(() => compressedOf(contents[99] as Uint8Array)), 0, 'it goes on afterwards')
})
