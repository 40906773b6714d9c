// What a decoder throws inside itself when a record's bytes lie, and how it becomes a BadRecord at the room's wall.
// Never leaves the room.
import { assert, BytesError, type ErrorCode } from '../base/index.ts'

export class RecordDamage extends Error {
  readonly code: ErrorCode
  /** Absolute in the bytes that the decoder reads; made relative to the value by toBadRecord. */
  readonly position: number

  constructor(code: ErrorCode, reason: string, position: number) {
    super(reason)
    this.name = 'RecordDamage'
    this.code = code
    this.position = position
  }
}

/** The damage in what was caught; anything else is our own fault and goes on up. */
export function asDamage(error: unknown): RecordDamage {
  if (error instanceof RecordDamage) return error
  if (error instanceof BytesError) return new RecordDamage('MR-FORMAT-006', error.message, error.position)
  // A decoder recurses only as deep as limits allow, so even a RangeError is ours.
  assert(error instanceof Error, 'only errors are thrown')
  throw error
}
