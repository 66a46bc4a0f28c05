// Lets the TypeScript of this package run where npm has installed it: under node_modules, where Node refuses to strip
// types (ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING). Imported for its effect, before the first .ts file.
// Knows: this package's folder. Does not know: other packages, whose files it leaves alone.

import { readFileSync } from 'node:fs'
import module from 'node:module'
import { fileURLToPath } from 'node:url'

const packageFolder = new URL('../', import.meta.url).href
const nested = `${packageFolder}node_modules/`

// The function is marked experimental and Node says so once; a person who starts a proxy can do nothing about it.
// oxlint-disable-next-line typescript/unbound-method -- it is put back as it was, not called
const { emitWarning } = process
process.emitWarning = () => {}
module.stripTypeScriptTypes('')
process.emitWarning = emitWarning

module.registerHooks({
  load(url, context, nextLoad) {
    if (!url.startsWith(packageFolder) || url.startsWith(nested) || !url.endsWith('.ts')) return nextLoad(url, context)
    const source = module.stripTypeScriptTypes(readFileSync(fileURLToPath(url), 'utf8'))
    return { format: 'module', source, shortCircuit: true }
  },
})
