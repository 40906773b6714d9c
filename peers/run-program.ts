// Runs a program of a peer to its end and collects what it says.
import { spawn } from 'node:child_process'

export interface RunOptions {
  /** Given on standard input; otherwise that is empty. */
  readonly input?: string | Uint8Array
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly cwd?: string
  /** The program is killed after this; 120 s when not given. */
  readonly timeoutMs?: number
}

export interface RunResult {
  /** Exit code; 128 + signal when it was killed. */
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs a program whatever its exit code. @throws Error when it cannot be started */
export function runProgram(command: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: ['pipe', 'pipe', 'pipe'],
      timeout: options.timeoutMs ?? 120_000,
      killSignal: 'SIGKILL',
    })
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
    child.on('error', reject)
    child.on('close', (code, signal) => resolve({ code: code ?? (signal === 'SIGKILL' ? 137 : 128), stdout, stderr }))
    // A program that does not read its input to the end is not our failure.
    child.stdin.on('error', () => {})
    child.stdin.end(options.input ?? '')
  })
}

/** Runs a program that must succeed. @returns its standard output @throws Error with all it said */
export async function mustRun(command: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await runProgram(command, args, options)
  if (code === 0) return stdout
  throw new Error(`${command} ${args.join(' ')}: exit code ${code}\n${stdout.slice(-4000)}${stderr.slice(-4000)}`)
}
