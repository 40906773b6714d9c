// All rows of a topic, boxed: for checks and tests, not for work.
import { createDecoder, type BadRecord, type TopicFormat } from '../../format/index.ts'
import { decompressRecords } from '../../kafka/wire/index.ts'
import {
  BatchBuilder,
  changeKind,
  decodeRecords,
  kindAt,
  rowAt,
  type ChangeKind,
  type SchemaIds,
  type TopicReader,
  type Value,
} from '../../model/index.ts'

export interface TopicRowsOptions {
  readonly reader: TopicReader
  readonly format: TopicFormat
  readonly schemaIds: SchemaIds
}

const readBytesMax = 4 << 20

/** Every change in the topic, partition by partition. Undecodable records are left out. */
export function* topicChanges({
  reader,
  format,
  schemaIds,
}: TopicRowsOptions): Generator<{ kind: ChangeKind; row: Value[] }> {
  const { topic } = format
  const decoder = createDecoder(
    format,
    format.schema.fields.map((_, i) => i),
    schemaIds,
  )
  for (let partition = 0; partition < (reader.partitionCount(topic) ?? 0); partition++) {
    const end = reader.endOffset(topic, partition)
    for (let offset = reader.startOffset(topic, partition); offset < end;) {
      const bytes = reader.read(topic, partition, offset, readBytesMax)
      if (bytes.length === 0) break
      for (let at = 0; at < bytes.length;) {
        const records = decodeRecords(bytes, at, decompressRecords)
        at += records.header.size
        offset = records.header.baseOffset + records.header.lastOffsetDelta + 1
        if (records.header.control) continue
        const bad: BadRecord[] = []
        for (let next = 0; next < records.count;) {
          const builder = new BatchBuilder(decoder.schema)
          next = decoder.decode(records, next, records.count, builder, bad)
          const batch = builder.finish()
          for (let row = 0; row < batch.rowCount; row++) yield { kind: kindAt(batch, row), row: rowAt(batch, row) }
        }
      }
    }
  }
}

/** Every row of an append topic. */
export function* topicRows(options: TopicRowsOptions): Generator<Value[]> {
  for (const { row } of topicChanges(options)) yield row
}

/** The latest row of every key of an upsert topic. */
export function currentRows(options: TopicRowsOptions): Iterable<Value[]> {
  const latest = new Map<string, Value[]>()
  const key = options.format.primaryKey!
  for (const { kind, row } of topicChanges(options)) {
    const name = key.map((i) => String(row[i])).join('\u0000')
    if (kind === changeKind.delete || kind === changeKind.updateBefore) latest.delete(name)
    else latest.set(name, row)
  }
  return latest.values()
}
