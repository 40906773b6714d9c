// The doors that speak HTTP: schema registry, Iceberg catalog and console, each on this machine for everybody on it, and on the
// further listeners that the environment gives it, for those who say who they are.
import { join } from 'node:path'
import {
  MillraceError,
  nodeClock,
  nodeRandom,
  openNodeDisk,
  startHttpServer,
  type HttpServer,
  type HttpServerOptions,
} from '../../base/index.ts'
import { consoleRoutes, type ConsoleSources, type NodeShape } from '../../console-api/index.ts'
import type { KafkaServer } from '../../kafka/server/index.ts'
import { decompressRecords } from '../../kafka/wire/index.ts'
import type { LogReader } from '../../log/index.ts'
import type { Authorize, EpochCommit, SchemaIds } from '../../model/index.ts'
import type { Desired, Project } from '../../project/index.ts'
import { registryRoutes, registryUnknown, type Registry } from '../../registry/index.ts'
import { catalogRoutes, type Catalog } from '../../tables/index.ts'
import { readApplied } from './applied.ts'
import { catalogOf } from './catalog-of.ts'
import { clusterIdOf } from './cluster-id.ts'
import { consoleFiles } from './http.ts'
import type { Live } from './live.ts'
import { newestMessages } from './messages.ts'
import type { Ports, ResolvedOptions } from './options.ts'
import { replayedRanges, replayQuarantine } from './replay-quarantine.ts'
import { authenticateBy, type DoorSecurity } from './security.ts'
import { exploreSources } from './specs.ts'
import { version } from './version.ts'

export const doorNames = {
  kafka: 'Kafka',
  registry: 'schema registry',
  catalog: 'Iceberg catalog',
  console: 'console',
} as const
export const portOptions = {
  kafka: '--kafka-port',
  registry: '--registry-port',
  catalog: '--catalog-port',
  console: '--console-port',
} as const

/** Between looks for a commit of a replay; and how much one of them writes back. */
const replayWaitMs = 2
const replayChunkBytes = 1 << 20

export interface DoorParts {
  readonly resolved: ResolvedOptions
  readonly project: Project
  readonly desired: Desired
  readonly door: DoorSecurity
  readonly stops: { push(stop: () => void | Promise<void>): void }
  readonly kafka: KafkaServer
  readonly registry: Registry
  readonly catalog: Catalog
  readonly authorize: Authorize
  readonly live: Live
  readonly reader: LogReader
  readonly commit: EpochCommit
  readonly schemaIds: SchemaIds
  readonly lake: string
}

/** A further listener, as it is open. */
export interface OpenHttpListener {
  readonly name: string
  readonly port: number
  readonly setTls?: HttpServer['setTls']
}

type HttpDoor = Exclude<keyof Ports, 'kafka'>

/** Throws MR-BASE-001, or an AggregateError of them. */
export async function openDoors(
  parts: DoorParts,
): Promise<{ readonly ports: Ports; readonly http: readonly OpenHttpListener[] }> {
  const { resolved, stops, kafka, door, authorize } = parts
  const ports = { kafka: kafka.port, registry: 0, catalog: 0, console: 0 }
  const identity = { clusterId: clusterIdOf(resolved.data, nodeRandom), version: version() }
  const served: Readonly<Record<HttpDoor, Pick<HttpServerOptions, 'routes' | 'unknown'>>> = {
    registry: { routes: registryRoutes(parts.registry, authorize, identity), unknown: registryUnknown },
    catalog: { routes: catalogRoutes(parts.catalog, authorize) },
    console: { routes: consoleRoutes(consoleSources(parts, ports), authorize, consoleFiles()) },
  }
  const listen = async (options: Omit<HttpServerOptions, 'routes'>, serves: HttpDoor): Promise<HttpServer> => {
    const server = await startHttpServer({ ...options, ...served[serves] })
    stops.push(() => server.close())
    return server
  }
  const local = async (name: HttpDoor): Promise<void> => {
    const place = { host: '127.0.0.1', port: resolved.wantedPorts[name] }
    const server = await listen({ ...place, what: doorNames[name], option: portOptions[name] }, name)
    ports[name] = server.port
  }
  const http: OpenHttpListener[] = []
  const further = async ({ name, serves, host, port, tls, authentication }: DoorSecurity['http'][number]) => {
    const options = {
      host,
      port,
      what: `${doorNames[serves]} listener ${name}`,
      option: `the port of listener ${name} in the environment`,
      ...authenticateBy(authentication, (shown) => kafka.identify(shown)),
      ...(tls ? { tls } : {}),
    }
    const server = await listen(options, serves)
    http.push({ name, port: server.port, ...(server.setTls ? { setTls: server.setTls } : {}) })
  }
  const opened = await Promise.allSettled([
    ...(['registry', 'catalog', 'console'] as const).map(local),
    ...door.http.map(further),
  ])
  const failures = opened.flatMap((o) => (o.status === 'rejected' ? [o.reason as unknown] : []))
  if (failures.length > 0)
    throw failures.length === 1 ? failures[0] : new AggregateError(failures, 'several ports are in use')
  return { ports, http }
}

function consoleSources(parts: DoorParts, ports: Ports): ConsoleSources {
  const { project, desired, resolved, live, reader, schemaIds } = parts
  const explorer = lazily(async () => {
    const { createExplorer } = await import('../../explore/index.ts')
    const folder = join(resolved.data, 'explore')
    return createExplorer({
      sources: () => exploreSources(project, desired),
      reader,
      schemaIds,
      catalog: parts.catalog,
      lakeFolder: parts.lake,
      scratch: { disk: openNodeDisk(folder), folder },
      clock: nodeClock,
      authorize: parts.authorize,
      decompress: decompressRecords,
    })
  })
  const catalog = catalogOf(project)
  const startedAtMs = nodeClock.nowMs()
  const replaying = new Set<string>()
  return {
    node: (): NodeShape => ({
      name: 'millrace',
      version: version(),
      project: project.name,
      folder: resolved.project,
      environment: resolved.environment,
      pid: process.pid,
      startedAtMs,
      residentBytes: process.memoryUsage.rss(),
      problems: Array.from(live.problems(), ([who, what]) => ({ who, what })),
      kafka: `127.0.0.1:${ports.kafka}`,
      registry: `http://127.0.0.1:${ports.registry}`,
      catalog: `http://127.0.0.1:${ports.catalog}`,
      console: `http://127.0.0.1:${ports.console}`,
    }),
    topics: () => live.topics(),
    quarantine: (topic) => {
      const quarantine = desired.quarantines.find(({ input }) => input.topic === topic)?.quarantineTopic
      if (quarantine === undefined) throw new MillraceError('MR-CONSOLE-006', { details: { topic } })
      return { topic, quarantine, replayed: replayedRanges(parts, topic) }
    },
    replay: async (topic, selection) => {
      if (replaying.has(topic)) throw new MillraceError('MR-CONSOLE-007', { details: { topic } })
      replaying.add(topic)
      try {
        const wait = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, replayWaitMs))
        return await replayQuarantine({ ...parts, wait, chunkBytes: replayChunkBytes }, topic, selection)
      } finally {
        replaying.delete(topic)
      }
    },
    messages: (topic, { limit, partition, before }) => {
      if (reader.partitionCount(topic) === undefined) throw new MillraceError('MR-CONSOLE-005', { details: { topic } })
      return newestMessages({
        reader,
        topic,
        // A quarantine holds its origin's bytes.
        format:
          desired.topics.find((t) => t.name === topic)?.format ??
          desired.quarantines.find((q) => q.quarantineTopic === topic)?.input ??
          null,
        schemaIds,
        limit,
        partition,
        before,
      })
    },
    pipelines: () => live.pipelineShapes(),
    tables: () => live.tableShapes(),
    checks: () => live.checks(),
    groups: () => live.groups.partitionShapes(),
    consumerGroups: () => live.groups.summaryShapes(),
    alerts: () => live.alerts(),
    applied: () => readApplied(reader, resolved.environment),
    catalog: () => catalog,
    explore: async (sql, principal, host) => {
      const { columns, rows, truncated, stats } = await (await explorer.get()).explore(sql, principal, host)
      return {
        columns,
        rows,
        truncated,
        readRows: String(stats.readRows),
        readBytes: String(stats.readBytes),
        elapsedMs: stats.elapsedMs,
      }
    },
    metrics: () => live.metricsText(),
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        const timer = setTimeout(resolve, ms)
        signal.addEventListener('abort', () => {
          clearTimeout(timer)
          resolve()
        })
      }),
  }
}

/** Makes something when it is first asked for. */
function lazily<T>(make: () => Promise<T>): { get(): Promise<T> } {
  let found: Promise<T> | undefined
  return { get: () => (found ??= make()) }
}
