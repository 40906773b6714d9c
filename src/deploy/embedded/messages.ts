// The newest messages of a topic as a person reads them: decoded by the topic's format, bytes as text or base64 where it has none.
import { BytesError, decodeText } from '../../base/index.ts'
import type { MessageShape } from '../../console-api/index.ts'
import { createDecoder, type BadRecord, type RecordDecoder, type TopicFormat } from '../../format/index.ts'
import {
  BatchBuilder,
  changeKindNames,
  decodeRecords,
  kindAt,
  plainValueAt,
  recordHeaders,
  recordKey,
  recordValue,
  type Batch,
  type RecordColumns,
  type SchemaIds,
} from '../../model/index.ts'
import { decompressRecords } from '../../kafka/wire/index.ts'
import type { LogReader } from '../../log/index.ts'

const readBytesMax = 1 << 20

/** Newest first, by time written; at most `limit`, read from the ends of the partitions. */
export function newestMessages(options: {
  reader: LogReader
  topic: string
  format: TopicFormat | null
  schemaIds: SchemaIds
  limit: number
  partition: number | null
  /** Only offsets below it. */
  before?: number | null
}): MessageShape[] {
  const { reader, topic, limit } = options
  const count = reader.partitionCount(topic) ?? 0
  const decoder = options.format
    ? createDecoder(
        options.format,
        options.format.schema.fields.map((_, i) => i),
        options.schemaIds,
      )
    : undefined
  const found: MessageShape[] = []
  for (let partition = 0; partition < count; partition++) {
    if (options.partition !== null && options.partition !== partition) continue
    const end = Math.min(reader.endOffset(topic, partition), options.before ?? Infinity)
    let offset = Math.max(reader.startOffset(topic, partition), end - limit)
    while (offset < end) {
      const bytes = reader.read(topic, partition, offset, readBytesMax)
      if (bytes.length === 0) break
      for (let at = 0; at < bytes.length;) {
        const records = decodeRecords(bytes, at, decompressRecords)
        at += records.header.size
        if (!records.header.control)
          found.push(...messagesOf(records, partition, [offset, end], options.format, decoder))
        offset = Math.max(offset, records.header.baseOffset + records.header.lastOffsetDelta + 1)
      }
    }
  }
  return found
    .sort((a, b) => b.timestampMs - a.timestampMs || Number(BigInt(b.offset) - BigInt(a.offset)))
    .slice(0, limit)
}

function messagesOf(
  records: RecordColumns,
  partition: number,
  [from, end]: readonly [number, number],
  format: TopicFormat | null,
  decoder: RecordDecoder | undefined,
): MessageShape[] {
  const rows = new Map<number, { kind: string; row: Record<string, unknown> }>()
  const bad: BadRecord[] = []
  if (decoder && format) decodeAll(records, decoder, rows, bad)
  const messages: MessageShape[] = []
  for (let i = 0; i < records.count; i++) {
    if (records.offsets[i]! < from || records.offsets[i]! >= end) continue
    const decoded = rows.get(i)
    const key = recordKey(records, i)
    const value = recordValue(records, i)
    messages.push({
      partition,
      offset: String(records.offsets[i]!),
      timestampMs: records.timestampsMs[i]!,
      key: key === null ? null : decoded && format?.keyColumns ? keyOf(decoded.row, format) : bytesText(key),
      value: value === null ? null : (decoded?.row ?? bytesText(value)),
      kind: decoded?.kind ?? (value === null ? '-D' : null),
      headers: Object.fromEntries(
        recordHeaders(records, i).map((h) => [h.key, h.value === null ? '' : bytesText(h.value)]),
      ),
      undecodable: bad.find((b) => b.index === i)?.reason ?? null,
    })
  }
  return messages
}

function decodeAll(
  records: RecordColumns,
  decoder: RecordDecoder,
  rows: Map<number, { kind: string; row: Record<string, unknown> }>,
  bad: BadRecord[],
): void {
  for (let at = 0; at < records.count;) {
    const builder = new BatchBuilder(decoder.schema)
    at = decoder.decode(records, at, records.count, builder, bad)
    const batch = builder.finish()
    // An update is two rows of one record; the later one is its state.
    for (let row = 0; row < batch.rowCount; row++) {
      rows.set(decoder.rowRecord[row]!, { kind: changeKindNames[kindAt(batch, row)], row: rowObject(batch, row) })
    }
  }
}

function rowObject(batch: Batch, row: number): Record<string, unknown> {
  return Object.fromEntries(batch.schema.fields.map((field, i) => [field.name, plainValueAt(batch.columns[i]!, row)]))
}

function keyOf(row: Record<string, unknown>, format: TopicFormat): unknown {
  const names = format.keyColumns!.map((i) => format.schema.fields[i]!.name)
  return names.length === 1 ? row[names[0]!] : Object.fromEntries(names.map((name) => [name, row[name]]))
}

/** Control characters other than tab and line ends mean that it is no text that a person wrote. */
const isControl = (byte: number): boolean => byte < 9 || (byte > 13 && byte < 32)

function bytesText(bytes: Uint8Array): string {
  try {
    const text = decodeText(bytes)
    if (!bytes.some(isControl)) return text
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof BytesError)) throw error
  }
  return `base64:${Buffer.from(bytes).toString('base64')}`
}
