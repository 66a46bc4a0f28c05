// The programs that Hunch is measured beside: xdelta3, zstd, Brotli. Each makes a delta of two files.
// Knows: their command lines. Needs xdelta3 and zstd on the path.

import { execFileSync } from 'node:child_process'
import { brotliCompressSync, constants } from 'node:zlib'

export interface Pair {
  readonly basePath: string
  readonly targetPath: string
  readonly base: Buffer
  readonly target: Buffer
}

type Peer = (pair: Pair) => Buffer

const run = (program: string, args: readonly string[]) =>
  execFileSync(program, args, { maxBuffer: 2 ** 30, stdio: ['ignore', 'pipe', 'ignore'] })

const xdelta =
  (...options: string[]): Peer =>
  ({ basePath, targetPath }) =>
    run('xdelta3', ['-e', '-c', '-A', ...options, '-s', basePath, targetPath])

const zstd =
  (level: string): Peer =>
  ({ basePath, targetPath }) =>
    run('zstd', ['-q', '-c', level, `--patch-from=${basePath}`, targetPath])

/** By the name of their column. */
export const peers = {
  'xdelta3 -9 -S djw': xdelta('-9', '-S', 'djw'),
  'xdelta3 -9 -S none': xdelta('-9', '-S', 'none'),
  'zstd -19 patch-from': zstd('-19'),
  'zstd -3 patch-from': zstd('-3'),
  'brotli -q 11 alone': ({ target }) =>
    brotliCompressSync(target, {
      params: { [constants.BROTLI_PARAM_LGWIN]: 24, [constants.BROTLI_PARAM_SIZE_HINT]: target.length },
    }),
} as const satisfies Record<string, Peer>
