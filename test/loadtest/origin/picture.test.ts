// Claims about the pictures.
import { brotliCompressSync, crc32, inflateSync } from 'node:zlib'
import t from 'tap'
import { paintLandscape, paintRadar } from '../../../loadtest/origin/picture.ts'

for (const [name, png, width, height] of [
  ['landscape', paintLandscape(192, 128, 1, 'a'), 192, 128],
  ['radar', paintRadar(320, 200, 1, 0), 320, 200],
] as const) {
  t.test(`the ${name} is a PNG whose chunks, rows and colours are right`, async t => {
    t.equal(png.subarray(0, 8).toString('latin1'), '\x89PNG\r\n\x1a\n')
    const chunks = readChunks(png)
    t.same([...chunks.keys()], ['IHDR', 'PLTE', 'IDAT', 'IEND'])
    t.equal(chunks.get('IHDR')?.readUInt32BE(0), width)
    t.equal(chunks.get('IHDR')?.readUInt32BE(4), height)
    const colours = (chunks.get('PLTE')?.length ?? 0) / 3
    const rows = inflateSync(chunks.get('IDAT') ?? '')
    t.equal(rows.length, (width + 1) * height)
    const used = new Set<number>()
    for (let y = 0; y < height; y++) {
      let colour = 0
      for (let x = 0; x < width; x++) used.add((colour = (colour + (rows[y * (width + 1) + 1 + x] ?? 0)) & 255))
    }
    t.ok(Math.max(...used) < colours, `colour ${Math.max(...used)} of ${colours}`)
    t.ok(used.size > 20, `${used.size} colours are used`)
  })

  t.test(`the ${name} hardly gets shorter by compression`, async t => {
    t.ok(brotliCompressSync(png).length > png.length * 0.95)
  })
}

t.test('two landscapes differ, and each is painted twice the same', async t => {
  t.ok(paintLandscape(64, 48, 1, 'a').equals(paintLandscape(64, 48, 1, 'a')))
  t.notOk(paintLandscape(64, 48, 1, 'a').equals(paintLandscape(64, 48, 1, 'b')))
})

function readChunks(png: Buffer): Map<string, Buffer> {
  const chunks = new Map<string, Buffer>()
  for (let at = 8; at < png.length; ) {
    const length = png.readUInt32BE(at)
    const framed = png.subarray(at + 4, at + 8 + length)
    if (crc32(framed) !== png.readUInt32BE(at + 8 + length)) throw new Error(`wrong CRC at ${at}`)
    chunks.set(framed.toString('latin1', 0, 4), framed.subarray(4))
    at += length + 12
  }
  return chunks
}
