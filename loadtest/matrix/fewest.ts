// The fewest bytes in which each visit of a document is known to be expressible, for the physical limit.
// Knows: Brotli at its strongest, with and without a dictionary. Does not know: what the proxies send.
import { promisify } from 'node:util'
import { brotliCompress, constants } from 'node:zlib'
import { encodeDcb } from '../../shared/delta/dcb-encode.ts'
import { HARD_QUALITY } from '../../shared/exchange/whole-quality.ts'
import { compress } from '../../shared/store/compressed.ts'
import type { Document } from './documents.ts'

export const visits = ['first', 'far has it', 'repeat changed', 'repeat unchanged', 'sibling'] as const
export type Visit = (typeof visits)[number]

/** The least that the content of a visit costs, given what near holds, and what far could send before it is known. */
export interface Fewest {
  readonly fewestBytes: number
  readonly wholeBytes: number
  readonly baseBytes: number
  /** The base in the smallest form in which far sends it; 0: there is none. */
  readonly speculationBytes: number
}

/** Of each visit. */
export async function fewestOf({ steps, sibling }: Document): Promise<Readonly<Record<Visit, Fewest>>> {
  const [first, second, third] = steps
  const [whole, wholeSecond, wholeSibling] = await Promise.all([first, second, sibling].map(wholeBytes))
  const [toSecond, toThird, toSibling] = await Promise.all([
    deltaBytes(first, second),
    deltaBytes(second, third),
    deltaBytes(third, sibling),
  ])
  const { length: speculationBytes } = await compress(first, HARD_QUALITY)
  const held = { wholeBytes: 0, baseBytes: 0, speculationBytes: 0 }
  return {
    first: { ...held, fewestBytes: whole ?? 0, wholeBytes: whole ?? 0 },
    'far has it': { fewestBytes: toSecond, wholeBytes: wholeSecond ?? 0, baseBytes: whole ?? 0, speculationBytes },
    'repeat changed': { ...held, fewestBytes: toThird },
    'repeat unchanged': { ...held, fewestBytes: 0 },
    sibling: { ...held, fewestBytes: Math.min(toSibling, wholeSibling ?? 0) },
  }
}

/** About what the whole of a document costs: in the quality that takes no time. */
export async function wholeBytesOf({ steps: [first] }: Document): Promise<number> {
  const params = { [constants.BROTLI_PARAM_QUALITY]: 5, [constants.BROTLI_PARAM_SIZE_HINT]: first.length }
  return (await promisify(brotliCompress)(first, { params })).length
}

async function wholeBytes(content: Buffer): Promise<number> {
  const params = { [constants.BROTLI_PARAM_LGWIN]: 24, [constants.BROTLI_PARAM_SIZE_HINT]: content.length }
  return (await promisify(brotliCompress)(content, { params })).length
}

async function deltaBytes(base: Buffer, target: Buffer): Promise<number> {
  return (await encodeDcb(base, target, { effort: 5, framing: 'link' })).length
}
