// A topic's own compression ('compression.type'): what a producer sent in another codec is written anew in the topic's; records,
// offsets, sequences and attributes stay. The batch was checked before. Reference: Kafka's LogValidator.
import { crc32c } from '../../base/index.ts'
import {
  compressionCodes,
  decompressedBytesMax,
  readRecordBatchHeader,
  recordBatchAt,
  recordBatchOverhead,
} from '../../model/index.ts'
import { compressRecords, decompressRecords } from '../wire/index.ts'

/** The codec that a topic wants; undefined: the producer's. */
export function compressionOf(configs: Readonly<Record<string, string>>): number | undefined {
  const name = configs['compression.type'] ?? 'producer'
  if (name === 'producer') return undefined
  return name === 'uncompressed' ? compressionCodes.none : compressionCodes[name as keyof typeof compressionCodes]
}

/** A megabyte takes a second or more above it, and nobody else is served meanwhile. */
const levelMax = 12

/** How hard gzip or zstd shall try ('compression.gzip.level', 'compression.zstd.level'); undefined: as they do by themselves. */
export function compressionLevelOf(configs: Readonly<Record<string, string>>, codec: number): number | undefined {
  const { gzip, zstd } = compressionCodes
  const level =
    codec === gzip ? configs['compression.gzip.level'] : codec === zstd ? configs['compression.zstd.level'] : undefined
  return level === undefined ? undefined : Math.min(Number(level), levelMax)
}

/** The batch in another codec; itself when it has it already. O(bytes), blocks for the compression. */
export function recompress(batch: Uint8Array, codec: number, level?: number): Uint8Array {
  const header = readRecordBatchHeader(batch)
  if (header.compression === codec) return batch
  const stored = batch.subarray(recordBatchOverhead, header.size)
  const plain = header.compression === 0 ? stored : decompressRecords(header.compression, stored, decompressedBytesMax)
  const records = codec === 0 ? plain : compressRecords(codec, plain, level)
  const out = new Uint8Array(recordBatchOverhead + records.length)
  out.set(batch.subarray(0, recordBatchOverhead))
  out.set(records, recordBatchOverhead)
  const view = new DataView(out.buffer)
  view.setInt32(recordBatchAt.length, out.length - 12)
  view.setInt16(recordBatchAt.attributes, (header.attributes & ~7) | codec)
  view.setUint32(recordBatchAt.crc, crc32c(out.subarray(recordBatchAt.attributes)))
  return out
}
