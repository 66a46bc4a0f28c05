// Reads the words behind a command that has options of its own.
// Knows: node:util's parseArgs, the fault that a wrong word is. Does not know: which words there are.
import { parseArgs, type ParseArgsConfig } from 'node:util'
import { asFault } from '../shared/fault.ts'

/** As parseArgs, but raises USAGE. */
export function parseWords<const Config extends ParseArgsConfig>(config: Config): ReturnType<typeof parseArgs<Config>> {
  try {
    return parseArgs(config)
  } catch (error) {
    throw asFault(error, 'USAGE')
  }
}
