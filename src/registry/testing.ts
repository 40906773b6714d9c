// A topic in memory for tests of what reads and writes _schemas.
import { concatBytes, emptyBytes } from '../base/index.ts'
import { encodeRecordBatch, placeRecordBatch, type TopicReader } from '../model/index.ts'
import type { SchemasRecord } from './records.ts'

export interface MemoryTopic {
  readonly reader: TopicReader
  append(records: readonly SchemasRecord[]): Promise<number>
  /** Every record so far. */
  readonly records: readonly SchemasRecord[]
}

export function memoryTopic(initial: readonly SchemasRecord[] = []): MemoryTopic {
  const records: SchemasRecord[] = []
  const batches: { readonly from: number; readonly bytes: Uint8Array }[] = []
  const put = (added: readonly SchemasRecord[]): number => {
    const from = records.length
    const bytes = encodeRecordBatch(added.map((record) => ({ timestampMs: 0, ...record })))
    if (bytes.length > 0) {
      placeRecordBatch(bytes, from, 0)
      batches.push({ from, bytes })
    }
    records.push(...added)
    return from
  }
  put(initial)
  return {
    records,
    append: async (added) => put(added),
    reader: {
      partitionCount: () => 1,
      startOffset: () => 0,
      endOffset: () => records.length,
      read(_topic, _partition, offset) {
        const first = batches.findLastIndex((batch) => batch.from <= offset)
        return first < 0 ? emptyBytes : concatBytes(batches.slice(first).map((batch) => batch.bytes))
      },
    },
  }
}

/** What compaction leaves: the last record of each key, tombstones gone. */
export function compacted(records: readonly SchemasRecord[]): SchemasRecord[] {
  const last = new Map<string, SchemasRecord>()
  for (const record of records) {
    const key = new TextDecoder().decode(record.key)
    last.delete(key)
    last.set(key, record)
  }
  return [...last.values()].filter((record) => record.value !== null)
}
