// Confluent's client for Node.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { installPeer } from '../install.ts'
import { runProgram, type RunOptions, type RunResult } from '../run-program.ts'

/** Runs a script that requires the client from the folder in its first argument. @throws PeerUnavailable */
export async function confluentJs(
  script: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<RunResult> {
  const home = await installPeer('confluent-js')
  const line = (name: string): string => readFileSync(join(home, name), 'utf8').trim()
  const env = { LD_LIBRARY_PATH: line('libraries'), NODE_OPTIONS: undefined }
  return runProgram(line('node'), [script, home, ...args], { env, ...options })
}
