// What the packages that Hunch is made of must be: locked by content, under a licence that is allowed, without install
// scripts but those approved; and, where the registry answers, without a known vulnerability at run time.
// `node test/supply-chain.ts` prints one line for each breach and exits 1 when there is one.
// Knows: package-lock.json, `npm audit`. Does not know: what a package does.
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

interface LockedPackage {
  readonly version?: string
  readonly integrity?: string
  readonly license?: string
  readonly hasInstallScript?: boolean
  readonly dev?: boolean
  readonly optional?: boolean
  readonly link?: boolean
}

export interface Lock {
  readonly packages: Readonly<Record<string, LockedPackage>>
}

// Permissive ones: what is shipped with Hunch may be used, changed and sold, with the notice kept.
const allowed: ReadonlySet<string> = new Set([
  'MIT',
  'ISC',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  '0BSD',
  'BlueOak-1.0.0',
])
// Of tools that are not shipped, and data.
const allowedForTools: ReadonlySet<string> = new Set([...allowed, 'MPL-2.0', 'CC0-1.0', 'CC-BY-3.0', 'WTFPL'])

// Its package.json says nothing; its LICENSE is the MIT licence.
const unsaid: ReadonlyMap<string, string> = new Map([['jsonc-simple-parser', 'MIT']])

// Prebuilt binaries that the script only compiles where none fits; both are for a benchmark.
const approvedScripts: ReadonlySet<string> = new Set(['lmdb', 'msgpackr-extract'])

/** Every breach of the rules in a lock file, as lines `package: rule`. */
export function findBreaches({ packages }: Lock): readonly string[] {
  return Object.entries(packages).flatMap(([path, locked]) => {
    if (path === '' || locked.link) return []
    const name = path.replace(/^.*node_modules\//, '')
    const breaches: string[] = []
    // npm writes none for binaries of tools for other systems than the one that wrote the lock.
    if (locked.integrity === undefined && !(locked.dev && locked.optional))
      breaches.push('it is not locked by its content (integrity)')
    const licence = locked.license ?? unsaid.get(name) ?? 'none'
    if (!isAllowed(licence, locked.dev ? allowedForTools : allowed)) breaches.push(`its licence is ${licence}`)
    if (locked.hasInstallScript && !(locked.dev && approvedScripts.has(name)))
      breaches.push('it runs a script at install')
    return breaches.map(breach => `${name}@${locked.version}: ${breach}`)
  })
}

/** Whether an SPDX expression of names, AND and OR, without groups inside groups, can be met. */
function isAllowed(expression: string, names: ReadonlySet<string>): boolean {
  const choices = expression.replace(/^\((.*)\)$/, '$1').split(' OR ')
  return choices.some(choice => choice.split(' AND ').every(name => names.has(name)))
}

export type Audit = { readonly kind: 'answered'; readonly found: readonly string[] } | { readonly kind: 'silent' }

/** What `npm audit --json` says; silent when it is no report, because the registry did not answer. */
export function readAudit(text: string): Audit {
  try {
    const report = JSON.parse(text) as { vulnerabilities?: Record<string, { severity: string }> }
    if (report.vulnerabilities === undefined) return { kind: 'silent' }
    const found = Object.entries(report.vulnerabilities).map(
      ([name, { severity }]) => `${name}: ${severity} vulnerability`,
    )
    return { kind: 'answered', found }
  } catch {
    return { kind: 'silent' }
  }
}

if (import.meta.main) {
  const root = fileURLToPath(new URL('..', import.meta.url))
  const lock = JSON.parse(await readFile(`${root}/package-lock.json`, 'utf8')) as Lock
  const breaches = [...findBreaches(lock)]
  const text = await new Promise<string>(resolve => {
    execFile('npm', ['audit', '--omit=dev', '--json'], { cwd: root, timeout: 60_000 }, (_error, stdout) =>
      resolve(stdout),
    )
  })
  const audit = readAudit(text)
  if (audit.kind === 'answered') breaches.push(...audit.found)
  else process.stderr.write('npm audit: the registry does not answer; vulnerabilities were NOT looked up\n')
  for (const breach of breaches) process.stdout.write(`${breach}\n`)
  process.exitCode = breaches.length === 0 ? 0 : 1
}
