// Compaction of one sealed segment: records whose key has a later record go; offsets never change; a batch that loses
// records is written anew with the same base and last offset. Control batches, records without key and batches in a
// compression that is not known here stay as they are.
// Of transactions only what is decided is judged: nothing at or above the last stable offset; aborted records go; markers of
// aborts stay, since readers need them as long as the transaction is in the aborted list; a commit's marker goes once it
// is old and none of its records is left.
// Follows Kafka's LogCleaner without its delete horizon: a tombstone goes when its segment is older than delete.retention.ms.
import { ByteReader, BytesError, ByteWriter, crc32c, type Disk, type DiskFile } from '../base/index.ts'
import {
  checkRecordBatchCrc,
  compressionCodes,
  decodeRecords,
  readRecordBatchHeader,
  recordBatchAt,
  recordBatchOverhead,
  recordKey,
  type RecordBatchHeader,
  type RecordColumns,
} from '../model/index.ts'
import { segmentHeader, segmentStart, walkBatches } from './segments.ts'
import { pathOf, type Partition, type Segment } from './state.ts'
import { decodeMarker, isAborted, lastStableOffset } from './transactions.ts'

/** Calls for each batch of a segment, with its whole bytes. Throws BytesError when one is damaged: nothing is then changed. */
function eachBatch(file: DiskFile, end: number, visit: (bytes: Uint8Array) => void): void {
  const reached = walkBatches(file, { start: segmentStart, end }, (position, size) => {
    const bytes = new Uint8Array(size)
    file.read(bytes, position)
    if (!checkRecordBatchCrc(bytes, readRecordBatchHeader(bytes)))
      throw new BytesError('the checksum of a batch is wrong', position)
    visit(bytes)
    return true
  })
  if (reached !== end) throw new BytesError('there is no batch', reached)
}

/** The records of a batch that compaction may judge; undefined for those it leaves alone. */
function judgeable(bytes: Uint8Array): RecordColumns | undefined {
  const header = readRecordBatchHeader(bytes)
  const { none, gzip, zstd } = compressionCodes
  if (header.control || ![none, gzip, zstd].includes(header.compression as 0)) return undefined
  return decodeRecords(bytes)
}

const keyText = (key: Uint8Array): string => Buffer.from(key.buffer, key.byteOffset, key.length).toString('latin1')

/**
 * The last offset of each key, newest segments first, up to `keysMax` keys; a key that did not fit keeps all its records
 * this time. O(records). @param options.before records from this offset on are too young: they do not count yet. Throws BytesError when a batch is damaged.
 */
export function latestOffsets(
  disk: Disk,
  partition: Partition,
  { keysMax, before }: { keysMax: number; before: number },
): Map<string, number> {
  const latest = new Map<string, number>()
  const stable = Math.min(lastStableOffset(partition), before)
  for (const segment of partition.segments) {
    if (segment.baseOffset >= stable) break
    const file = disk.open(pathOf(partition, segment), 'read')
    try {
      eachBatch(file, segment.size, (bytes) => {
        const columns = judgeable(bytes)
        if (!columns || columns.header.baseOffset >= stable || isAborted(partition.aborted, columns.header)) return
        for (let i = 0; i < columns.count; i++) {
          const key = recordKey(columns, i)
          if (!key) continue
          const text = keyText(key)
          if (latest.size < keysMax || latest.has(text)) latest.set(text, columns.offsets[i]!)
        }
      })
    } finally {
      file.close()
    }
  }
  return latest
}

/**
 * Writes the segment's next generation, synced, under its own name. @returns it, or undefined when nothing would go. Throws BytesError.
 * @param options.tombstonesBeforeMs a segment whose newest record is older loses its tombstones too
 * @param options.unended producers with transactional records that were kept and whose marker was not met yet; the segments
 *   of a round come in order and share it
 */
export function compactSegment(
  disk: Disk,
  options: {
    partition: Partition
    segment: Segment
    latest: ReadonlyMap<string, number>
    tombstonesBeforeMs: number
    unended: Set<number>
  },
): Segment | undefined {
  const { partition, segment, latest, unended } = options
  const dropTombstones = segment.maxTimestampMs < options.tombstonesBeforeMs
  const out = new ByteWriter(1 << 16)
  let dropped = 0
  const file = disk.open(pathOf(partition, segment), 'read')
  try {
    eachBatch(file, segment.size, (bytes) => {
      const header = readRecordBatchHeader(bytes)
      if (isDroppedMarker(bytes, header, unended, dropTombstones) || isAborted(partition.aborted, header)) {
        dropped += header.count
        return
      }
      const columns = judgeable(bytes)
      const keep = columns && keepMask(columns, latest, dropTombstones)
      const lost = keep ? keep.reduce((sum, one) => sum + (one ? 0 : 1), 0) : 0
      dropped += lost
      if (header.transactional && !header.control && lost < header.count) unended.add(Number(header.producerId))
      if (lost === 0) out.raw(bytes)
      else if (lost < columns!.count) out.raw(rewriteBatch(bytes, columns!, keep!))
    })
  } finally {
    file.close()
  }
  if (dropped === 0) return undefined
  const next: Segment = {
    ...segment,
    generation: segment.generation + 1,
    size: segmentStart + out.length,
    created: true,
  }
  const path = pathOf(partition, next)
  // Under another name until it is whole: readers take the newest generation they see.
  const made = disk.open(`${path}.new`, 'create')
  try {
    made.truncate(0)
    made.write(segmentHeader(partition, next), 0)
    made.write(out.finish(), segmentStart)
    made.sync()
  } finally {
    made.close()
  }
  disk.rename(`${path}.new`, path)
  return next
}

/** A commit's marker of which nothing is left. Notes that the transaction has ended. */
function isDroppedMarker(bytes: Uint8Array, header: RecordBatchHeader, unended: Set<number>, isOld: boolean): boolean {
  const marker = header.control ? decodeMarker(bytes, 0, header) : undefined
  if (!marker) return false
  return !unended.delete(marker.producerId) && marker.commits && isOld
}

function keepMask(columns: RecordColumns, latest: ReadonlyMap<string, number>, dropTombstones: boolean): boolean[] {
  const keep: boolean[] = []
  for (let i = 0; i < columns.count; i++) {
    const key = recordKey(columns, i)
    const last = key ? latest.get(keyText(key)) : undefined
    const isOld = last !== undefined && last > columns.offsets[i]!
    // Only with the key known: older values elsewhere must go in the same round.
    const isDroppedTombstone = dropTombstones && last === columns.offsets[i] && columns.valueLength[i]! < 0
    keep.push(!isOld && !isDroppedTombstone)
  }
  return keep
}

/** The same batch with fewer records, not compressed; offset and time deltas as they were. */
function rewriteBatch(bytes: Uint8Array, columns: RecordColumns, keep: readonly boolean[]): Uint8Array {
  const out = new ByteWriter(bytes.length)
  out.raw(bytes.subarray(0, recordBatchOverhead))
  const reader = new ByteReader(columns.bytes)
  let count = 0
  for (let i = 0; i < columns.count; i++) {
    const start = reader.position
    reader.skip(reader.varint())
    if (!keep[i]) continue
    out.raw(columns.bytes.subarray(start, reader.position))
    count++
  }
  const batch = out.copy()
  const view = new DataView(batch.buffer)
  view.setInt32(recordBatchAt.length, batch.length - 12)
  view.setInt16(recordBatchAt.attributes, columns.header.attributes & ~7)
  view.setInt32(recordBatchAt.count, count)
  view.setUint32(recordBatchAt.crc, crc32c(batch.subarray(recordBatchAt.attributes)))
  return batch
}
