// Generated from definitions/ by tools/generate-wire.ts; do not edit.
import { zeroUuid } from '../reader.ts'
import type { WireReader } from '../reader.ts'
import type { WireWriter } from '../writer.ts'

/** Versions 0 to 4, flexible from 4. */
export interface OffsetCommitValue {
  readonly offset: number
  readonly leaderEpoch: number
  readonly metadata: string
  readonly commitTimestamp: number
  readonly expireTimestamp: number
  readonly topicId: string
}
export interface OffsetCommitValueInput {
  readonly offset: number
  readonly leaderEpoch?: number
  readonly metadata: string
  readonly commitTimestamp: number
  readonly expireTimestamp?: number
  readonly topicId?: string
}

export function decodeOffsetCommitValue(r: WireReader, version: number): OffsetCommitValue {
  const flexible = version >= 4
  const offset = r.long()
  const leaderEpoch = version >= 3 ? r.int32() : -1
  const metadata = r.string(flexible)
  const commitTimestamp = r.long()
  const expireTimestamp = version >= 1 && version <= 1 ? r.long() : -1
  let topicId: string = zeroUuid
  if (flexible) {
    for (let count = r.uvarint(); count > 0; count--) {
      const tag = r.uvarint()
      const end = r.taggedEnd()
      if (tag === 0) topicId = r.uuid()
      else r.skipTo(end)
      r.expectAt(end)
    }
  }
  return { offset, leaderEpoch, metadata, commitTimestamp, expireTimestamp, topicId }
}

export function encodeOffsetCommitValue(w: WireWriter, version: number, m: OffsetCommitValueInput): void {
  const flexible = version >= 4
  w.long(m.offset)
  if (version >= 3) w.int32(m.leaderEpoch ?? -1)
  w.string(flexible, m.metadata)
  w.long(m.commitTimestamp)
  if (version >= 1 && version <= 1) w.long(m.expireTimestamp ?? -1)
  if (flexible) {
    const topicId = m.topicId ?? zeroUuid
    w.uvarint((topicId !== zeroUuid ? 1 : 0))
    if (topicId !== zeroUuid) w.tagged(0, (inner) => inner.uuid(topicId))
  }
}
