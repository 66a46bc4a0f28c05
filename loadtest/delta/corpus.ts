// Pairs of neighbouring versions out of a corpus: a folder with a manifest.json that names documents and versions.
// Knows: the manifest's shape. Does not know: what is measured.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Pair } from './peers.ts'

interface Manifest {
  readonly docs: readonly {
    readonly slug: string
    readonly kind: string
    readonly versions: readonly { readonly file: string }[]
  }[]
}

export interface CorpusPair extends Pair {
  readonly document: string
  readonly kind: string
  /** 1 is the step from the first version to the second. */
  readonly step: number
  readonly isLast: boolean
}

/** Every step from a version to the next, in the order of the manifest. */
export function* readPairs(folder: string): Generator<CorpusPair> {
  const manifest: Manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'))
  for (const { slug, kind, versions } of manifest.docs) {
    for (let step = 1; step < versions.length; step++) {
      const basePath = join(folder, slug, versions[step - 1]!.file)
      const targetPath = join(folder, slug, versions[step]!.file)
      const isLast = step === versions.length - 1
      const [base, target] = [readFileSync(basePath), readFileSync(targetPath)]
      yield { document: slug, kind, step, isLast, basePath, targetPath, base, target }
    }
  }
}

/** The value below which the share `q` of `values` lies. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN
}
