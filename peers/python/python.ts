// Python environments with the clients that users have.
import { join } from 'node:path'
import { installPeer } from '../install.ts'
import { mustRun, runProgram, type RunOptions, type RunResult } from '../run-program.ts'

export type PythonPackages = 'confluent-kafka' | 'pyiceberg'

export interface Python {
  /** Path of the interpreter. */
  readonly python: string
  /** Runs a script file, whatever its exit code. */
  run(script: string, args?: readonly string[], options?: RunOptions): Promise<RunResult>
}

/** An environment with these packages. @throws PeerUnavailable */
export async function pythonVenv(packages: PythonPackages): Promise<Python> {
  const home = await installPeer(packages)
  const python = join(home, 'bin', 'python')
  return { python, run: (script, args = [], options) => runProgram(python, [script, ...args], options) }
}

/** Runs a script that uses PyIceberg. @returns its standard output @throws Error with what it said when it failed */
export async function pyiceberg(script: string, args: readonly string[] = [], options?: RunOptions): Promise<string> {
  const { python } = await pythonVenv('pyiceberg')
  return mustRun(python, [script, ...args], options)
}
