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
  const path = configPath(command, argv)
  return readConfig(command, { argv, env: environment(), file: path === undefined ? undefined : await loadFile(path) })
}

/** The file that the arguments or the environment name, if any. */
export function configPath(command: ConfiguredCommand, argv: readonly string[]): string | undefined {
  return findConfigFile(command, { argv, env: environment() })
}

function environment(): ConfigSources['env'] {
  return { HOME: homedir(), ...process.env }
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
