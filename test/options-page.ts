// Writes docs/options.md from the table of options: `npm run docs`. A test checks that it was run.
import { writeFile } from 'node:fs/promises'
import { describePage } from '../shared/config/describe.ts'

await writeFile(new URL('../docs/options.md', import.meta.url), describePage())
