// Where groups are kept: records of __consumer_offsets beside the offsets themselves. Written a batch at a time, read from the
// start of a partition when its groups are asked for first, and when a write failed (then memory is ahead of the log).
import type { Clock } from '../../../base/index.ts'
import { offsetsTopic } from '../../../log/index.ts'
import { decodeRecords, encodeRecordBatch, recordKey, recordValue } from '../../../model/index.ts'
import { decompressRecords, kafkaErrors } from '../../wire/index.ts'
import type { ServerLog, ServerReader } from '../log-face.ts'
import { readGroupRecord, StoredGroup } from './group-records.ts'
import type { GroupRecord } from './group-records.ts'
import type { OffsetStore } from './offsets.ts'

export interface GroupLogOptions {
  readonly log: ServerLog
  readonly reader: ServerReader
  readonly clock: Clock
  readonly offsets: OffsetStore
  /** Bytes read before others get a turn. */
  readonly readBytes: number
}

export class GroupLog {
  readonly #options: GroupLogOptions
  #isClosed = false

  constructor(options: GroupLogOptions) {
    this.#options = options
  }

  partitionOf(group: string): number {
    return this.#options.offsets.partitionOf(group)
  }

  /**
   * From now on nothing is written: the groups of memory are gone, and a request that is still under way must not take one
   * that it does not find for a new one.
   */
  close(): void {
    this.#isClosed = true
  }

  /** Resolves when the records are durable. @returns 0 or the log's error */
  async write(group: string, records: readonly GroupRecord[]): Promise<number> {
    const { log, clock, offsets } = this.#options
    const missing = await offsets.ensureTopic()
    if (missing !== 0) return missing
    if (this.#isClosed) return kafkaErrors.coordinatorNotAvailable
    const timestampMs = clock.nowMs()
    const batch = encodeRecordBatch(records.map(({ key, value }) => ({ key, value, timestampMs })))
    const outcome = await log.append(offsetsTopic.name, this.partitionOf(group), batch)
    return outcome.ok ? 0 : outcome.error
  }

  /** The groups of a partition as its records say, read from its start; empty when there is no such topic. */
  async scan(partition: number): Promise<ReadonlyMap<string, StoredGroup>> {
    const { reader, clock, readBytes } = this.#options
    const groups = new Map<string, StoredGroup>()
    if (partition >= (reader.partitionCount(offsetsTopic.name) ?? 0)) return groups
    const end = reader.highWatermark(offsetsTopic.name, partition)
    let next = reader.startOffset(offsetsTopic.name, partition)
    while (next < end) {
      const bytes = reader.readUncommitted(offsetsTopic.name, partition, next, readBytes)
      if (bytes.length === 0) break
      next = readBatches(groups, bytes)
      if (next < end) await new Promise<void>((turn) => clock.after(0, turn))
    }
    return groups
  }
}

function readBatches(groups: Map<string, StoredGroup>, bytes: Uint8Array): number {
  let next = 0
  for (let at = 0; at < bytes.length;) {
    const records = decodeRecords(bytes, at, decompressRecords)
    const { header } = records
    at += header.size
    next = header.baseOffset + header.lastOffsetDelta + 1
    // Groups are never written in a transaction; only offsets are.
    if (header.control || header.transactional) continue
    for (let i = 0; i < records.count; i++) {
      const key = recordKey(records, i)
      if (key && key.length >= 2) readGroupRecord(groups, key, recordValue(records, i), header.maxTimestampMs)
    }
  }
  return next
}
