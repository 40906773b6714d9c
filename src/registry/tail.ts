// Follows _schemas: reads what is new from the log and applies it. Synchronous and without waiting, so that any thread can
// have its own view of the registry.
import { BytesError, MillraceError } from '../base/index.ts'
import {
  checkRecordBatchCrc,
  decodeRecords,
  readRecordBatchHeader,
  recordKey,
  recordValue,
  type TopicReader,
} from '../model/index.ts'
import { registryLimits } from './limits.ts'
import { readSchemasRecord, schemasTopicName } from './records.ts'
import type { RegistryState } from './state.ts'

export class SchemasTail {
  readonly #reader: TopicReader
  readonly #state: RegistryState
  #next = 0

  constructor(reader: TopicReader, state: RegistryState) {
    this.#reader = reader
    this.#state = state
  }

  /** The offset that is read next. */
  get next(): number {
    return this.#next
  }

  /** Applies every record up to the end. Cost: nothing when there is none. Throws MR-REGISTRY-003. */
  poll(): void {
    if (this.#reader.partitionCount(schemasTopicName) === undefined) {
      this.#startOver()
      return
    }
    for (;;) {
      const end = this.#reader.endOffset(schemasTopicName, 0)
      if (end < this.#next) this.#startOver()
      if (this.#next >= end) return
      this.#next = Math.max(this.#next, this.#reader.startOffset(schemasTopicName, 0))
      const bytes = this.#reader.read(schemasTopicName, 0, this.#next, registryLimits.readBytes)
      if (bytes.length === 0) return
      this.#applyBatches(bytes)
    }
  }

  /** The topic was deleted, or another one of the same name stands there now: what it said holds no more. */
  #startOver(): void {
    if (this.#next === 0) return
    this.#state.clear()
    this.#next = 0
  }

  #applyBatches(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) {
      const header = readRecordBatchHeader(bytes, at)
      if (!checkRecordBatchCrc(bytes, header, at)) throw damaged(header.baseOffset, 'its checksum is wrong')
      if (!header.control) this.#applyBatch(bytes, at)
      this.#next = Math.max(this.#next, header.baseOffset + header.lastOffsetDelta + 1)
      at += header.size
    }
  }

  #applyBatch(bytes: Uint8Array, at: number): void {
    const records = decodeRecords(bytes, at)
    for (let i = 0; i < records.count; i++) {
      const offset = records.offsets[i]!
      if (offset < this.#next) continue
      try {
        this.#state.apply(readSchemasRecord(recordKey(records, i), recordValue(records, i), records.timestampsMs[i]!))
      } catch (error) {
        if (error instanceof SyntaxError || error instanceof BytesError || error instanceof Error)
          throw damaged(offset, error.message, error)
        throw error
      }
    }
  }
}

function damaged(offset: number, reason: string, cause?: unknown): MillraceError {
  return new MillraceError('MR-REGISTRY-003', { details: { offset, reason }, cause })
}
