// The configuration of one command, with the file that its arguments name.
// Knows: this process's environment, files. Does not know: options (shared/config).

import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import type { Config, ConfiguredCommand } from '../shared/config/options.ts'
import { type ConfigSources, findConfigFile, readConfig } from '../shared/config/read-config.ts'
import { asFault, Fault } from '../shared/fault.ts'

/** Reads arguments, environment and file. Raises USAGE, CONFIG, or CANNOT_READ when the file cannot be read. */
export async function loadConfig<Command extends ConfiguredCommand>(
  command: Command,
  argv: readonly string[],
): Promise<Config<Command>> {
  const env = { HOME: homedir(), ...process.env }
  const path = findConfigFile(command, { argv, env })
  return readConfig(command, { argv, env, file: path === undefined ? undefined : await loadFile(path) })
}

async function loadFile(path: string): Promise<ConfigSources['file']> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw asFault(error, 'CANNOT_READ')
  })
  try {
    return { name: path, content: JSON.parse(text) }
  } catch (error) {
    throw new Fault('CONFIG', `${path} is not JSON: ${error instanceof Error ? error.message : ''}`, { cause: error })
  }
}
