// One node: a list of wires. Starts the log, the doors and the workers of a folder in the order in which they need one another,
// and stops them in the reverse. Whatever has started when something fails is stopped again.
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  MillraceError,
  nodeClock,
  nodeDiskSpace,
  nodeNet,
  nodeRandom,
  openNodeDisk,
  preloadWorker,
} from '../../base/index.ts'
import { createKafkaServer, type KafkaListener, type KafkaServer } from '../../kafka/server/index.ts'
import { decompressRecords } from '../../kafka/wire/index.ts'
import {
  lockDataFolder,
  openLogClient,
  openLogReader,
  startLogWorker,
  type Damage,
  type LogClient,
  type LogReader,
} from '../../log/index.ts'
import { createAuthorizer, type Authorizer, type EpochCommit, type SchemaIds } from '../../model/index.ts'
import { createMetrics, type Metrics } from '../../ops/index.ts'
import { resolveProject, type Change, type Desired, type Project } from '../../project/index.ts'
import { openRegistry, sealingRulesInLog, type Registry } from '../../registry/index.ts'
import { openCatalog, type Catalog } from '../../tables/index.ts'
import { applyChanges } from './applied.ts'
import { refuseUnfinishedRestore } from './backup.ts'
import { clusterIdOf } from './cluster-id.ts'
import { doorNames, openDoors, portOptions, type OpenHttpListener } from './doors.ts'
import { openProject } from './folder.ts'
import { FoundDamage } from './found-damage.ts'
import { faultLines, guarded, guardedClock } from './guard.ts'
import { setClusterMetrics } from './kafka-metrics.ts'
import { localSecrets, localSecretsFor, refuseOtherSecret } from './local-secret.ts'
import { Live } from './live.ts'
import { resolveOptions, type PlatformOptions, type Ports, type ResolvedOptions } from './options.ts'
import { holdWorkers, noteRegistryHealth } from './registry-problems.ts'
import { resolveDoorSecurity, watchCertificates, watchedListeners, type DoorSecurity } from './security.ts'
import { SecretRotation } from './secret-rotation.ts'
import { LazyThread, startWorkers, type Threads } from './start-workers.ts'
import { version } from './version.ts'

export interface EmbeddedNode {
  readonly project: Project
  readonly desired: Desired
  readonly ports: Ports
  /** The Kafka door's sockets: the one on this machine first, then the environment's. */
  readonly kafkaListeners: readonly KafkaListener[]
  /** Those of the environment. */
  readonly httpListeners: readonly OpenHttpListener[]
  readonly data: string
  readonly lake: string
  /** Places where acknowledged bytes were found damaged: those partitions are offline. */
  readonly damages: readonly Damage[]
  /** What starting has changed. */
  readonly changes: readonly Change[]
  readonly reader: LogReader
  readonly schemaIds: SchemaIds
  readonly live: Live
  readonly catalog: Catalog
  /** What is committed, by owner. */
  readonly commit: EpochCommit
  /** To the pipelines and tables workers. */
  finishPipelines(ends: Readonly<Record<string, readonly number[]>>): void
  finishTables(ends: Readonly<Record<string, readonly number[]>>): void
  stop(): Promise<void>
}

/** What has started, to be stopped last to first. */
type Stops = (() => void | Promise<void>)[]

const tickMs = 1000

const report = faultLines(nodeClock, (text) => void process.stderr.write(text))

/**
 * Starts a node. Resolves when every door listens and every worker stands.
 * Throws AggregateError of MillraceErrors for a broken folder, MR-BASE-001 (port), -005 (folder in use), -006, -007, MR-DEPLOY-001 to -003.
 */
export async function startNode(options: PlatformOptions): Promise<EmbeddedNode> {
  const resolved = resolveOptions(options, process.env)
  const threads: Threads = {
    pipelines: new LazyThread(() =>
      preloadWorker(new URL('./workers/pipelines.worker.ts', import.meta.url), 'pipelines'),
    ),
    tables: new LazyThread(() => preloadWorker(new URL('./workers/tables.worker.ts', import.meta.url), 'tables')),
  }
  // A folder with SQL has work for them: they load their modules while this one reads the folder and opens the log.
  if (existsSync(join(resolved.project, 'sql'))) for (const thread of Object.values(threads)) thread.load()
  try {
    return await startWith(resolved, threads)
  } finally {
    // Those that were not started after all.
    for (const thread of Object.values(threads)) thread.discard()
  }
}

async function startWith(resolved: ResolvedOptions, threads: Threads): Promise<EmbeddedNode> {
  const project = openProject(resolved.project)
  const mistakes: MillraceError[] = []
  const desired = resolveProject(project, resolved.environment, mistakes)
  if (mistakes.length > 0) throw new AggregateError(mistakes, `${mistakes.length} mistakes in ${resolved.project}`)
  const tokenKeys: Parts['tokenKeys'] = { problem: () => {} }
  const door = resolveDoorSecurity(desired.environment, {
    folder: resolved.project,
    variables: process.env,
    nowMs: nodeClock.nowMs(),
    onTokenKeysProblem: (reason) => tokenKeys.problem(reason),
  })
  await refusePortsInUse(resolved)
  const stops: Stops = []
  let stopped: Promise<void> | undefined
  const stop = (): Promise<void> => (stopped ??= runStops(stops))
  const fail = (error: Error): void => {
    if (stopped) return
    resolved.onFailure?.(error)
    void stop()
  }
  try {
    return await wire({ resolved, threads, project, desired, door, tokenKeys, stops, stop, fail })
  } catch (error) {
    await stop()
    throw rootCause(error)
  }
}

/** Before anything is made or written: every wanted port that is taken, at once. A data folder in use says more, and goes first. */
async function refusePortsInUse({ wantedPorts, data }: ResolvedOptions): Promise<void> {
  const tried = await Promise.allSettled(
    (Object.keys(doorNames) as (keyof Ports)[])
      .filter((name) => wantedPorts[name] !== 0)
      .map(async (name) => {
        const place = { host: '127.0.0.1', port: wantedPorts[name], what: doorNames[name], option: portOptions[name] }
        const listener = await nodeNet.listen(place, (connection) => connection.destroy())
        await listener.close()
      }),
  )
  const failures = tried.flatMap((t) => (t.status === 'rejected' ? [t.reason as unknown] : []))
  if (failures.length === 0) return
  if (existsSync(data)) lockDataFolder(data).release()
  throw failures.length === 1 ? failures[0] : new AggregateError(failures, 'several ports are in use')
}

/** A worker that could not start says why in its cause; that is what a person can act on. */
function rootCause(error: unknown): unknown {
  return error instanceof MillraceError && error.code === 'MR-BASE-004' && error.cause instanceof MillraceError
    ? error.cause
    : error
}

async function runStops(stops: Stops): Promise<void> {
  for (let stop = stops.pop(); stop; stop = stops.pop()) await stop()
}

interface Parts {
  readonly resolved: ResolvedOptions
  readonly threads: Threads
  readonly project: Project
  readonly desired: Desired
  readonly door: DoorSecurity
  /** Told why the keys that verify tokens could not be had. */
  readonly tokenKeys: { problem: (reason: string | undefined) => void }
  readonly stops: Stops
  readonly stop: () => Promise<void>
  readonly fail: (error: Error) => void
}

async function wire(parts: Parts): Promise<EmbeddedNode> {
  const { resolved, project, desired, stops } = parts
  const { data } = resolved
  const lock = lockDataFolder(data)
  stops.push(() => lock.release())
  refuseUnfinishedRestore(data)

  const clients = ['main', 'pipelines', ...project.sources.flatMap((s) => [`capture/${s.name}`, `generator/${s.name}`])]
  let onWrites: Live['noteWrites'] = () => {}
  const logWorker = await startLogWorker({
    folder: data,
    durability: desired.environment.durability,
    clients,
    onFailure: parts.fail,
    onWrites: (state) => onWrites(state),
  })
  stops.push(() => logWorker.stop())
  const client = openLogClient(logWorker.clientPort('main'), { onFault: (error) => report('Log client', error) })
  const reader = openLogReader(logWorker.share, openNodeDisk(data), { decompress: decompressRecords })
  stops.push(() => {
    reader.close()
    client.close()
  })

  const { door } = parts
  const authorizer = createAuthorizer({ ...door, rules: desired.environment.access })
  const { authorize } = authorizer
  const metrics = createMetrics()
  const localSecret = localSecretsFor(desired)
  const registry = await openRegistry({ log: client, reader, clock: nodeClock, localSecret, tell })
  refuseOtherSecret(registry, desired)
  const { schemaIds } = registry
  const changes = await applyChanges({
    desired,
    reader,
    log: client,
    registerSchema: async (subject, type, text, rules) => void (await registry.register(subject, type, text, rules)),
    // Where the topic is damaged nothing can be said, and what was registered before is left alone.
    isRegistered: (subject) =>
      registry.health().some((topic) => topic.damage) || registry.state().versions(subject, false).length > 0,
    nowMs: nodeClock.nowMs(),
    accept: resolved.accept ?? [],
  })

  let kafka: KafkaServer | undefined
  const live = new Live({ project, desired, data, reader, clock: nodeClock, metrics, kafka: () => kafka! })
  client.onAdvance((topic) => live.noteAdvance(topic))
  live.noteDamages(logWorker.damages)
  const damage = new FoundDamage({ disk: openNodeDisk(data), reader, onStill: (error) => live.noteDamage(error) })
  onWrites = (state) => live.noteWrites(state)
  noteRegistryHealth(registry, live.notes, metrics)
  parts.tokenKeys.problem = (reason) => {
    if (reason === undefined) live.notes.delete('token keys')
    else live.notes.set('token keys', `the keys that verify tokens: ${reason}`)
  }
  const lake = resolved.lake(desired.environment.lakePath)
  const catalog = openCatalog(lake)
  stops.push(() => catalog.close())
  const isHeld = holdWorkers(registry, desired, live.notes)
  const workers = await startWorkers({
    ...parts,
    isHeld,
    sealing: isHeld ? [] : sealingRulesInLog(reader, [...new Set(desired.schemas.map(({ subject }) => subject))]),
    live,
    metrics,
    schemaIds,
    lake,
    port: (name) => logWorker.clientPort(name),
    share: logWorker.share,
  })

  kafka = await openKafka(parts, { client, reader, authorizer, live, damage, metrics })
  const wires = { kafka, registry, catalog, authorize, live, reader, commit: client, schemaIds, lake }
  const { ports, http } = await openDoors({ ...parts, ...wires })
  await Promise.all(workers.handles.map((w) => w.ready))
  tickEachSecond(parts, { live, damage, metrics, registry, listeners: [...kafka.listeners, ...http] })
  writeNodeFile(resolved, ports, stops)
  return {
    project,
    desired,
    ports,
    kafkaListeners: kafka.listeners,
    httpListeners: http,
    data,
    lake,
    damages: logWorker.damages,
    changes,
    reader,
    schemaIds,
    live,
    catalog,
    commit: client,
    finishPipelines: (ends) => workers.pipelines?.send({ kind: 'finish', ends }),
    finishTables: (ends) => workers.tables?.send({ kind: 'finish', ends }),
    stop: parts.stop,
  }
}

const tell = (line: string): void => void process.stderr.write(`${line}\n`)

async function openKafka(
  { resolved, door, stops }: Parts,
  wires: {
    readonly client: LogClient
    readonly reader: LogReader
    readonly authorizer: Authorizer
    readonly live: Live
    readonly damage: FoundDamage
    readonly metrics: Metrics
  },
): Promise<KafkaServer> {
  const { client, reader, authorizer, live, damage, metrics } = wires
  const clusterId = clusterIdOf(resolved.data, nodeRandom)
  const kafka = await createKafkaServer({
    log: client,
    reader,
    net: nodeNet,
    clock: guardedClock(nodeClock, 'Kafka server', report),
    random: nodeRandom,
    // A MillraceError is what a client did; it was told.
    onFault: (error) => void (error instanceof MillraceError || report('Kafka server', error)),
    authorize: authorizer.authorize,
    authorizer,
    security: door.security,
    listeners: door.listeners,
    limits: door.limits,
    meter: metrics,
    host: '127.0.0.1',
    port: resolved.wantedPorts.kafka,
    portOption: portOptions.kafka,
    clusterId,
    logFolder: join(resolved.data, 'log'),
    diskSpace: () => nodeDiskSpace(resolved.data),
    onDamage(error) {
      live.noteDamage(error)
      damage.note(error)
    },
    onMemberRemoved(event) {
      live.groups.noteRemoved(event)
      metrics.add('millrace_group_members_removed_total', { group_id: event.group }, 1)
    },
  })
  stops.push(() => kafka.stop())
  setClusterMetrics(metrics, { clusterId, version: version(), host: kafka.host, port: kafka.port })
  return kafka
}

/** What is looked at while the node runs: its own state, and whether certificates were renewed. */
function tickEachSecond(
  { resolved, desired, door, stops }: Parts,
  wires: {
    readonly live: Live
    readonly damage: FoundDamage
    readonly metrics: Metrics
    readonly registry: Registry
    readonly listeners: Parameters<typeof watchedListeners>[2]
  },
): void {
  const { live, damage, metrics, registry, listeners } = wires
  const certificates = watchCertificates({
    listeners: watchedListeners(desired.environment.security, door, listeners),
    folder: resolved.project,
    nowMs: nodeClock.nowMs(),
    onProblem(listener, problem) {
      if (problem === undefined) live.notes.delete(`listener ${listener}`)
      else live.notes.set(`listener ${listener}`, problem)
    },
    onEnd: (listener, endsMs) => metrics.set('millrace_broker_certificate_end_seconds', { listener }, endsMs / 1000),
  })
  const rotation = new SecretRotation({
    keys: registry.keys,
    secrets: localSecrets(),
    hasPipelines: desired.pipelines.length > 0,
    pipelines: () => live.pipelines,
    notes: live.notes,
    tell,
  })
  const ticker = setInterval(() => {
    guarded('statistics', report, () => live.tick())
    guarded('registry', report, () => noteRegistryHealth(registry, live.notes, metrics))
    guarded('damage', report, () => damage.look())
    guarded('secrets', report, () => rotation.look())
    guarded('certificates', report, () => certificates.look(nodeClock.nowMs()))
  }, tickMs)
  stops.push(() => clearInterval(ticker))
}

/** Written when everything stands, removed first when it stops. Who waits for it finds it whole or not at all. */
function writeNodeFile(resolved: ResolvedOptions, ports: Ports, stops: Stops): void {
  mkdirSync(join(resolved.nodeFile, '..'), { recursive: true })
  const unfinished = `${resolved.nodeFile}.new`
  writeFileSync(
    unfinished,
    `${JSON.stringify({ pid: process.pid, ports, project: resolved.project, data: resolved.data, version: version() }, null, 2)}\n`,
  )
  renameSync(unfinished, resolved.nodeFile)
  stops.push(() => rmSync(resolved.nodeFile, { force: true }))
}
