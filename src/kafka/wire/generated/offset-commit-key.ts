// Generated from definitions/ by tools/generate-wire.ts; do not edit.
import type { WireReader } from '../reader.ts'
import type { WireWriter } from '../writer.ts'

/** Versions 0 to 1, flexible never. */
export interface OffsetCommitKey {
  readonly group: string
  readonly topic: string
  readonly partition: number
}
export interface OffsetCommitKeyInput {
  readonly group: string
  readonly topic: string
  readonly partition: number
}

export function decodeOffsetCommitKey(r: WireReader, _version: number): OffsetCommitKey {
  const group = r.string(false)
  const topic = r.string(false)
  const partition = r.int32()
  return { group, topic, partition }
}

export function encodeOffsetCommitKey(w: WireWriter, _version: number, m: OffsetCommitKeyInput): void {
  w.string(false, m.group)
  w.string(false, m.topic)
  w.int32(m.partition)
}
