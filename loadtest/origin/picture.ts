// The pictures: painted landscapes and a rain radar, as PNG files that compress no further.
// Knows: pixels and PNG (ISO/IEC 15948). Does not know: pages.
// 1. Only whole numbers are used, so that every machine paints the same picture.

import { crc32, constants, deflateSync } from 'node:zlib'
import { Chance } from './chance.ts'

/** The red, green and blue of one colour, each 0–255. */
type Colour = readonly [number, number, number]

const SHADES = 24

interface Light {
  readonly high: Colour
  readonly low: Colour
  readonly far: Colour
  readonly close: Colour
  readonly sun: Colour
}

const lights: readonly Light[] = [
  { high: [74, 117, 168], low: [246, 214, 170], far: [128, 141, 168], close: [38, 58, 60], sun: [255, 240, 205] },
  { high: [46, 60, 110], low: [240, 140, 92], far: [120, 92, 120], close: [30, 28, 48], sun: [255, 214, 140] },
  { high: [120, 170, 205], low: [222, 236, 238], far: [140, 170, 172], close: [48, 84, 62], sun: [255, 255, 240] },
  { high: [18, 26, 54], low: [62, 88, 120], far: [40, 58, 84], close: [10, 16, 28], sun: [232, 238, 250] },
]

/** A landscape of hills above water under one of four lights, with the grain of film. */
export function paintLandscape(width: number, height: number, seed: number, name: string): Buffer {
  const chance = new Chance(seed, 'landscape', name)
  const light = chance.pick(lights)
  const ridges = [0, 1, 2, 3].map(layer => ridge(chance, width, Math.floor((height * (32 + layer * 11)) / 100), height))
  const shore = Math.floor((height * 74) / 100)
  const sunX = chance.between(Math.floor(width / 5), Math.floor((width * 4) / 5))
  const sunY = Math.floor((height * chance.between(12, 26)) / 100)
  const radius = Math.floor(height / chance.between(11, 16))
  const rows = new Uint8Array(width * height)
  for (let y = 0; y < height; y++) {
    // Below the shore the water shows what stands above it, darker and broken by ripples.
    const water = y >= shore
    for (let x = 0; x < width; x++) {
      const grain = chance.below(3) - 1
      const ripple = water ? chance.below(7) - 3 : 0
      const lookY = water ? Math.max(0, shore - (y - shore) * 2) : y
      const lookX = Math.min(width - 1, Math.max(0, x + ripple))
      const layer = ridges.findLastIndex(heights => lookY >= (heights[lookX] ?? 0))
      const inSun = (lookX - sunX) ** 2 + (lookY - sunY) ** 2 < radius * radius
      const band = layer >= 0 ? 1 + layer : inSun ? 5 : 0
      const depth = layer < 0 ? lookY / shore : (lookY - (ridges[layer]?.[lookX] ?? 0)) / (height / 3)
      const shade = Math.floor(Math.min(1, Math.max(0, depth)) * (SHADES - 1)) + grain - (water ? 3 : 0)
      rows[y * width + x] = band * SHADES + Math.min(SHADES - 1, Math.max(0, shade))
    }
  }
  return encodePng(width, height, rows, paletteOf(light))
}

/** Rain over a valley: nothing of one version is found in the next. */
export function paintRadar(width: number, height: number, seed: number, step: number): Buffer {
  const chance = new Chance(seed, 'radar', step)
  const cells = Array.from({ length: 16 }, () => ({
    x: chance.below(width),
    y: chance.below(height),
    size: chance.between(300, 3500),
  }))
  const rows = new Uint8Array(width * height)
  for (let index = 0; index < rows.length; index++) {
    const x = index % width
    const y = Math.floor(index / width)
    let rain = 0
    for (const cell of cells) rain += Math.floor((cell.size * 40) / ((x - cell.x) ** 2 + (y - cell.y) ** 2 + cell.size))
    rows[index] = Math.min(SHADES - 1, Math.max(0, Math.floor(rain / 9) - 3 + chance.below(4)))
  }
  return encodePng(width, height, rows, ramp([232, 238, 240], [28, 60, 140]))
}

/** The upper edge of a range of hills, for each column, by halving the gaps between known points. */
function ridge(chance: Chance, width: number, level: number, height: number): Int32Array {
  const heights = new Int32Array(width).fill(level)
  let rough = Math.floor(height / 6)
  heights[0] = level + chance.below(rough + 1) - Math.floor(rough / 2)
  for (let gap = 1 << (31 - Math.clz32(width)); gap >= 1; gap >>= 1) {
    for (let x = gap; x < width; x += gap * 2) {
      const left = heights[x - gap] ?? level
      const right = heights[x + gap] ?? left
      heights[x] = Math.floor((left + right) / 2) + chance.below(rough + 1) - Math.floor(rough / 2)
    }
    rough = Math.floor((rough * 11) / 20)
  }
  return heights
}

function paletteOf(light: Light): readonly Colour[] {
  const hills = [0, 1, 2, 3].flatMap(layer => {
    const base = mix(light.far, light.close, layer, 3)
    return ramp(mix(base, light.low, 1, 5), mix(base, light.close, 1, 2))
  })
  return [...ramp(light.high, light.low), ...hills, ...ramp(light.sun, mix(light.sun, light.low, 1, 3))]
}

function ramp(from: Colour, to: Colour): readonly Colour[] {
  return Array.from({ length: SHADES }, (_, index) => mix(from, to, index, SHADES - 1))
}

function mix(from: Colour, to: Colour, part: number, whole: number): Colour {
  const blend = (index: 0 | 1 | 2) => from[index] + Math.floor(((to[index] - from[index]) * part) / whole)
  return [blend(0), blend(1), blend(2)]
}

/** A PNG of indexed colours, one byte for each pixel, each row as differences from its left (§9.2, filter Sub). */
function encodePng(width: number, height: number, pixels: Uint8Array, palette: readonly Colour[]): Buffer {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, 3, 0, 0, 0], 8)
  const rows = Buffer.alloc((width + 1) * height)
  for (let y = 0; y < height; y++) {
    const start = y * (width + 1)
    rows[start] = 1
    for (let x = 0; x < width; x++) {
      const left = x === 0 ? 0 : (pixels[y * width + x - 1] ?? 0)
      rows[start + 1 + x] = (pixels[y * width + x] ?? 0) - left
    }
  }
  // Z_RLE looks for no matches by hash, which zlib does differently on different processors.
  const data = deflateSync(rows, { strategy: constants.Z_RLE })
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('PLTE', Buffer.from(palette.flat())),
    chunk('IDAT', data),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

function chunk(name: string, data: Buffer): Buffer {
  const framed = Buffer.alloc(data.length + 12)
  framed.writeUInt32BE(data.length, 0)
  framed.write(name, 4, 'latin1')
  data.copy(framed, 8)
  framed.writeUInt32BE(crc32(framed.subarray(4, data.length + 8)), data.length + 8)
  return framed
}
