// Follows a topic of the registry: reads what is new from the log and applies it. Synchronous and without waiting, so that
// any thread can have its own view of the registry.
// Invariant: a record that cannot be understood is stepped over, counted and told: any client may write one, and it must not
// take the registry away from all others. Bytes that are not those that were written stop it: ids could change otherwise.
// Reference: Confluent KafkaStoreReaderThread.
import { MillraceError } from '../base/index.ts'
import {
  checkRecordBatchCrc,
  decodeRecords,
  keysTopicName,
  schemasTopicName,
  decompressRecords,
  readRecordBatchHeader,
  recordKey,
  recordValue,
  type TopicReader,
} from '../model/index.ts'
import { registryLimits } from './limits.ts'
import { readKeyRecord, type DekId } from './keys/key-records.ts'
import type { KeyState } from './keys/key-state.ts'
import { readSchemasRecord } from './records.ts'
import type { RegistryState } from './state.ts'

interface Applied {
  clear(): void
  /** Throws an Error that says why the record cannot be read. */
  apply(key: Uint8Array | null, value: Uint8Array | null, timestampMs: number, offset: number): void
}

/** What of a topic cannot be read. */
export interface TopicHealth {
  readonly topic: string
  /** Records that could not be understood, and the first of them; since this view began. */
  readonly skippedCount: number
  readonly firstSkipped?: { readonly offset: number; readonly reason: string }
  /** Why nothing after a place can be read: MR-REGISTRY-003, or what the log says. */
  readonly damage?: MillraceError
}

export function schemasTail(reader: TopicReader, state: RegistryState): TopicTail {
  return new TopicTail(reader, schemasTopicName, {
    clear: () => state.clear(),
    apply: (key, value, timestampMs) => state.apply(readSchemasRecord(key, value, timestampMs)),
  })
}

/** @param erased told of each key that was deleted for good; undefined: all that was told holds no more */
export function keysTail(
  reader: TopicReader,
  state: KeyState,
  erased?: (id: DekId | undefined, offset: number) => void,
): TopicTail {
  return new TopicTail(reader, keysTopicName, {
    clear() {
      state.clear()
      erased?.(undefined, 0)
    },
    apply(key, value, timestampMs, offset) {
      const event = readKeyRecord(key, value, timestampMs)
      state.apply(event)
      if (event.kind === 'dek' && event.value === null) erased?.(event.id, offset)
    },
  })
}

export class TopicTail {
  readonly #reader: TopicReader
  readonly #topic: string
  readonly #state: Applied
  #next = 0
  #skippedCount = 0
  #firstSkipped: TopicHealth['firstSkipped']

  constructor(reader: TopicReader, topic: string, state: Applied) {
    this.#reader = reader
    this.#topic = topic
    this.#state = state
  }

  /** The offset that is read next. */
  get next(): number {
    return this.#next
  }

  /** As of now; never throws. */
  health(): TopicHealth {
    let damage: MillraceError | undefined
    try {
      this.poll()
    } catch (error) {
      if (!(error instanceof MillraceError)) throw error
      damage = error
    }
    const first = this.#firstSkipped
    return {
      topic: this.#topic,
      skippedCount: this.#skippedCount,
      ...(first === undefined ? {} : { firstSkipped: first }),
      ...(damage === undefined ? {} : { damage }),
    }
  }

  /** Applies every record up to the end. Cost: nothing when there is none. Throws MR-REGISTRY-003 for damaged bytes. */
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
    this.#skippedCount = 0
    this.#firstSkipped = undefined
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
    for (let i = 0; i < (records?.count ?? 0); i++) {
      const offset = records!.offsets[i]!
      if (offset < this.#next) continue
      // Counted before it is applied: what fails once must not be tried again.
      this.#next = offset + 1
      const value = recordValue(records!, i)
      try {
        this.#state.apply(recordKey(records!, i), value, records!.timestampsMs[i]!, offset)
      } catch (error) {
        // A tombstone takes nothing away that was understood: whoever cleans up with it makes no new problem.
        if (value !== null) this.#skip(offset, error)
      }
    }
  }

  /** In any compression: the topic may have been copied here from another cluster. Its checksum is right: a client wrote it so. */
  #decode(bytes: Uint8Array, at: number): ReturnType<typeof decodeRecords> | undefined {
    try {
      return decodeRecords(bytes, at, decompressRecords)
    } catch (error) {
      this.#skip(this.#next, error)
      return undefined
    }
  }

  #skip(offset: number, error: unknown): void {
    if (!(error instanceof Error)) throw error
    this.#skippedCount++
    this.#firstSkipped ??= { offset, reason: shortened(error.message) }
  }

  #damaged(offset: number, reason: string): MillraceError {
    return new MillraceError('MR-REGISTRY-003', { details: { offset, topic: this.#topic, reason } })
  }
}

/** A parser's message may quote what a client wrote, at any length and with line ends. */
const shortened = (reason: string): string =>
  // oxlint-disable-next-line no-control-regex
  reason.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ').slice(0, reasonCharactersMax)
const reasonCharactersMax = 200
