// Starts servers so that they never outlive their starter: each runs under guard.sh, which holds the other end of a pipe
// of ours. stop() closes the pipe; so does the kernel when this process dies, however it dies.
import { spawn } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readFileSync, readSync, rmSync, fstatSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

export interface GuardedOptions {
  /** For messages: 'kafka'. */
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  /** Added to this process's environment; undefined takes a name away. */
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly cwd?: string
  /** Where the command's output goes. */
  readonly log: string
  /** How long after TERM until KILL. */
  readonly graceSeconds?: number
}

export interface Guarded {
  readonly name: string
  /** Id of the command's process and of its group. */
  readonly pid: number
  readonly log: string
  /** True until the command has ended. */
  isRunning(): boolean
  /** Resolves with the exit code when the command has ended. */
  readonly ended: Promise<number>
  /** Asks the command to end and waits until it has. Safe to call twice. */
  stop(): Promise<void>
  /** Ends it at once, as a crash would. */
  crash(): Promise<void>
}

/** Starts a command under guard. @throws Error when it cannot be started at all */
export async function startGuarded(options: GuardedOptions): Promise<Guarded> {
  const { name, log } = options
  const guard = join(import.meta.dirname, 'guard.sh')
  const child = spawn('bash', [guard, String(options.graceSeconds ?? 10), log, options.command, ...options.args], {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    // A session of its own: Ctrl-C in a terminal reaches us, and we stop it.
    detached: true,
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  let running = true
  const ended = new Promise<number>((resolve) => {
    child.once('exit', (code) => {
      running = false
      resolve(code ?? 1)
    })
  })
  const pid = await new Promise<number>((resolve, reject) => {
    child.once('error', (error) => reject(new Error(`cannot start ${name}`, { cause: error })))
    child.stdout.once('data', (line: Buffer) => resolve(Number.parseInt(line.toString(), 10)))
    void ended.then(() => reject(new Error(`${name} ended at once; see ${log}`)))
  })
  // A test that forgot to stop a server can still end; the closing pipe then stops the server.
  child.unref()
  for (const pipe of [child.stdin, child.stdout]) (pipe as unknown as { unref?(): void }).unref?.()
  const finish = async (): Promise<void> => {
    child.ref()
    await ended
  }
  return {
    name,
    pid,
    log,
    isRunning: () => running,
    ended,
    async stop() {
      child.stdin.end()
      await finish()
    },
    async crash() {
      if (running) process.kill(-pid, 'SIGKILL')
      await finish()
    },
  }
}

/**
 * Waits until `isReady` says so, looking every 50 ms, or as often as told.
 * @throws Error with the end of the log when the server ends before, or when the time is over (then it is stopped too)
 */
export async function waitUntilReady(
  server: Guarded,
  isReady: () => boolean | Promise<boolean>,
  { timeoutMs = 90_000, pollMs = 50 }: { timeoutMs?: number; pollMs?: number } = {},
): Promise<void> {
  const deadline = performance.now() + timeoutMs
  while (!(await isReady())) {
    const over = performance.now() > deadline
    if (over) await server.stop()
    if (!server.isRunning()) {
      const what = over ? `was not ready after ${timeoutMs / 1000} s` : 'ended while starting'
      throw new Error(`${server.name} ${what}; the end of ${server.log}:\n${endOfFile(server.log, 4000)}`)
    }
    await sleep(pollMs)
  }
}

/** The last bytes of a file as text; '' when it is missing. */
export function endOfFile(path: string, bytesMax: number): string {
  let file
  try {
    file = openSync(path, 'r')
  } catch {
    return ''
  }
  try {
    const { size } = fstatSync(file)
    const bytes = new Uint8Array(Math.min(size, bytesMax))
    const count = readSync(file, bytes, 0, bytes.length, size - bytes.length)
    return new TextDecoder().decode(bytes.subarray(0, count))
  } finally {
    closeSync(file)
  }
}

/** True when a log file has a line with this text. */
export function logHas(path: string, text: string): boolean {
  try {
    return readFileSync(path, 'utf8').includes(text)
  } catch {
    return false
  }
}

/** Free ports on loopback, all different. Another process may take one before it is used; that is rare, and seen at once. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer()
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject)
        server.listen(0, '127.0.0.1', resolve)
      })
      return server
    }),
  )
  const ports = servers.map((server) => (server.address() as { port: number }).port)
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}

export interface Folder {
  readonly path: string
  remove(): void
}

/** A folder for a server's files: the given one, which is kept, or a new temporary one, which remove() removes. */
export function serverFolder(name: string, given: string | undefined): Folder {
  if (given !== undefined) return { path: given, remove: () => {} }
  const path = mkdtempSync(join(tmpdir(), `millrace-${name}-`))
  return { path, remove: () => rmSync(path, { recursive: true, force: true, maxRetries: 3 }) }
}
