// What benchmarks run against: our node and real Kafka, each as its users start it, and figures of their processes.
import { fork, spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { startKafka } from '../peers/index.ts'
import { startMillrace, type Millrace } from '../tools/millrace-process.ts'

const root = dirname(import.meta.dirname)

export interface Broker {
  readonly bootstrap: string
  readonly pid: number
  /** From the start of its process until clients can connect. */
  readonly startMs: number
  stop(): Promise<void>
  /** kill -9. */
  crash(): Promise<void>
}

export interface BrokerOptions {
  readonly synced?: boolean
  readonly folder?: string
}

/**
 * Our node as the package has it, with an empty project. By default acknowledged means synced; otherwise what Kafka means by
 * it: the operating system has it.
 * @param options.folder kept, and gone on with when it has been used before; by default temporary
 */
export function startOurs({ synced = true, folder }: BrokerOptions = {}): Promise<Broker & Pick<Millrace, 'ports'>> {
  buildOnce()
  const environment = `apiVersion: millrace/v1
kind: Environment
metadata: { name: local }
spec: { topics: embedded, pipelines: embedded, durability: ${synced ? 'synced' : 'os'} }
`
  const command = [process.execPath, join(root, 'bin', 'millrace.mjs'), 'dev'] as const
  const files = { 'environments/local.yaml': environment }
  if (folder === undefined) return startMillrace({ command: [...command], files })
  for (const [path, text] of Object.entries({ 'millrace.yaml': emptyProject, ...files })) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  return startMillrace({ command: [...command], project: folder })
}

const emptyProject = `apiVersion: millrace/v1
kind: Project
metadata: { name: empty, owner: team }
---
apiVersion: millrace/v1
kind: Owner
metadata: { name: team }
spec: { contact: team@example.org }
`

let isBuilt = false
function buildOnce(): void {
  if (isBuilt) return
  const built = spawnSync(process.execPath, [join(root, 'tools', 'build.ts')], { encoding: 'utf8' })
  if (built.status !== 0) throw new Error(`the package could not be built\n${built.stdout}${built.stderr}`)
  isBuilt = true
}

/**
 * One Kafka broker. By default it acknowledges before its disk has the records; `synced` makes it flush each append, which
 * is what ours promises.
 */
export async function startPeer({ synced = false, folder }: BrokerOptions = {}): Promise<Broker> {
  const kafka = await startKafka({
    ...(folder !== undefined && { folder }),
    ...(synced && { properties: { 'log.flush.interval.messages': '1' } }),
  })
  const { bootstrap, pid, startMs } = kafka
  return { bootstrap, pid, startMs, stop: () => kafka.stop(), crash: () => kafka.crash() }
}

/** A broker that keeps nothing, or only syncs, see its file. Ends with this process. */
export async function startCeiling(kind: 'nothing' | 'synced'): Promise<Broker> {
  const startedAt = performance.now()
  const child = fork(join(import.meta.dirname, 'broker', 'ceiling-node.ts'), [kind])
  const port = await new Promise<number>((resolve, reject) => {
    child.once('message', (message) => resolve(Number(message)))
    child.once('exit', (code) => reject(new Error(`the broker that keeps nothing ended with ${code}`)))
  })
  const stop = async (): Promise<void> => void (child.connected && child.disconnect())
  const crash = async (): Promise<void> => void child.kill('SIGKILL')
  return { bootstrap: `127.0.0.1:${port}`, pid: child.pid!, startMs: performance.now() - startedAt, stop, crash }
}

/** Memory of a process that is in RAM, in MB (2^20 bytes). Linux only. @throws Error when the process is gone */
export function residentMb(pid: number): number {
  const line = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  if (!line) throw new Error(`process ${pid} has no memory to read`)
  return Number(line[1]) / 1024
}
