// What classic consumers say and are told in bytes that the broker of old passed on unread: their subscription and assignment.
// A group in which both protocols meet reads the one and writes the other. Reference: ConsumerProtocolSubscription (v0 to 3) and
// ConsumerProtocolAssignment; a later version only adds behind what is read here.
import { WireReader, WireWriter } from '../../wire/index.ts'

export interface TopicPartitions {
  readonly topic: string
  readonly partitions: readonly number[]
}

export interface Subscription {
  readonly topics: readonly string[]
  /** What the member has not given up; eager members have nothing when they join. */
  readonly owned: readonly TopicPartitions[]
}

const readTopic = (r: WireReader): TopicPartitions => ({
  topic: r.string(false),
  partitions: r.array(0, false, (one) => one.int32()),
})

/** Throws BytesError on lying lengths. */
export function readSubscription(bytes: Uint8Array): Subscription {
  const r = new WireReader(bytes)
  const version = r.int16()
  const topics = r.array(0, false, (one) => one.string(false))
  r.bytesOrNull(false)
  return { topics, owned: version >= 1 ? r.array(0, false, readTopic) : [] }
}

/** Of no bytes: nothing. Throws BytesError on lying lengths. */
export function readAssignment(bytes: Uint8Array): readonly TopicPartitions[] {
  if (bytes.length === 0) return []
  const r = new WireReader(bytes)
  r.int16()
  return r.array(0, false, readTopic)
}

/** @param version of the member's subscription, which says what it understands */
export function writeAssignment(version: number, topics: readonly TopicPartitions[]): Uint8Array {
  const w = new WireWriter(64)
  w.int16(version)
  w.array(0, false, topics, (inner, _version, { topic, partitions }) => {
    inner.string(false, topic)
    inner.array(0, false, partitions, (one, _v, partition) => one.int32(partition))
  })
  w.bytes(false, null)
  return new Uint8Array(Buffer.concat(w.finish()))
}

export function subscriptionVersion(bytes: Uint8Array): number {
  return new WireReader(bytes).int16()
}
