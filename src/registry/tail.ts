// Follows a topic of the registry: reads what is new from the log and applies it. Synchronous and without waiting, so that
// any thread can have its own view of the registry.
import { BytesError, MillraceError } from '../base/index.ts'
import {
  checkRecordBatchCrc,
  decodeRecords,
  decompressRecords,
  readRecordBatchHeader,
  recordKey,
  recordValue,
  type TopicReader,
} from '../model/index.ts'
import { registryLimits } from './limits.ts'
import { keysTopicName, readKeyRecord } from './keys/key-records.ts'
import type { KeyState } from './keys/key-state.ts'
import { readSchemasRecord, schemasTopicName } from './records.ts'
import type { RegistryState } from './state.ts'

interface Applied {
  clear(): void
  /** Throws an Error that says why the record cannot be read. */
  apply(key: Uint8Array | null, value: Uint8Array | null, timestampMs: number): void
}

export function schemasTail(reader: TopicReader, state: RegistryState): TopicTail {
  return new TopicTail(reader, schemasTopicName, {
    clear: () => state.clear(),
    apply: (key, value, timestampMs) => state.apply(readSchemasRecord(key, value, timestampMs)),
  })
}

export function keysTail(reader: TopicReader, state: KeyState): TopicTail {
  return new TopicTail(reader, keysTopicName, {
    clear: () => state.clear(),
    apply: (key, value, timestampMs) => state.apply(readKeyRecord(key, value, timestampMs)),
  })
}

export class TopicTail {
  readonly #reader: TopicReader
  readonly #topic: string
  readonly #state: Applied
  #next = 0

  constructor(reader: TopicReader, topic: string, state: Applied) {
    this.#reader = reader
    this.#topic = topic
    this.#state = state
  }

  /** The offset that is read next. */
  get next(): number {
    return this.#next
  }

  /** Applies every record up to the end. Cost: nothing when there is none. Throws MR-REGISTRY-003. */
  poll(): void {
    if (this.#reader.partitionCount(this.#topic) === undefined) {
      this.#startOver()
      return
    }
    for (;;) {
      const end = this.#reader.endOffset(this.#topic, 0)
      if (end < this.#next) this.#startOver()
      if (this.#next >= end) return
      this.#next = Math.max(this.#next, this.#reader.startOffset(this.#topic, 0))
      const bytes = this.#reader.read(this.#topic, 0, this.#next, registryLimits.readBytes)
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
      if (!checkRecordBatchCrc(bytes, header, at)) throw this.#damaged(header.baseOffset, 'its checksum is wrong')
      if (!header.control) this.#applyBatch(bytes, at)
      this.#next = Math.max(this.#next, header.baseOffset + header.lastOffsetDelta + 1)
      at += header.size
    }
  }

  #applyBatch(bytes: Uint8Array, at: number): void {
    const records = this.#decode(bytes, at)
    for (let i = 0; i < records.count; i++) {
      const offset = records.offsets[i]!
      if (offset < this.#next) continue
      try {
        this.#state.apply(recordKey(records, i), recordValue(records, i), records.timestampsMs[i]!)
      } catch (error) {
        if (error instanceof SyntaxError || error instanceof BytesError || error instanceof Error)
          throw this.#damaged(offset, error.message, error)
        throw error
      }
    }
  }

  /** In any compression: the topic may have been copied here from another cluster. */
  #decode(bytes: Uint8Array, at: number): ReturnType<typeof decodeRecords> {
    try {
      return decodeRecords(bytes, at, decompressRecords)
    } catch (error) {
      if (error instanceof BytesError) throw this.#damaged(this.#next, error.message, error)
      throw error
    }
  }

  #damaged(offset: number, reason: string, cause?: unknown): MillraceError {
    return new MillraceError('MR-REGISTRY-003', { details: { offset, topic: this.#topic, reason }, cause })
  }
}
