// kcat, the command-line client on librdkafka.
import { join } from 'node:path'
import { installPeer } from '../install.ts'
import { runProgram, type RunOptions, type RunResult } from '../run-program.ts'

const run = join(import.meta.dirname, '..', 'debian', 'run.sh')

/** Runs kcat, e.g. kcat(['-b', bootstrap, '-L']). @throws PeerUnavailable */
export async function kcat(args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const home = await installPeer('kcat')
  return runProgram('bash', [run, home, 'kcat', ...args], { timeoutMs: 60_000, ...options })
}
