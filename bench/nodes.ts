// What benchmarks run against: our node and real Kafka, each as its users start it, and figures of their processes.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { startKafka } from '../peers/index.ts'
import { startMillrace } from '../tools/millrace-process.ts'

const root = dirname(import.meta.dirname)

export interface Broker {
  readonly bootstrap: string
  readonly pid: number
  /** From the start of its process until clients can connect. */
  readonly startMs: number
  stop(): Promise<void>
}

/**
 * Our node as the package has it, with an empty project. By default acknowledged means synced; otherwise what Kafka means by
 * it: the operating system has it.
 */
export function startOurs({ synced = true }: { synced?: boolean } = {}): Promise<Broker> {
  buildOnce()
  const environment = `apiVersion: millrace/v1
kind: Environment
metadata: { name: local }
spec: { topics: embedded, pipelines: embedded, durability: ${synced ? 'synced' : 'os'} }
`
  return startMillrace({
    command: [process.execPath, join(root, 'bin', 'millrace.mjs'), 'dev'],
    files: { 'environments/local.yaml': environment },
  })
}

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
export async function startPeer({ synced = false }: { synced?: boolean } = {}): Promise<Broker> {
  const kafka = await startKafka({ ...(synced && { properties: { 'log.flush.interval.messages': '1' } }) })
  return { bootstrap: kafka.bootstrap, pid: kafka.pid, startMs: kafka.startMs, stop: () => kafka.stop() }
}

/** Memory of a process that is in RAM, in MB (2^20 bytes). Linux only. @throws Error when the process is gone */
export function residentMb(pid: number): number {
  const line = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  if (!line) throw new Error(`process ${pid} has no memory to read`)
  return Number(line[1]) / 1024
}
