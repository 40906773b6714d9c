// Starts our own node as a process, as a person would, for tests and benchmarks: on free ports, in a folder of its own,
// ended with its starter. For tests that want it in their own process there is startPlatform.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { endOfFile, serverFolder, startGuarded, waitUntilReady } from '../peers/guarded.ts'

const root = dirname(import.meta.dirname)

export interface MillraceOptions {
  /** The project's folder; by default a temporary one with nothing but millrace.yaml. */
  readonly project?: string
  /** Files of a temporary project beside millrace.yaml, by path. */
  readonly files?: Readonly<Record<string, string>>
  /** Where the node keeps its data; by default .millrace in the project's folder. Kept when given. */
  readonly data?: string
  /** Added to the environment, e.g. MILLRACE_MYSQL_URL. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Program and arguments before the folder; by default this tree's `millrace dev` on this very Node. */
  readonly command?: readonly [string, ...string[]]
  readonly cwd?: string
  /** Where what it prints goes; by default node.log beside its data. */
  readonly log?: string
}

export interface Millrace {
  /** Of the node itself, as .millrace/node.json has it. */
  readonly pid: number
  readonly ports: {
    readonly kafka: number
    readonly registry: number
    readonly catalog: number
    readonly console: number
  }
  /** 127.0.0.1:port of the Kafka protocol. */
  readonly bootstrap: string
  readonly project: string
  readonly data: string
  /** The file with what the node printed, and the end of it. */
  readonly log: string
  output(): string
  /** From the start of the process until it said that it is ready. */
  readonly startMs: number
  /** Resolves with the exit code when the process has ended. */
  readonly ended: Promise<number>
  /** As Ctrl-C would. Removes a temporary folder. */
  stop(): Promise<void>
  /** kill -9. All files stay, so that startMillrace with the same project goes on where it was. */
  crash(): Promise<void>
}

/** Starts a node and waits for its node.json. @throws Error with the end of its output when it does not come up */
export async function startMillrace(options: MillraceOptions = {}): Promise<Millrace> {
  const folder = serverFolder('node', options.project)
  if (options.project === undefined) {
    writeFileSync(
      join(folder.path, 'millrace.yaml'),
      'apiVersion: millrace/v1\nkind: Project\nmetadata: { name: empty, owner: team }\n---\napiVersion: millrace/v1\nkind: Owner\nmetadata: { name: team }\nspec: { contact: team@example.org }\n',
    )
    for (const [path, text] of Object.entries(options.files ?? {})) {
      mkdirSync(dirname(join(folder.path, path)), { recursive: true })
      writeFileSync(join(folder.path, path), text)
    }
  }
  const data = options.data ?? join(folder.path, '.millrace')
  mkdirSync(data, { recursive: true })
  const nodeFile = join(data, 'node.json')
  rmSync(nodeFile, { force: true })
  const own = [
    process.execPath,
    '--disable-warning=ExperimentalWarning',
    join(root, 'src', 'cli', 'main.ts'),
    'dev',
  ] as const
  const [command, ...args] = options.command ?? own
  const startedAt = performance.now()
  const server = await startGuarded({
    name: 'millrace',
    command,
    args: [...args, folder.path],
    ...(options.cwd !== undefined && { cwd: options.cwd }),
    env: {
      MILLRACE_DATA: data,
      MILLRACE_KAFKA_PORT: '0',
      MILLRACE_REGISTRY_PORT: '0',
      MILLRACE_CATALOG_PORT: '0',
      MILLRACE_CONSOLE_PORT: '0',
      ...options.env,
    },
    log: options.log ?? join(data, '..', 'node.log'),
    // On a busy machine as well; what is killed instead has not closed its log.
    graceSeconds: 30,
  })
  await waitUntilReady(server, () => existsSync(nodeFile), { timeoutMs: 60_000, pollMs: 5 })
  const startMs = performance.now() - startedAt
  const { pid, ports } = JSON.parse(readFileSync(nodeFile, 'utf8')) as Pick<Millrace, 'pid' | 'ports'>
  return {
    pid,
    ports,
    bootstrap: `127.0.0.1:${ports.kafka}`,
    project: folder.path,
    data,
    log: server.log,
    output: () => endOfFile(server.log, 100_000),
    startMs,
    ended: server.ended,
    async stop() {
      await server.stop()
      folder.remove()
    },
    crash: () => server.crash(),
  }
}
