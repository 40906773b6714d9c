// Confluent's client for Node.
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
  const env = { LD_LIBRARY_PATH: join(home, 'libraries'), NODE_OPTIONS: undefined }
  return runProgram(join(home, 'runtime', 'bin', 'node'), [script, home, ...args], { env, ...options })
}
