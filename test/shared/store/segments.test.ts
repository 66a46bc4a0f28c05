// Claims about the compressed form in which contents are sent as speculations and kept on disks.
import t from 'tap'
import {
  compressInSegments,
  decompressSegments,
  lengthsOf,
  partSegments,
  rememberSegments,
  segmentsOf,
} from '../../../shared/store/segments.ts'

const lengths = [0, 1, 8191, 8192, 8193, 100_000]

function makeText(length: number): Buffer {
  return Buffer.from(
    Array.from({ length: Math.ceil(length / 2) }, (_, at) => `${(at * 7919) % 99991} `).join(''),
  ).subarray(0, length)
}

t.test('what is compressed, joined and parted again is the same segments, and gives the content', async t => {
  for (const length of lengths) {
    const content = makeText(length)
    const segments = await compressInSegments(content)
    const joined = Buffer.concat(segments.map(({ bytes }) => bytes))
    t.strictSame(Buffer.from(await decompressSegments(joined, length)), content, `${length}`)
    const parted = partSegments(joined, lengthsOf(segments), length)
    t.strictSame(
      parted?.map(({ bytes, contentEnd }) => [Buffer.from(bytes), contentEnd]),
      segments.map(({ bytes, contentEnd }) => [Buffer.from(bytes), contentEnd]),
    )
    t.equal(segments.at(-1)?.contentEnd ?? 0, length)
  }
})

t.test('every segment can be decoded with those before it up to its end', async t => {
  const content = makeText(50_000)
  const segments = await compressInSegments(content)
  t.equal(segments.length, 7)
  for (const [at, { contentEnd }] of segments.entries()) {
    const prefix = Buffer.concat(segments.slice(0, at + 1).map(({ bytes }) => bytes))
    t.strictSame(await decompressSegments(prefix, content.length), content.subarray(0, contentEnd))
  }
})

t.test('lengths that do not fit part nothing', async t => {
  const segments = await compressInSegments(makeText(20_000))
  const joined = Buffer.concat(segments.map(({ bytes }) => bytes))
  const right = lengthsOf(segments)
  t.equal(partSegments(joined.subarray(1), right, 20_000), undefined)
  t.equal(partSegments(joined, right.subarray(4), 20_000), undefined)
  t.equal(partSegments(joined, right.subarray(1), 20_000), undefined)
  t.equal(partSegments(joined, right, 40_000), undefined)
  // The sum is as it was: only the checksum tells.
  const moved = Buffer.from(right)
  moved.writeUInt32LE(moved.readUInt32LE(0) + 1, 0)
  moved.writeUInt32LE(moved.readUInt32LE(4) - 1, 4)
  t.equal(partSegments(joined, moved, 20_000), undefined)
})

t.test('damaged segments, and such as hold more than they should, are refused', async t => {
  const segments = await compressInSegments(makeText(20_000))
  const joined = Buffer.concat(segments.map(({ bytes }) => bytes))
  await t.rejects(decompressSegments(joined, 19_999))
  await t.rejects(decompressSegments(Buffer.alloc(100, 0xff), 20_000))
})

t.test('a content is compressed once, and not at all when its segments are known', async t => {
  const content = makeText(10_000)
  t.equal(segmentsOf(content), segmentsOf(content))
  const other = Buffer.from(content)
  const segments = await segmentsOf(content)
  rememberSegments(other, segments)
  t.equal(await segmentsOf(other), segments)
})
