// What end-to-end tests share: a copy of the example in a folder of its own, the command line as a person calls it, and what a
// process has open. Folders are removed when the test process ends, however it ends.
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { runProgram, type RunOptions, type RunResult } from '../peers/run-program.ts'

export const root: string = dirname(import.meta.dirname)

const folders: string[] = []
process.on('exit', () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
})

/** A new, empty folder. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-test-'))
  folders.push(folder)
  return folder
}

/** The millrace.yaml of a project that has nothing else. */
export const plainProject = `apiVersion: millrace/v1
kind: Project
metadata: { name: shop, owner: team }
---
apiVersion: millrace/v1
kind: Owner
metadata: { name: team }
spec: { contact: team@example.com }
`

/** A copy of examples/checkout, without anybody's data. */
export function copyExample(): string {
  const folder = join(temporaryFolder(), 'checkout')
  cpSync(join(root, 'examples', 'checkout'), folder, {
    recursive: true,
    filter: (source) => basename(source) !== '.millrace',
  })
  return folder
}

/** All ports free, and nothing of an outer shell's settings. */
export const plainEnvironment: Readonly<Record<string, string | undefined>> = {
  ...Object.fromEntries(
    Object.keys(process.env)
      .filter((name) => name.startsWith('MILLRACE_'))
      .map((name) => [name, undefined]),
  ),
  MILLRACE_KAFKA_PORT: '0',
  MILLRACE_REGISTRY_PORT: '0',
  MILLRACE_CATALOG_PORT: '0',
  MILLRACE_CONSOLE_PORT: '0',
  NO_COLOR: undefined,
  FORCE_COLOR: undefined,
  NODE_OPTIONS: undefined,
  NODE_TEST_CONTEXT: undefined,
}

/** The command line of the tree, before its words. */
export const millraceCommand = [
  process.execPath,
  '--disable-warning=ExperimentalWarning',
  join(root, 'src', 'cli', 'main.ts'),
] as const

/** Runs a command to its end, whatever its exit code. */
export function millrace(words: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const [program, ...first] = millraceCommand
  return runProgram(program, [...first, ...words], {
    timeoutMs: 60_000,
    ...options,
    env: { ...plainEnvironment, ...options.env },
  })
}

/** Every path below a folder, sorted; the names in `except` and what is below them left out. */
export function pathsBelow(folder: string, except: readonly string[] = []): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => !except.includes(entry.name))
    .flatMap((entry) =>
      entry.isDirectory()
        ? [`${entry.name}/`, ...pathsBelow(join(folder, entry.name), except).map((path) => `${entry.name}/${path}`)]
        : [entry.name],
    )
    .toSorted()
}

/** False when no process has this id. A zombie, which only waits for its parent to look, has ended. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch {
    return false
  }
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    // No /proc: not Linux, and no zombie to tell apart. Or it has just ended, which the next look shows.
    return true
  }
}

/** Looks every `pollMs` until it holds. @throws Error naming what did not come true in time */
export async function waitUntil(
  what: string,
  holds: () => boolean | Promise<boolean>,
  { timeoutMs = 30_000, pollMs = 50 }: { timeoutMs?: number; pollMs?: number } = {},
): Promise<void> {
  const deadline = performance.now() + timeoutMs
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`not within ${timeoutMs / 1000} s: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, pollMs))
  }
}

/** GET of a running node's console API. */
export async function getJson<T>(consolePort: number, path: string): Promise<T> {
  const response = await fetch(`http://127.0.0.1:${consolePort}${path}`)
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
  return (await response.json()) as T
}
