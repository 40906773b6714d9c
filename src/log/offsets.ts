// Consumer-group offsets as records of __consumer_offsets, in Kafka's own schemas (OffsetCommitKey v1, OffsetCommitValue
// v3), so that other tools read them. Used by commit groups here and by the group coordinator. The topic's id, which Kafka has
// in a version that older tools do not read, stands behind the fields of v3, where readers of the schema do not look.
import { ByteReader, ByteWriter } from '../base/index.ts'
import { idFromBytes } from './journal-frame.ts'

export const offsetsTopic = {
  name: '__consumer_offsets',
  partitionCount: 50,
  configs: { 'cleanup.policy': 'compact', 'compression.type': 'producer', 'segment.bytes': '16777216' },
  internal: true,
} as const

export interface OffsetRecord {
  readonly group: string
  readonly topic: string
  readonly partition: number
  readonly offset: number
  /** -1: unknown. */
  readonly leaderEpoch: number
  readonly metadata: string
  readonly commitTimestampMs: number
  /** Of the topic that it was committed for; absent where who commits names topics only. */
  readonly topicId?: string
}

const idBytes = 16

/** The partition whose coordinator a group has: Kafka's Utils.abs(group.hashCode()) % count. */
export function coordinatorPartition(group: string, partitionCount: number): number {
  let hash = 0
  for (let i = 0; i < group.length; i++) hash = (Math.imul(hash, 31) + group.charCodeAt(i)) | 0
  return (hash === -2147483648 ? 0 : Math.abs(hash)) % partitionCount
}

/** Key and value of one commit. */
export function encodeOffsetRecord(record: OffsetRecord): { key: Uint8Array; value: Uint8Array } {
  const key = new ByteWriter(64)
  key.int16(1)
  text(key, record.group)
  text(key, record.topic)
  key.int32(record.partition)
  const value = new ByteWriter(64)
  value.int16(3)
  value.int64FromNumber(record.offset)
  value.int32(record.leaderEpoch)
  text(value, record.metadata)
  value.int64FromNumber(record.commitTimestampMs)
  if (record.topicId !== undefined) value.raw(Buffer.from(record.topicId.replaceAll('-', ''), 'hex'))
  return { key: key.copy(), value: value.copy() }
}

/**
 * Reads one record of the topic; value null = the commit was removed. Undefined for keys that are no offset commit (group
 * metadata). Throws BytesError on lying lengths. Value versions 0 to 3 are read.
 */
export function decodeOffsetRecord(
  key: Uint8Array,
  value: Uint8Array | null,
): { group: string; topic: string; partition: number; commit: OffsetRecord | undefined } | undefined {
  const keys = new ByteReader(key)
  const keyVersion = keys.int16()
  if (keyVersion !== 0 && keyVersion !== 1) return undefined
  const group = keys.text(keys.int16())
  const topic = keys.text(keys.int16())
  const partition = keys.int32()
  if (value === null) return { group, topic, partition, commit: undefined }
  const values = new ByteReader(value)
  const version = values.int16()
  const offset = values.int64AsNumber()
  const leaderEpoch = version >= 3 ? values.int32() : -1
  const metadata = values.text(values.int16())
  const commitTimestampMs = values.int64AsNumber()
  const commit = { group, topic, partition, offset, leaderEpoch, metadata, commitTimestampMs }
  if (version !== 3 || values.remaining !== idBytes) return { group, topic, partition, commit }
  return { group, topic, partition, commit: { ...commit, topicId: idFromBytes(values.take(idBytes)) } }
}

function text(writer: ByteWriter, value: string): void {
  const bytes = new TextEncoder().encode(value)
  writer.int16(bytes.length)
  writer.raw(bytes)
}
