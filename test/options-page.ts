// Writes docs/options.md and docs/bounds.md from their tables: `npm run docs`. Tests check that it was run.
import { writeFile } from 'node:fs/promises'
import { describeBounds } from '../shared/bounds.ts'
import { describePage } from '../shared/config/describe.ts'

await writeFile(new URL('../docs/options.md', import.meta.url), describePage())
await writeFile(new URL('../docs/bounds.md', import.meta.url), describeBounds())
