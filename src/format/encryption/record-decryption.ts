// What is sealed in a topic's records, opened by the rule set of the schema that wrote them: whole values before a reader sees
// them, fields in the rows that it has staged.
// Invariant: bytes that were sealed as a whole are never read as a value, whatever keys a reader has, none included.
// Reference: Confluent EncryptionExecutor, its clients' deserializers (encoding rules before, domain rules after).
import { assert } from '../../base/index.ts'
import type { EncryptionRule, RecordColumns, RegisteredSchema, Schema, SchemaIds } from '../../model/index.ts'
import { RecordDamage } from '../damage.ts'
import { Frame } from '../frames.ts'
import { formatLimits } from '../limits.ts'
import { ProtoCursor } from '../protobuf/cursor.ts'
import { readIndexes } from '../protobuf/framed.ts'
import type { Stage } from '../stage.ts'
import { cipherPlaces, openFields, type CipherPlace } from './field-decryption.ts'
import { OpeningKeys } from './opening-keys.ts'

/** A frame before the value: 0x00 and a schema's id. */
const idBytes = 5

/** What is to be done with the records of one schema. */
export interface SchemaPlan {
  /** In the order in which writers run them. */
  readonly payload: readonly EncryptionRule[]
  readonly fields: readonly CipherPlace[]
}

/** A record whose value was opened, alone in columns of its own. */
export interface OpenedRecord {
  readonly records: RecordColumns
  /** Bytes of the value before what was opened: the frame, and Protobuf's message indexes. */
  readonly headSize: number
}

export interface RecordDecryptionOptions {
  readonly columns: Schema
  readonly topic: string
  readonly isEnvelope: boolean
  readonly isProtobuf: boolean
}

export class RecordDecryption {
  readonly #schemaIds: SchemaIds
  /** Null: fields stay sealed. */
  readonly #keys: OpeningKeys | null
  readonly #options: RecordDecryptionOptions
  readonly #frame = new Frame()
  readonly #cursor = new ProtoCursor()
  readonly #plans = new Map<number | string, SchemaPlan | null>()
  /** The id that was last found to have nothing to be done, before the value; -1: none yet. */
  #plainId = -1

  constructor(schemaIds: SchemaIds, options: RecordDecryptionOptions) {
    this.#schemaIds = schemaIds
    this.#options = options
    this.#keys = schemaIds.fieldKeys ? new OpeningKeys(schemaIds.fieldKeys, `${options.topic}-value`) : null
  }

  /** Before records are read. */
  begin(): void {
    this.#keys?.begin()
  }

  /** What is to be done for a record; null: nothing. Cost: a few reads for the schema of the record before, else its frame. */
  planOf(records: RecordColumns, index: number): SchemaPlan | null {
    const size = records.valueLength[index]!
    if (size < 0 || (size >= idBytes && this.#isPlainAsBefore(records, index))) return null
    let key: number | string
    try {
      key = this.#frame.read(records, index, true).key
    } catch (error) {
      // The reader says what is wrong with it.
      if (error instanceof RecordDamage) return null
      throw error
    }
    const { id, guid, inHeader } = this.#frame
    let plan = this.#plans.get(key)
    if (plan === undefined) {
      const schema = guid === '' ? this.#schemaIds.byId(id) : this.#schemaIds.byGuid?.(guid)
      // Not kept: it may become known.
      if (!schema) return null
      if (this.#plans.size >= formatLimits.readersMax) this.#plans.clear()
      plan = this.#plan(schema)
      this.#plans.set(key, plan)
    }
    if (plan === null && guid === '' && !inHeader) this.#plainId = id
    return plan
  }

  #isPlainAsBefore({ bytes, headersStart, valueStart }: RecordColumns, index: number): boolean {
    const at = valueStart[index]!
    if (this.#plainId < 0 || bytes[headersStart[index]!] !== 0 || bytes[at] !== 0) return false
    const id = (bytes[at + 1]! << 24) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 8) | bytes[at + 4]!
    return id === this.#plainId
  }

  #plan({ encrypted = [], payloadRules = [] }: RegisteredSchema): SchemaPlan | null {
    const { columns, isEnvelope } = this.#options
    const payload = payloadRules.filter(({ onRead }) => onRead !== null)
    const runs = this.#keys ? encrypted.filter(({ rule, form }) => rule.onRead !== null && form !== 'other') : []
    const after = isEnvelope ? runs.filter(({ path }) => path[0] === 'after') : runs
    const fields = cipherPlaces(after, columns, isEnvelope ? 1 : 0)
    return payload.length === 0 && fields.length === 0 ? null : { payload, fields }
  }

  /** A record with its value opened. Throws RecordDamage MR-FORMAT-003 or MR-FORMAT-012. Cost: copies the value. */
  openPayload({ payload }: SchemaPlan, records: RecordColumns, index: number): OpenedRecord {
    assert(payload.length > 0, 'the value is sealed')
    const start = records.valueStart[index]!
    const { head, bodyAt } = this.#headOf(records, index)
    // Whatever holds the columns' bytes may be written over: ciphers are given bytes of their own.
    let body: Uint8Array = records.bytes.slice(bodyAt, start + records.valueLength[index]!)
    for (const rule of payload.toReversed()) {
      const plain = this.#keys ? this.#keys.open(rule, body) : 'whoever reads here has no keys'
      if (typeof plain === 'string')
        throw new RecordDamage('MR-FORMAT-012', `its value (rule ${rule.name}): ${plain}`, bodyAt)
      body = plain
    }
    const bytes = new Uint8Array(head.length + body.length + 1)
    bytes.set(head)
    bytes.set(body, head.length)
    const end = bytes.length - 1
    const ints = (value: number): Int32Array => Int32Array.of(value)
    return {
      headSize: head.length,
      records: {
        header: records.header,
        count: 1,
        bytes,
        offsets: records.offsets.subarray(index, index + 1),
        timestampsMs: records.timestampsMs.subarray(index, index + 1),
        keyStart: ints(0),
        keyLength: ints(-1),
        valueStart: ints(0),
        valueLength: ints(end),
        // The last byte says that there are none.
        headersStart: ints(end),
      },
    }
  }

  /** Frame and message indexes as they stand before a value, even if they came in a header, and where the body begins. */
  #headOf(records: RecordColumns, index: number): { head: Uint8Array; bodyAt: number } {
    const { isProtobuf } = this.#options
    const { bytes } = records
    const start = records.valueStart[index]!
    const frame = this.#frame.read(records, index, isProtobuf)
    if (frame.inHeader) return { head: bytes.slice(frame.headAt, frame.restEnd), bodyAt: start }
    let bodyAt = start + frame.size
    if (isProtobuf) {
      const cursor = this.#cursor
      cursor.setBytes(bytes)
      cursor.position = bodyAt
      cursor.end = start + records.valueLength[index]!
      readIndexes(cursor)
      bodyAt = cursor.position
    }
    return { head: bytes.slice(start, bodyAt), bodyAt }
  }

  /** Opens the fields of rows [row, row + count), the last of the stage. Throws RecordDamage MR-FORMAT-012. */
  openFields({ fields }: SchemaPlan, stage: Stage, rows: { row: number; count: number; at: number }): void {
    if (this.#keys && fields.length > 0) openFields(fields, this.#keys, stage, rows)
  }
}
