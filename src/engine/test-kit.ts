// For this room's tests and the simulation: tables in JSON topics, plans written by hand, a log in memory, a stepped clock.
import { createMemoryDisk, type Clock, type Disk, type Random } from '../base/index.ts'
import { createEncoder, type TopicFormat } from '../format/index.ts'
import { createLocalLog, createLog, type LocalLog } from '../log/index.ts'
import {
  batchFromRows,
  decodeRecords,
  RecordBatchWriter,
  recordKey,
  recordValue,
  types,
  type Batch,
  type ChangeKind,
  type LogicalType,
  type Meter,
  type Schema,
  type SchemaIds,
  type TopicReader,
  type Value,
} from '../model/index.ts'
import type { AggregateCall, ChangelogMode, Expression, PipelinePlan, PlanNode } from '../sql/index.ts'
import { changeKindNames, rowAt } from '../model/index.ts'
import type { OperatorContext, Output } from './operators/operator.ts'
import { defaultLimits } from './limits.ts'
import type { QueryPipelineSpec } from './spec.ts'
import { allKeyGroups, StateStore } from './state/index.ts'

export interface StepClock extends Clock {
  advance(ms: number): void
}

export function stepClock(startMs = 1_767_225_600_000): StepClock {
  let now = 0
  return {
    nowMs: () => startMs + now,
    monotonicMs: () => now,
    after: () => () => {},
    advance: (ms) => void (now += ms),
  }
}

/** xorshift: the same numbers for the same seed. */
export function seededRandom(seed: number): Random {
  let x = (seed * 2654435761) >>> 0 || 1
  const uint32 = (): number => {
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    return (x >>>= 0)
  }
  return {
    uint32,
    fraction: () => uint32() / 4294967296,
    bytes: (size) => Uint8Array.from({ length: size }, () => uint32() & 255),
  }
}

export const noMeter: Meter = { add() {}, set() {} }
export const noSchemaIds: SchemaIds = { byId: () => undefined, latest: () => undefined }

export function schemaOf(fields: Record<string, LogicalType>): Schema {
  return { fields: Object.entries(fields).map(([name, type]) => ({ name, type })) }
}

export function jsonFormat(
  topic: string,
  schema: Schema,
  options: { key?: string[]; primaryKey?: string[] } = {},
): TopicFormat {
  const at = (name: string): number => schema.fields.findIndex((f) => f.name === name)
  const keys = options.primaryKey ?? options.key ?? null
  return {
    topic,
    schema,
    keyColumns: keys ? keys.map(at) : null,
    keyFormat: keys && keys.length > 1 ? 'json' : 'raw',
    valueFormat: 'json',
    primaryKey: options.primaryKey ? options.primaryKey.map(at) : null,
  }
}

// A log that is opened anew must not give out the ids of the last time.
let opened = 0

export function openTestLog(options: { disk?: Disk; clock?: Clock; random?: Random } = {}): {
  log: LocalLog
  disk: Disk
} {
  const disk = options.disk ?? createMemoryDisk()
  const log = createLog({ disk, clock: options.clock ?? stepClock(), random: options.random ?? seededRandom(++opened) })
  return { log: createLocalLog(log, disk), disk }
}

/** Encodes rows as one record batch of the format. */
export function recordsOf(
  format: TopicFormat,
  rows: readonly (readonly Value[])[],
  kinds?: readonly ChangeKind[],
  timestampMs = 0,
): Uint8Array {
  const writer = new RecordBatchWriter()
  createEncoder(format, { schemaId: 1 }).encode(
    batchFromRows(format.schema, rows, kinds),
    0,
    rows.length,
    (_row, key, value) => {
      writer.append(key?.slice() ?? null, value?.slice() ?? null, timestampMs)
    },
  )
  return writer.finish()!
}

export interface ReadRecord {
  readonly partition: number
  readonly offset: number
  readonly timestampMs: number
  readonly key: string | null
  readonly value: string | null
}

/** Every record of a topic, as text. */
export function readTopic(reader: TopicReader, topic: string): ReadRecord[] {
  const out: ReadRecord[] = []
  const text = (bytes: Uint8Array | null): string | null => (bytes ? Buffer.from(bytes).toString('latin1') : null)
  for (let p = 0; p < (reader.partitionCount(topic) ?? 0); p++) {
    let offset = reader.startOffset(topic, p)
    while (offset < reader.endOffset(topic, p)) {
      const bytes = reader.read(topic, p, offset, 1 << 20)
      for (let at = 0; at < bytes.length;) {
        const records = decodeRecords(bytes, at)
        at += records.header.size
        for (let i = 0; i < records.count; i++) {
          if (records.offsets[i]! < offset) continue
          out.push({
            partition: p,
            offset: records.offsets[i]!,
            timestampMs: records.timestampsMs[i]!,
            key: text(recordKey(records, i)),
            value: text(recordValue(records, i)),
          })
        }
        offset = records.header.baseOffset + records.header.lastOffsetDelta + 1
      }
    }
  }
  return out
}

// Plans by hand.

export const column = (schema: Schema, name: string): Expression => {
  const index = schema.fields.findIndex((f) => f.name === name)
  return { kind: 'column', index, type: schema.fields[index]!.type }
}
export const literal = (value: string | boolean | null, type: LogicalType): Expression => ({
  kind: 'literal',
  value,
  type,
})
export const call = (name: string, args: readonly Expression[], type: LogicalType = types.boolean()): Expression => ({
  kind: 'call',
  name,
  args,
  type,
})
export const indexesOf = (schema: Schema, names: readonly string[]): number[] =>
  names.map((name) => schema.fields.findIndex((f) => f.name === name))

export function scanNode(
  table: string,
  schema: Schema,
  options: {
    columns?: string[]
    primaryKey?: string[]
    watermark?: { column: string; delayMs: number }
    changelog?: ChangelogMode
  } = {},
): Extract<PlanNode, { kind: 'TableSourceScan' }> {
  const names = options.columns ?? schema.fields.map((f) => f.name)
  const read: Schema = { fields: names.map((name) => schema.fields.find((f) => f.name === name)!) }
  const watermark = options.watermark
    ? { column: names.indexOf(options.watermark.column), delayMs: options.watermark.delayMs }
    : null
  return {
    kind: 'TableSourceScan',
    id: `scan-${table}`,
    schema: read,
    changelog: options.changelog ?? 'append',
    rowtime: watermark ? watermark.column : null,
    table,
    columns: indexesOf(schema, names),
    primaryKey: options.primaryKey ? indexesOf(read, options.primaryKey) : null,
    watermark,
  }
}

export const aggregate = (
  name: AggregateCall['name'],
  args: readonly number[],
  type: LogicalType,
  more: Partial<AggregateCall> = {},
): AggregateCall => ({
  slot: `${name}-${args.join('-')}-${more.filter ?? ''}-${more.distinct ? 'd' : ''}`,
  name,
  args,
  filter: null,
  distinct: false,
  type,
  ...more,
})

export function planOf(name: string, root: PlanNode, inputs: readonly string[], sink: TopicFormat): PipelinePlan {
  return {
    name,
    source: { file: 'test.sql', line: 1, column: 1, text: '' },
    root,
    sink: {
      table: sink.topic,
      mode: sink.primaryKey ? 'upsert' : 'append',
      primaryKey: sink.primaryKey,
      keyColumns: sink.keyColumns,
    },
    inputs,
  }
}

export function querySpec(
  name: string,
  root: PlanNode,
  inputs: readonly TopicFormat[],
  sink: TopicFormat,
  more: Partial<QueryPipelineSpec> = {},
): QueryPipelineSpec {
  return {
    kind: 'query',
    name,
    plan: planOf(
      name,
      root,
      inputs.map((input) => input.topic),
      sink,
    ),
    inputs,
    sink: { ...sink, schemaId: 1 },
    ...more,
  }
}

// Operators by themselves.

export function operatorContext(options: { disk?: Disk; consolidate?: boolean } = {}): {
  context: OperatorContext
  store: StateStore
  late: () => number
} {
  const store = new StateStore({
    disk: options.disk ?? createMemoryDisk(),
    folder: 'state/test',
    pipeline: 'test',
    limits: defaultLimits,
  })
  let late = 0
  const context: OperatorContext = {
    pipeline: 'test',
    range: allKeyGroups,
    consolidate: options.consolidate ?? false,
    openSlot: (id, layoutVersion, codec) => store.open({ id, layoutVersion, codec, range: allKeyGroups }),
    count: (_counter, by) => void (late += by),
    isRecovering: () => false,
  }
  return { context, store, late: () => late }
}

/** Collects what an operator emits, as text: '+I[1, a]', 'w 100'. */
export function collector(options: { watermarks?: boolean } = {}): {
  output: Output
  lines: string[]
  batches: Batch[]
} {
  const lines: string[] = []
  const batches: Batch[] = []
  return {
    lines,
    batches,
    output: {
      batch(batch) {
        batches.push(batch)
        for (let r = 0; r < batch.rowCount; r++)
          lines.push(
            `${changeKindNames[batch.kinds ? (batch.kinds[r] as ChangeKind) : 0]}[${rowAt(batch, r).map(String).join(', ')}]`,
          )
      },
      watermark(ms) {
        if (options.watermarks) lines.push(`w ${ms}`)
      },
    },
  }
}

/** 'changes' as '+I', '-U', '+U', '-D' with rows. */
export function changes(
  schema: Schema,
  ...rows: readonly (readonly [kind: '+I' | '-U' | '+U' | '-D', ...values: Value[]])[]
): Batch {
  return batchFromRows(
    schema,
    rows.map(([, ...values]) => values),
    rows.map(([kind]) => changeKindNames.indexOf(kind) as ChangeKind),
  )
}
