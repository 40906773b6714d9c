// From what a project wants to what each worker is told. Pure.
import { MillraceError } from '../../base/index.ts'
import type { CaptureSpec, CapturedTable, HeartbeatTable } from '../../capture/index.ts'
import { boundedDefaults, type GeneratedTopic, type GeneratorSpec } from '../../demo/index.ts'
import type { ErasureSpec, PipelineSpec } from '../../engine/index.ts'
import type { ExploreSource } from '../../explore/index.ts'
import type { Desired, DesiredTopic, Project, SourceResource } from '../../project/index.ts'
import type { PipelinePlan } from '../../sql/index.ts'
import type { TableSpec } from '../../tables/index.ts'
import { guardOf } from '../../validate/index.ts'
import type { PlatformOptions } from './options.ts'

/** The registry's id of a topic's value schema; 0 for formats without one. */
export type SchemaIdOf = (topic: string) => number

/** @param erasureOf what each plan forgets by; absent: nothing is encrypted */
export function pipelineSpecs(
  desired: Desired,
  schemaIdOf: SchemaIdOf,
  erasureOf?: (plan: PipelinePlan) => ErasureSpec | undefined,
): PipelineSpec[] {
  const rules = desired.quarantines.flatMap((q) => q.rules)
  const queries = desired.pipelines.map((p): PipelineSpec => ({
    kind: 'query',
    name: p.name,
    plan: p.plan,
    inputs: p.inputs,
    sink: { ...p.sink, schemaId: schemaIdOf(p.sink.topic) },
    ...erasing(erasureOf?.(p.plan)),
    guards: p.plan.inputs
      .filter((table) => desired.quarantines.some((q) => q.table === table))
      .map((table) => ({ table, conditions: guardOf(rules, table) })),
  }))
  const quarantines = desired.quarantines.map((q): PipelineSpec => ({
    kind: 'quarantine',
    name: q.name,
    input: q.input,
    rules: q.rules.map(({ name, severity, condition }) => ({ name, severity, condition })),
    quarantineTopic: q.quarantineTopic,
  }))
  return [...queries, ...quarantines]
}

const erasing = (erasure: ErasureSpec | undefined): { readonly erasure?: ErasureSpec } => (erasure ? { erasure } : {})

export function tableSpecs(desired: Desired): TableSpec[] {
  return desired.lakeTables.map(({ namespace, name, mode, topic }) => ({
    namespace,
    name,
    mode,
    topic,
    schema: topic.schema,
    primaryKey: mode === 'upsert' ? topic.primaryKey : null,
  }))
}

/** Every table of the folder, as queries name it. */
export function exploreSources(project: Project, desired: Desired): ExploreSource[] {
  return project.sql.tables.map((table) => {
    const lake = desired.lakeTables.find((l) => l.name === table.name)
    const format = topicOf(desired, project, table.name).format!
    return {
      name: table.name,
      format,
      primaryKey: format.primaryKey,
      lake: lake ? { namespace: lake.namespace, name: lake.name } : null,
    }
  })
}

/** What a source's changes go to, by table of the folder. */
function topicOf(desired: Desired, project: Project, table: string): DesiredTopic {
  const definition = project.sql.tables.find((t) => t.name === table)
  const name = definition?.options['millrace.topic'] ?? table
  return desired.topics.find((t) => t.name === name)!
}

export function captureSpec(
  source: SourceResource,
  project: Project,
  desired: Desired,
  schemaIdOf: SchemaIdOf,
  bounded: PlatformOptions['bounded'],
): CaptureSpec {
  const tables = Object.entries(source.tables).map(([from, to]): CapturedTable => {
    const topic = topicOf(desired, project, to)
    return {
      source: from,
      format: topic.format!,
      schemaId: schemaIdOf(topic.name),
      partitionCount: topic.partitionCount,
    }
  })
  const heartbeats = Object.entries(source.heartbeat?.tables ?? {}).flatMap(([table, row]): HeartbeatTable[] => {
    const definition = project.sql.tables.find((t) => t.name === table)
    const from = Object.entries(source.tables).find(([, to]) => to === table)?.[0]
    if (!definition?.watermark || from === undefined) return []
    return [{ source: from, timeColumn: definition.watermark.column, row: row as HeartbeatTable['row'] }]
  })
  return {
    source: source.name,
    url: source.url!,
    tables,
    // The time of a bounded run is made up: its generator writes heartbeats as rows, and the server's time stays out of the topics.
    heartbeat: source.heartbeat ? { everyMs: source.heartbeat.everyMs, tables: bounded ? [] : heartbeats } : null,
  }
}

/**
 * The generator in place of a source and its services, when the environment or a bounded run asks for one.
 * Throws MR-DEPLOY-003 when the source has neither a database nor a generator.
 */
export function generatorSpec(
  source: SourceResource,
  project: Project,
  desired: Desired,
  schemaIdOf: SchemaIdOf,
  bounded: PlatformOptions['bounded'],
): GeneratorSpec | undefined {
  const settings = desired.environment.generators[source.name]
  if (!settings && !bounded) {
    if (source.url !== null) return undefined
    throw new MillraceError('MR-DEPLOY-003', {
      details: { source: source.name, environment: desired.environment.name },
      place: source.place,
    })
  }
  const topics = Object.fromEntries(
    project.sql.tables.flatMap((table): [string, GeneratedTopic][] => {
      const topic = topicOf(desired, project, table.name)
      if (topic.role !== 'captured' && topic.role !== 'service') return []
      return [
        [table.name, { format: topic.format!, schemaId: schemaIdOf(topic.name), partitionCount: topic.partitionCount }],
      ]
    }),
  ) as unknown as GeneratorSpec['topics']
  const name = Object.keys(source.tables)[0]!.split('.')[0]!
  return {
    source: source.name,
    seed: bounded?.seed ?? settings?.seed ?? 1,
    mode: bounded
      ? {
          kind: 'bounded',
          events: bounded.events,
          eventsPerSecond: boundedDefaults.eventsPerSecond,
          startMs: boundedDefaults.startMs,
        }
      : { kind: 'live', eventsPerSecond: settings!.ratePerSecond },
    topics,
    database: source.url === null ? null : { url: source.url, name, heartbeats: bounded !== undefined },
  }
}
