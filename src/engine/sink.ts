// The sink of a query: rows become records of the sink's topic, kept until the epoch closes. Keyed records go where Java's
// partitioner sends their key, others in turn. An upsert sink keeps one record a key and epoch, the last; deletes are null
// values. Every record's timestamp is the epoch's clock reading.
// Invariant: an append sink never meets a retraction; the plan guarantees it, and the encoder refuses it.
import { assert, concatBytes, partitionOf } from '../base/index.ts'
import {
  changeKind,
  encodeRecordBatch,
  RecordBatchWriter,
  type Batch,
  type CommitGroup,
  type RecordHeader,
  type SchemaIds,
} from '../model/index.ts'
import { createEncoder, type RecordEncoder, type TopicFormat } from '../format/index.ts'
import type { EngineLimits } from './limits.ts'
import { hashWords } from './rows/binary-row.ts'
import { BytesHeap, KeyTable } from './state/index.ts'

export type Appends = CommitGroup['appends']

/** Collects records by partition of one topic into batches of bounded size. */
export class TopicWriter {
  readonly #topic: string
  readonly #batchBytesMax: number
  readonly #writers: (RecordBatchWriter | undefined)[] = []
  readonly #done: Uint8Array[][] = []
  records = 0
  bytes = 0

  constructor(topic: string, batchBytesMax: number) {
    this.#topic = topic
    this.#batchBytesMax = batchBytesMax
  }

  append(
    partition: number,
    key: Uint8Array | null,
    value: Uint8Array | null,
    timestampMs: number,
    headers?: readonly RecordHeader[],
  ): void {
    const writer = (this.#writers[partition] ??= new RecordBatchWriter())
    writer.append(key, value, timestampMs, headers)
    this.records++
    this.bytes += (key?.length ?? 0) + (value?.length ?? 0) + 16
    if (writer.size >= this.#batchBytesMax) this.#close(partition)
  }

  #close(partition: number): void {
    const batch = this.#writers[partition]?.finish()
    if (batch) (this.#done[partition] ??= []).push(batch)
  }

  /** What the epoch appends, by partition; starts anew. */
  finish(): Appends {
    const appends: { topic: string; partition: number; batches: Uint8Array }[] = []
    for (let partition = 0; partition < this.#writers.length; partition++) {
      this.#close(partition)
      const batches = this.#done[partition]
      if (batches && batches.length > 0)
        appends.push({
          topic: this.#topic,
          partition,
          batches: batches.length === 1 ? batches[0]! : concatBytes(batches),
        })
    }
    this.#done.length = 0
    this.records = 0
    this.bytes = 0
    return appends
  }
}

export class QuerySink {
  readonly #format: TopicFormat
  readonly #encoder: RecordEncoder
  readonly #writer: TopicWriter
  readonly #upsert: boolean
  #byKey = new LastByKey()
  #partitions = 1
  #clockMs = 0
  nextPartition = 0

  constructor(
    format: TopicFormat & { readonly schemaId: number },
    mode: 'append' | 'upsert',
    limits: EngineLimits,
    schemaIds?: SchemaIds,
  ) {
    this.#format = format
    this.#encoder = createEncoder(format, { schemaId: format.schemaId, ...(schemaIds ? { schemaIds } : {}) })
    this.#writer = new TopicWriter(format.topic, limits.sinkBatchBytesMax)
    this.#upsert = mode === 'upsert'
    assert(!this.#upsert || format.keyColumns !== null, 'an upsert sink has a key')
  }

  get bytes(): number {
    return this.#writer.bytes + this.#byKey.bytes
  }

  begin(clockMs: number, partitions: number): void {
    this.#clockMs = clockMs
    this.#partitions = partitions
    if (this.nextPartition >= partitions) this.nextPartition = 0
  }

  batch(batch: Batch): void {
    assert(batch.columns.length === this.#format.schema.fields.length, 'the plan’s columns are the sink’s')
    if (!this.#upsert)
      assert(
        batch.kinds === null ||
          batch.kinds.every((kind) => kind === changeKind.insert || kind === changeKind.updateAfter),
        'an append sink takes no retractions',
      )
    this.#encoder.encode(
      batch.schema === this.#format.schema ? batch : { ...batch, schema: this.#format.schema },
      0,
      batch.rowCount,
      (_row, key, value) => {
        if (this.#upsert) this.#byKey.set(key!, value)
        else this.#append(key, value)
      },
    )
  }

  #append(key: Uint8Array | null, value: Uint8Array | null): void {
    let partition: number
    if (key === null) {
      partition = this.nextPartition
      this.nextPartition = (partition + 1) % this.#partitions
    } else partition = partitionOf(key, this.#partitions)
    this.#writer.append(partition, key, value, this.#clockMs)
  }

  /** The records of the epoch. */
  seal(): { readonly appends: Appends; readonly records: number } {
    if (this.#upsert && this.#byKey.size > 0) {
      this.#byKey.forEach((key, value) => this.#append(key, value))
      this.#byKey = new LastByKey()
    }
    const { records } = this.#writer
    return { appends: [...this.#writer.finish(), ...keyAppends(this.#encoder, this.#clockMs)], records }
  }
}

/** Keys that were made for fields: they count with the rows that they seal, or neither does. */
function keyAppends(encoder: RecordEncoder, timestampMs: number): Appends {
  const made = encoder.takeKeyRecords()
  if (made.length === 0) return []
  const batches = encodeRecordBatch(made.map(({ key, value }) => ({ key, value, timestampMs })))
  return [{ topic: made[0]!.topic, partition: 0, batches }]
}

/** The last value of each key, in the order of its last change. */
class LastByKey {
  readonly #table = new KeyTable()
  readonly #keys = new BytesHeap()
  readonly #values = new BytesHeap()
  readonly #sequences: number[] = []
  #words = new Int32Array(64)
  #next = 0
  bytes = 0

  get size(): number {
    return this.#table.size
  }

  set(key: Uint8Array, value: Uint8Array | null): void {
    // Key bytes padded to words, with their length first, so that no two keys are the same words.
    const length = 1 + ((key.length + 3) >> 2)
    if (this.#words.length < length) this.#words = new Int32Array(length * 2)
    const words = this.#words
    words[length - 1] = 0
    words[0] = key.length
    new Uint8Array(words.buffer, 4, key.length).set(key)
    const hash = hashWords(words, 0, length)
    let entry = this.#table.find(words, 0, length, hash)
    if (entry < 0) {
      entry = this.#table.insert(words, 0, length, hash)
      this.#keys.put(entry, key)
      this.bytes += key.length + 32
    }
    if (value === null) this.#values.clear(entry)
    else this.#values.put(entry, value)
    this.bytes += value?.length ?? 0
    this.#sequences[entry] = this.#next++
  }

  forEach(visit: (key: Uint8Array, value: Uint8Array | null) => void): void {
    const order = Array.from({ length: this.#table.size }, (_, i) => i).toSorted(
      (a, b) => this.#sequences[a]! - this.#sequences[b]!,
    )
    for (const entry of order)
      visit(this.#keys.get(entry), this.#values.length(entry) < 0 ? null : this.#values.get(entry))
  }
}
