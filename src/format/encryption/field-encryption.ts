// Seals fields of a batch before an encoder writes it, by the rule set of the schema that is written, as Confluent's clients
// do. What cannot be sealed is never written in clear unless the rule says so (onFailure NONE).
// Reference: Confluent FieldEncryptionExecutor.
import { isNull, types, type Batch, type Column, type EncryptedField } from '../../model/index.ts'
import type { TopicFormat } from '../topic-format.ts'
import { cipherPlaces, type CipherPlace } from './field-decryption.ts'
import type { SealingKeys } from './sealing-keys.ts'

export class FieldEncryption {
  readonly #keys: SealingKeys
  readonly #places: readonly CipherPlace[]

  constructor(keys: SealingKeys, format: TopicFormat, fields: readonly EncryptedField[]) {
    this.#keys = keys
    const isEnvelope = format.valueFormat === 'debezium-avro-confluent'
    const wanted = fields.filter(({ rule, path }) => rule.onWrite !== null && (!isEnvelope || path[0] === 'after'))
    const places = cipherPlaces(wanted, format.schema, isEnvelope ? 1 : 0)
    this.#places = places.filter(({ field }) => field.form !== 'other')
    for (const { field, steps } of places) {
      this.#check(field, format.keyColumns?.includes(steps[0]!) ?? false)
      keys.check(field.rule, format.schema.fields[steps[0]!]!.name)
    }
  }

  /** Refuses what could only be written in clear, before anything is. */
  #check({ path, form, rule }: EncryptedField, isKey: boolean): void {
    if (rule.onWrite === 'keep') return
    const name = path.join('.')
    if (form === 'other')
      throw this.#keys.refusal(name, 'only text and bytes are encrypted; take its tag away, or write it as text')
    if (isKey) throw this.#keys.refusal(name, 'it is part of the record’s key, which is not encrypted')
  }

  get isNeeded(): boolean {
    return this.#places.length > 0
  }

  /** The batch with its fields sealed in rows [from, to). Throws MR-FORMAT-013. */
  seal(batch: Batch, from: number, to: number): Batch {
    this.#keys.begin()
    const columns = [...batch.columns]
    for (const { field, steps } of this.#places)
      columns[steps[0]!] = this.#sealed(columns[steps[0]!]!, steps.slice(1), { field, batch, from, to, rowOf: null })
    return { ...batch, columns }
  }

  /** A column with the field below sealed. @param work.rowOf the batch's row of each of the column's rows; null: the same */
  #sealed(
    column: Column,
    steps: readonly number[],
    work: { field: EncryptedField; batch: Batch; from: number; to: number; rowOf: Int32Array | null },
  ): Column {
    if (steps.length === 0) return this.#sealedLeaf(column, work)
    const [step, ...rest] = steps
    let inner = work
    if (column.layout === 'list' || column.layout === 'map') {
      const offsets = column.offsets!
      const rowOf = new Int32Array(offsets[work.to]!)
      for (let i = work.from; i < work.to; i++)
        rowOf.fill(work.rowOf ? work.rowOf[i]! : i, offsets[i]!, offsets[i + 1]!)
      inner = { ...work, from: offsets[work.from]!, to: offsets[work.to]!, rowOf }
    }
    const children = column.children.map((child, i) => (i === step ? this.#sealed(child, rest, inner) : child))
    return { ...column, children }
  }

  #sealedLeaf(
    column: Column,
    {
      field,
      batch,
      from,
      to,
      rowOf,
    }: { field: EncryptedField; batch: Batch; from: number; to: number; rowOf: Int32Array | null },
  ): Column {
    if (column.layout !== 'bytes') throw this.#keys.refusal(field.path.join('.'), 'only text and bytes are encrypted')
    const offsets = new Int32Array(column.offsets!.length)
    const values = column.values as Uint8Array
    const parts: Uint8Array[] = []
    let size = 0
    for (let i = from; i < to; i++) {
      offsets[i] = size
      if (!isNull(column, i)) {
        const plain = values.subarray(column.offsets![i]!, column.offsets![i + 1]!)
        const value = this.#seal(field, plain, batch, rowOf ? rowOf[i]! : i)
        parts.push(value)
        size += value.length
      }
      offsets[i + 1] = size
    }
    offsets.fill(size, to + 1)
    const bytes = new Uint8Array(size)
    let at = 0
    for (const part of parts) {
      bytes.set(part, at)
      at += part.length
    }
    return { ...column, type: wide(column), values: bytes, offsets }
  }

  #seal({ rule, form, path }: EncryptedField, plain: Uint8Array, batch: Batch, row: number): Uint8Array {
    const sealed = this.#keys.seal(rule, plain, batch, row)
    if (typeof sealed === 'string') {
      if (rule.onWrite === 'keep') return plain
      throw this.#keys.refusal(path.join('.'), sealed)
    }
    return form === 'text' ? Buffer.from(Buffer.from(sealed).toString('base64'), 'latin1') : sealed
  }
}

/** What is sealed is longer than the text was. */
function wide(column: Column): Column['type'] {
  return column.type.kind === 'VARCHAR' || column.type.kind === 'CHAR'
    ? types.string(column.type.nullable)
    : column.type
}
