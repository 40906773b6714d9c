// A real Flink on loopback: the SQL Gateway, and when asked a JobManager and a TaskManager to run what it plans.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePorts, serverFolder, startGuarded, waitUntilReady, type Guarded } from '../guarded.ts'
import { installPeer } from '../install.ts'
import { FlinkSession } from './gateway.ts'

export interface FlinkOptions {
  /** Kept when given; otherwise temporary. */
  readonly folder?: string
  /** Only the gateway: parses, plans and explains, runs nothing. One JVM instead of three. */
  readonly planOnly?: boolean
  readonly slots?: number
  readonly taskHeapMb?: number
  readonly managedMb?: number
  /** More lines of config.yaml. */
  readonly config?: Readonly<Record<string, string>>
}

export interface Flink {
  /** REST of the JobManager; nothing listens there with planOnly. */
  readonly restPort: number
  readonly gatewayPort: number
  /** Logs (jobmanager.log, taskmanager.log, gateway.log) and configuration. */
  readonly folder: string
  /** A session of the gateway, with its own catalog. */
  session(): Promise<FlinkSession>
  /** Ends the TaskManager at once, as a crash would. Jobs wait until there is one again. */
  crashTaskManager(): Promise<void>
  /** After a crash: another one, which jobs then restart on. */
  startTaskManager(): Promise<void>
  stop(): Promise<void>
}

/** Starts Flink and waits until a statement can be planned (and run). Ready in 3 to 9 s. @throws PeerUnavailable */
export async function startFlink(options: FlinkOptions = {}): Promise<Flink> {
  const home = await installPeer('flink')
  const [restPort, gatewayPort, rpcPort] = (await freePorts(3)) as [number, number, number]
  const folder = serverFolder('flink', options.folder)
  for (const name of ['conf', 'checkpoints', 'tmp']) mkdirSync(join(folder.path, name), { recursive: true })
  writeFileSync(
    join(folder.path, 'conf', 'config.yaml'),
    config(folder.path, { restPort, gatewayPort, rpcPort }, options),
  )
  writeFileSync(join(folder.path, 'conf', 'log4j.properties'), logging)
  const programs = options.planOnly ? { gateway: programsOf(options).gateway } : programsOf(options)
  const servers = new Map<string, Guarded>()
  const launchOne = async (name: string, args: readonly string[]): Promise<void> => {
    servers.set(name, await launch(home, folder.path, name, args))
  }
  const stop = async (): Promise<void> => {
    await Promise.all([...servers.values()].toReversed().map((server) => server.stop()))
    folder.remove()
  }
  try {
    for (const [name, args] of Object.entries(programs)) await launchOne(name, args)
    const gateway = `http://127.0.0.1:${gatewayPort}`
    await waitUntilReady(servers.get('gateway')!, async () => {
      if ((await getJson(`${gateway}/v1/info`)) === undefined) return false
      if (options.planOnly) return true
      const overview = await getJson(`http://127.0.0.1:${restPort}/overview`)
      return overview?.['taskmanagers'] === 1
    })
    return {
      restPort,
      gatewayPort,
      folder: folder.path,
      session: () => FlinkSession.open(gateway, `http://127.0.0.1:${restPort}`),
      crashTaskManager: async () => servers.get('taskmanager')?.crash(),
      startTaskManager: () => launchOne('taskmanager', programsOf(options).taskmanager),
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

async function getJson(url: string): Promise<Record<string, unknown> | undefined> {
  try {
    const answer = await fetch(url)
    return answer.ok ? ((await answer.json()) as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

function programsOf(options: FlinkOptions): Record<'jobmanager' | 'taskmanager' | 'gateway', string[]> {
  const runtime = 'org.apache.flink.runtime'
  const heapMb = (options.taskHeapMb ?? 1024) + 128
  return {
    jobmanager: [
      '-Xms64m',
      '-Xmx512m',
      '-XX:MaxMetaspaceSize=256m',
      `${runtime}.entrypoint.StandaloneSessionClusterEntrypoint`,
      '--configDir',
      'conf',
      '--executionMode',
      'cluster',
    ],
    taskmanager: [
      '-Xms256m',
      `-Xmx${heapMb}m`,
      '-XX:MaxDirectMemorySize=400m',
      '-XX:MaxMetaspaceSize=256m',
      '-XX:+UseG1GC',
      `${runtime}.taskexecutor.TaskManagerRunner`,
      '--configDir',
      'conf',
    ],
    gateway: ['-Xms64m', '-Xmx768m', 'org.apache.flink.table.gateway.SqlGateway'],
  }
}

// What Flink's own scripts pass on a current Java.
const opens = [
  '--add-exports=java.rmi/sun.rmi.registry=ALL-UNNAMED',
  '--add-exports=java.security.jgss/sun.security.krb5=ALL-UNNAMED',
  ...['lang', 'net', 'io', 'nio', 'lang.reflect', 'text', 'time', 'util', 'util.concurrent']
    .concat('util.concurrent.atomic', 'util.concurrent.locks')
    .map((name) => `--add-opens=java.base/java.${name}=ALL-UNNAMED`),
  '--add-opens=java.base/sun.nio.ch=ALL-UNNAMED',
]

function launch(home: string, folder: string, name: string, args: readonly string[]): Promise<Guarded> {
  const path = (...parts: string[]): string => join(folder, ...parts)
  return startGuarded({
    name: `flink ${name}`,
    command: 'java',
    args: [
      ...opens,
      `-Dlog4j.configurationFile=${path('conf', 'log4j.properties')}`,
      `-Djava.io.tmpdir=${path('tmp')}`,
      '-cp',
      `${home}/lib/*`,
      ...args,
    ],
    env: { FLINK_CONF_DIR: path('conf'), FLINK_LIB_DIR: join(home, 'lib') },
    cwd: folder,
    log: path(`${name}.log`),
  })
}

interface Ports {
  readonly restPort: number
  readonly gatewayPort: number
  readonly rpcPort: number
}

// Without Flink's scripts nothing works these sizes out, so each is given.
function config(folder: string, ports: Ports, options: FlinkOptions): string {
  const slots = options.slots ?? 4
  return `jobmanager.rpc.address: 127.0.0.1
jobmanager.bind-host: 127.0.0.1
jobmanager.rpc.port: ${ports.rpcPort}
rest.address: 127.0.0.1
rest.bind-address: 127.0.0.1
rest.port: ${ports.restPort}
taskmanager.host: 127.0.0.1
taskmanager.bind-host: 127.0.0.1
taskmanager.numberOfTaskSlots: ${slots}
taskmanager.cpu.cores: ${slots}
taskmanager.memory.framework.heap.size: 128m
taskmanager.memory.framework.off-heap.size: 128m
taskmanager.memory.task.heap.size: ${options.taskHeapMb ?? 1024}m
taskmanager.memory.task.off-heap.size: 128m
taskmanager.memory.managed.size: ${options.managedMb ?? 512}m
taskmanager.memory.network.min: 128m
taskmanager.memory.network.max: 128m
taskmanager.memory.jvm-metaspace.size: 256m
taskmanager.memory.jvm-overhead.min: 192m
taskmanager.memory.jvm-overhead.max: 192m
parallelism.default: 1
sql-gateway.endpoint.rest.address: 127.0.0.1
sql-gateway.endpoint.rest.bind-address: 127.0.0.1
sql-gateway.endpoint.rest.port: ${ports.gatewayPort}
execution.checkpointing.dir: file://${join(folder, 'checkpoints')}
io.tmp.dirs: ${join(folder, 'tmp')}
web.submit.enable: false
${Object.entries(options.config ?? {})
  .map(([key, value]) => `${key}: ${value}\n`)
  .join('')}`
}

const logging = `rootLogger.level = INFO
rootLogger.appenderRef.console.ref = Console
appender.console.name = Console
appender.console.type = CONSOLE
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d{HH:mm:ss,SSS} %-5p %-60c %x - %m%n
`
