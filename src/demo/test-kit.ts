// For demo's tests: the example's tables as formats, and a commit in memory.
import {
  types,
  decodeRecords,
  recordKey,
  recordValue,
  type CommitGroup,
  type CommitOutcome,
  type EpochCommit,
  type LastCommit,
  type LogicalType,
  type Schema,
} from '../model/index.ts'
import type { TopicFormat } from '../format/index.ts'
import type { GeneratedTopic, GeneratorSpec } from './generator-types.ts'
import { capturedNames, serviceNames, shopColumns, type CapturedName, type ServiceName } from './shop.ts'

const string = types.string(false)
const bigint = types.bigint(false)
const money = types.decimal(12, 2, false)
const time = types.timestamp(3, false)
const columnTypes: Record<string, LogicalType> = {
  user_id: bigint,
  merchant_id: bigint,
  loan_id: bigint,
  payment_id: bigint,
  amount: money,
  principal: money,
  updated_at: time,
  event_time: time,
  paid_at: time,
}

export const shopSchema = (name: CapturedName | ServiceName): Schema => ({
  fields: shopColumns[name].map((column) => ({ name: column, type: columnTypes[column] ?? string })),
})

export const shopTopics = Object.fromEntries(
  [...capturedNames, ...serviceNames].map((name): [string, GeneratedTopic] => {
    const captured = (capturedNames as readonly string[]).includes(name)
    const format: TopicFormat = {
      topic: name,
      schema: shopSchema(name),
      keyColumns: [captured ? 0 : 1],
      keyFormat: 'raw',
      valueFormat: captured ? 'debezium-json' : 'json',
      primaryKey: captured ? [0] : null,
    }
    return [name, { format, schemaId: 0, partitionCount: captured ? 1 : 4 }]
  }),
) as Record<CapturedName | ServiceName, GeneratedTopic>

export function boundedSpec(events: number, seed = 1): GeneratorSpec {
  return {
    source: 'shop',
    seed,
    mode: { kind: 'bounded', events, eventsPerSecond: 50, startMs: Date.UTC(2026, 0, 1) },
    topics: shopTopics,
    database: null,
  }
}

export class MemoryCommit implements EpochCommit {
  /** 'topic/partition' to its records, as 'key:value' texts. */
  readonly records = new Map<string, string[]>()
  groups = 0
  #last: LastCommit | undefined
  #outcome: CommitOutcome | undefined

  submit(group: CommitGroup): boolean {
    if (group.epoch !== (this.#last?.epoch ?? 0) + 1) {
      this.#outcome = { ok: false, reason: 'fenced', message: 'another writer' }
      return true
    }
    for (const { topic, partition, batches } of group.appends) {
      const place = `${topic}/${partition}`
      const list = this.records.get(place) ?? []
      this.records.set(place, list)
      for (let at = 0; at < batches.length;) {
        const records = decodeRecords(batches, at)
        at += records.header.size
        for (let i = 0; i < records.count; i++)
          list.push(
            `${recordKey(records, i)?.toHex() ?? ''}:${new TextDecoder().decode(recordValue(records, i) ?? undefined)}`,
          )
      }
    }
    this.groups++
    this.#last = { epoch: group.epoch, position: group.position, stateFiles: [] }
    this.#outcome = { ok: true, epoch: group.epoch, baseOffsets: [] }
    return true
  }
  outcome(): CommitOutcome | undefined {
    const outcome = this.#outcome
    this.#outcome = undefined
    return outcome
  }
  last(): LastCommit | undefined {
    return this.#last
  }
}
