// Claims about the digest of a content while it passes.
import * as fc from 'fast-check'
import t from 'tap'
import { RunningDigest } from '../../../shared/exchange/running-digest.ts'
import { digestOf, shorten } from '../../../shared/version.ts'

t.test('before any content it is the digest of nothing', async t => {
  const digest = new RunningDigest()
  t.equal(digest.digest(), digestOf(new Uint8Array(0)))
  t.equal(digest.length, 0)
})

t.test('at each step it is the digest of all that has passed, and asking does not end it', async t => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 100 })), pieces => {
      const digest = new RunningDigest()
      return pieces.every((piece, at) => {
        digest.update(piece)
        const passed = Buffer.concat(pieces.slice(0, at + 1))
        const isRight = digest.digest() === digestOf(passed) && digest.short() === shorten(digestOf(passed))
        return isRight && digest.length === passed.length
      })
    }),
  )
  t.pass('it is')
})
