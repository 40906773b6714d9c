// A real Kafka broker, and Kafka's own tools.
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePorts, logHas, serverFolder, startGuarded, waitUntilReady } from '../guarded.ts'
import { installPeer } from '../install.ts'
import { mustRun, runProgram, type RunOptions, type RunResult } from '../run-program.ts'

export interface KafkaOptions {
  /** 0 or nothing takes a free one. */
  readonly port?: number
  /** Kept when given, and reused when it holds a broker's data; otherwise temporary. */
  readonly folder?: string
  /** Further broker properties; they win over ours. */
  readonly properties?: Readonly<Record<string, string>>
  /** JVM heap flags. */
  readonly heap?: readonly string[]
}

export interface Kafka {
  readonly port: number
  /** 127.0.0.1:port */
  readonly bootstrap: string
  readonly pid: number
  /** From the start of the process until the broker took clients; formatting a new folder is not in it. */
  readonly startMs: number
  /** Broker's output. */
  readonly log: string
  /** A clean shutdown; removes a temporary folder. */
  stop(): Promise<void>
  /** kill -9; the folder stays. */
  crash(): Promise<void>
}

/** Starts one broker, which is also its own controller. @throws PeerUnavailable */
export async function startKafka(options: KafkaOptions = {}): Promise<Kafka> {
  const home = await installPeer('kafka')
  const [free, controllerPort] = await freePorts(2)
  const port = options.port || free!
  const folder = serverFolder('kafka', options.folder)
  const path = (name: string): string => join(folder.path, name)
  mkdirSync(path('log'), { recursive: true })
  const properties = { ...brokerProperties(port, controllerPort!, path('log')), ...options.properties }
  writeFileSync(path('server.properties'), lines(properties))
  writeFileSync(path('log4j2.properties'), lines(logProperties))
  const java = [`-Dlog4j2.configurationFile=${path('log4j2.properties')}`, '-cp', `${home}/libs/*`]
  if (!existsSync(path('log/meta.properties'))) {
    const id = randomBytes(16).toString('base64url').replaceAll(/^[-_]/g, 'a')
    const format = ['kafka.tools.StorageTool', 'format', '-t', id, '-c', path('server.properties')]
    await mustRun('java', ['-XX:TieredStopAtLevel=1', ...java, ...format])
  }
  const startedAt = performance.now()
  const server = await startGuarded({
    name: 'kafka',
    command: 'java',
    args: [
      ...(options.heap ?? ['-Xms256m', '-Xmx512m']),
      '-XX:+UseG1GC',
      '-XX:MaxDirectMemorySize=256m',
      ...java,
      'kafka.Kafka',
      path('server.properties'),
    ],
    log: path('server.log'),
    graceSeconds: 30,
  })
  // Logged once the listeners are open and the broker is unfenced.
  await waitUntilReady(server, () => logHas(server.log, 'Kafka Server started'))
  const startMs = performance.now() - startedAt
  return {
    port,
    bootstrap: `127.0.0.1:${port}`,
    pid: server.pid,
    startMs,
    log: server.log,
    async stop() {
      await server.stop()
      folder.remove()
    },
    crash: () => server.crash(),
  }
}

function brokerProperties(port: number, controllerPort: number, logFolder: string): Record<string, string> {
  const replicated = ['offsets.topic', 'transaction.state.log', 'share.coordinator.state.topic']
  return {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'log.dirs': logFolder,
    ...Object.fromEntries(replicated.map((topic) => [`${topic}.replication.factor`, '1'])),
    ...Object.fromEntries(replicated.map((topic) => [`${topic}.num.partitions`, '4'])),
    'transaction.state.log.min.isr': '1',
    'share.coordinator.state.topic.min.isr': '1',
    'group.initial.rebalance.delay.ms': '0',
    'log.cleaner.dedupe.buffer.size': '16777216',
  }
}

const logProperties = {
  'appender.out.type': 'Console',
  'appender.out.name': 'out',
  'appender.out.layout.type': 'PatternLayout',
  'appender.out.layout.pattern': '%d %p %m (%c)%n',
  'rootLogger.level': 'info',
  'rootLogger.appenderRef.out.ref': 'out',
}

function lines(properties: Readonly<Record<string, string>>): string {
  return Object.entries(properties)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('')
}

/** Kafka's tools by the names of their scripts, which its artifacts leave out. */
const tools = {
  'kafka-acls': 'org.apache.kafka.tools.AclCommand',
  'kafka-broker-api-versions': 'org.apache.kafka.tools.BrokerApiVersionsCommand',
  'kafka-cluster': 'org.apache.kafka.tools.ClusterTool',
  'kafka-configs': 'kafka.admin.ConfigCommand',
  'kafka-console-consumer': 'org.apache.kafka.tools.consumer.ConsoleConsumer',
  'kafka-console-producer': 'org.apache.kafka.tools.ConsoleProducer',
  'kafka-consumer-groups': 'org.apache.kafka.tools.consumer.group.ConsumerGroupCommand',
  'kafka-consumer-perf-test': 'org.apache.kafka.tools.ConsumerPerformance',
  'kafka-delete-records': 'org.apache.kafka.tools.DeleteRecordsCommand',
  'kafka-dump-log': 'org.apache.kafka.tools.DumpLogSegments',
  'kafka-features': 'org.apache.kafka.tools.FeatureCommand',
  'kafka-get-offsets': 'org.apache.kafka.tools.GetOffsetShell',
  'kafka-groups': 'org.apache.kafka.tools.GroupsCommand',
  'kafka-leader-election': 'org.apache.kafka.tools.LeaderElectionCommand',
  'kafka-log-dirs': 'org.apache.kafka.tools.LogDirsCommand',
  'kafka-metadata-quorum': 'org.apache.kafka.tools.MetadataQuorumCommand',
  'kafka-producer-perf-test': 'org.apache.kafka.tools.ProducerPerformance',
  'kafka-reassign-partitions': 'org.apache.kafka.tools.reassign.ReassignPartitionsCommand',
  'kafka-topics': 'org.apache.kafka.tools.TopicCommand',
  'kafka-transactions': 'org.apache.kafka.tools.TransactionsCommand',
  'kafka-verifiable-consumer': 'org.apache.kafka.tools.VerifiableConsumer',
  'kafka-verifiable-producer': 'org.apache.kafka.tools.VerifiableProducer',
  'transactional-message-copier': 'org.apache.kafka.tools.TransactionalMessageCopier',
} as const

export type KafkaTool = keyof typeof tools

/** Runs one of Kafka's own tools, e.g. kafkaTool('kafka-topics', ['--bootstrap-server', …, '--list']). About 1.5 s each. */
export async function kafkaTool(
  name: KafkaTool,
  args: readonly string[],
  options: RunOptions = {},
): Promise<RunResult> {
  // Most end within a second or two: the second compiler would only be in their way.
  const java = name.endsWith('perf-test') ? [] : ['-XX:TieredStopAtLevel=1']
  return runJava([...java, tools[name]], args, options)
}

/** Runs a Java program on Kafka's clients: a source file of one class, e.g. kafkaJava('/…/Count.java', [bootstrap]). */
export function kafkaJava(path: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  return runJava([path], args, options)
}

/** @param program its name behind Java's own options */
async function runJava(program: readonly string[], args: readonly string[], options: RunOptions): Promise<RunResult> {
  const home = await installPeer('kafka')
  const java = [
    '-Xmx512m',
    '-XX:+UseSerialGC',
    `-Dlog4j2.configurationFile=${join(import.meta.dirname, 'tools-log4j2.properties')}`,
  ]
  return runProgram('java', [...java, '-cp', `${home}/libs/*`, ...program, ...args], options)
}
