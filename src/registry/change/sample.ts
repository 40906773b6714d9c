// A bounded sample of the records that are in a topic, for whether a new schema still reads them: some from the start, the
// middle and the end of each partition, so that rows of old writers are among them.
import { decodeRecords, recordValue, type Decompress, type SchemaIds, type TopicReader } from '../../model/index.ts'
import type { SampleRecord } from './explain.ts'

export interface TopicSample {
  readonly sample: readonly SampleRecord[]
  /** Texts of the writers' schemas by id. */
  readonly writers: ReadonlyMap<number, string>
}

export interface SampleOptions {
  readonly reader: TopicReader
  readonly topic: string
  readonly schemaIds: SchemaIds
  readonly decompress?: Decompress
  /** Records of the whole sample. */
  readonly recordsMax: number
}

const placesPerPartition = 8
const readBytes = 256 << 10

/** Empty when there is no such topic. Throws MillraceError when a batch is damaged. */
export function sampleTopic(options: SampleOptions): TopicSample {
  const { reader, topic, recordsMax, schemaIds } = options
  const partitions = reader.partitionCount(topic) ?? 0
  const sample: SampleRecord[] = []
  const each = Math.max(1, Math.floor(recordsMax / Math.max(1, partitions * placesPerPartition)))
  for (let partition = 0; partition < partitions; partition++) {
    const start = reader.startOffset(topic, partition)
    const end = reader.endOffset(topic, partition)
    let from = start
    for (let i = 0; i < placesPerPartition && from < end && sample.length < recordsMax; i++) {
      const at = Math.max(from, start + Math.floor(((end - start) * i) / placesPerPartition))
      if (at >= end) break
      from = takeFrom(options, { partition, at, end, count: Math.min(each, recordsMax - sample.length) }, sample)
    }
  }
  const ids = new Set(sample.flatMap(({ schemaId }) => schemaId ?? []))
  const writers = new Map<number, string>()
  for (const id of ids) {
    const schema = schemaIds.byId(id)
    if (schema) writers.set(id, schema.text)
  }
  return { sample, writers }
}

/** @returns the offset behind the last record that was taken */
function takeFrom(
  { reader, topic, decompress, schemaIds }: SampleOptions,
  { partition, at, end, count }: { partition: number; at: number; end: number; count: number },
  sample: SampleRecord[],
): number {
  const bytes = reader.read(topic, partition, at, readBytes)
  let next = end
  let taken = 0
  for (let position = 0; position < bytes.length && taken < count;) {
    const records = decodeRecords(bytes, position, decompress)
    position += records.header.size
    // Markers of transactions are no rows.
    if (records.header.control) continue
    for (let i = 0; i < records.count && taken < count; i++) {
      const offset = records.offsets[i]!
      if (offset < at) continue
      next = offset + 1
      const value = recordValue(records, i)
      if (value === null) continue
      taken++
      const { schemaId, ...rest } = unframed(value)
      // What is sealed as a whole tells nothing of its schema to who has no key.
      if (schemaId !== undefined && schemaIds.byId(schemaId)?.payloadRules) continue
      sample.push({ partition, offset: BigInt(offset), ...rest, ...(schemaId === undefined ? {} : { schemaId }) })
    }
  }
  return next
}

/** Confluent's frame: a zero, four bytes of the schema's id. */
function unframed(value: Uint8Array): { value: Uint8Array; schemaId?: number } {
  if (value.length < 5 || value[0] !== 0) return { value: value.slice() }
  const schemaId = ((value[1]! << 24) | (value[2]! << 16) | (value[3]! << 8) | value[4]!) >>> 0
  return { value: value.slice(5), schemaId }
}
