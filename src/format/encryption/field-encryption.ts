// Seals fields of a batch before an encoder writes it, by the rule set of the schema that is written, as Confluent's clients
// do. What cannot be sealed is never written in clear unless the rule says so (onFailure NONE).
// A key of its own for each person: a rule whose keySubject names a column. Such keys are made here, with versions of their
// own drawn at random, so that any number of writers make keys without asking each other; their records belong into the
// same commit as the rows.
// Reference: Confluent EncryptionExecutor; docs/decisions (keys by person).
import { MillraceError } from '../../base/index.ts'
import {
  isNull,
  rowAt,
  types,
  type Batch,
  type Column,
  type EncryptedField,
  type EncryptionRule,
  type FieldKey,
  type FieldKeys,
  type KeyRecord,
  type Value,
} from '../../model/index.ts'
import { formatLimits } from '../limits.ts'
import type { TopicFormat } from '../topic-format.ts'
import { cipherPlaces, isVersioned, type CipherPlace } from './field-decryption.ts'
import { fieldCipher, type FieldCipher } from './tink.ts'

const dayMs = 86_400_000
const placeholder = /\{([^{}]+)\}/g

interface OpenKey {
  readonly version: number
  readonly cipher: FieldCipher
}

export class FieldEncryption {
  readonly #keys: FieldKeys
  readonly #topic: string
  readonly #subject: string
  readonly #places: readonly CipherPlace[]
  readonly #open = new Map<string, OpenKey>()
  /** Made here and not seen among the keys yet: dropped as soon as they are, so that an erased key is not used again. */
  readonly #made = new Map<
    string,
    { readonly rule: EncryptionRule; readonly subject: string; readonly key: FieldKey }
  >()
  #records: KeyRecord[] = []
  #revision = -1

  constructor(keys: FieldKeys, format: TopicFormat, fields: readonly EncryptedField[]) {
    this.#keys = keys
    this.#topic = format.topic
    this.#subject = `${format.topic}-value`
    const isEnvelope = format.valueFormat === 'debezium-avro-confluent'
    const wanted = fields.filter(({ rule, path }) => rule.onWrite !== null && (!isEnvelope || path[0] === 'after'))
    const places = cipherPlaces(wanted, format.schema, isEnvelope ? 1 : 0)
    this.#places = places.filter(({ field }) => field.form !== 'other')
    for (const { field, steps } of places) {
      const column = format.schema.fields[steps[0]!]!
      this.#check(field, format.keyColumns?.includes(steps[0]!) ?? false)
      if (field.rule.keySubject === null) continue
      for (const [, name] of field.rule.keySubject.matchAll(placeholder))
        if (!format.schema.fields.some((one) => one.name === name))
          throw this.#refusal(column.name, `its rule names column ${name}, which is not there`)
    }
  }

  /** Refuses what could only be written in clear, before anything is. */
  #check({ path, form, rule }: EncryptedField, isKey: boolean): void {
    if (rule.onWrite === 'keep') return
    const name = path.join('.')
    if (form === 'other')
      throw this.#refusal(name, 'only text and bytes are encrypted; take its tag away, or write it as text')
    if (isKey) throw this.#refusal(name, 'it is part of the record’s key, which is not encrypted')
  }

  get isNeeded(): boolean {
    return this.#places.length > 0
  }

  /** Records of keys that were made since the last call: they must be committed with the rows. */
  takeKeyRecords(): readonly KeyRecord[] {
    const records = this.#records
    this.#records = []
    return records
  }

  /** The batch with its fields sealed in rows [from, to). Throws MR-FORMAT-013. */
  seal(batch: Batch, from: number, to: number): Batch {
    const revision = this.#keys.revision()
    if (revision !== this.#revision) {
      this.#revision = revision
      this.#open.clear()
      for (const [name, { rule, subject, key }] of this.#made)
        if (typeof this.#keys.find(rule, subject, key.version) !== 'string') this.#made.delete(name)
    }
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
    if (column.layout !== 'bytes') throw this.#refusal(field.path.join('.'), 'only text and bytes are encrypted')
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

  #seal(field: EncryptedField, plain: Uint8Array, batch: Batch, row: number): Uint8Array {
    const { rule, form } = field
    const key = this.#keyFor(rule, batch, row)
    if (typeof key === 'string') {
      if (rule.onWrite === 'keep') return plain
      throw this.#refusal(field.path.join('.'), key)
    }
    let sealed = key.cipher.seal(plain)
    if (isVersioned(rule)) {
      const prefixed = new Uint8Array(5 + sealed.length)
      new DataView(prefixed.buffer).setInt32(1, key.version)
      prefixed.set(sealed, 5)
      sealed = prefixed
    }
    return form === 'text' ? Buffer.from(Buffer.from(sealed).toString('base64'), 'latin1') : sealed
  }

  #keyFor(rule: EncryptionRule, batch: Batch, row: number): OpenKey | string {
    const subject = rule.keySubject === null ? this.#subject : this.#subjectOf(rule.keySubject, batch, row)
    const name = JSON.stringify([rule.kekName, rule.algorithm, subject])
    const known = this.#open.get(name)
    if (known) return known
    const key = this.#findOrMake(rule, subject, name)
    if (typeof key === 'string') return key
    const cipher = fieldCipher(rule.algorithm, key.material)
    if (!cipher) return 'its key is no key of the algorithm'
    if (this.#open.size >= formatLimits.ciphersMax) this.#open.clear()
    const open = { version: key.version, cipher }
    this.#open.set(name, open)
    return open
  }

  #findOrMake(rule: EncryptionRule, subject: string, name: string): FieldKey | string {
    const found = this.#keys.find(rule, subject, -1)
    if (typeof found !== 'string') {
      const isOld = rule.expiryDays > 0 && this.#keys.nowMs() - found.createdMs > rule.expiryDays * dayMs
      if (!isOld) return found
    }
    const made = this.#made.get(name)
    if (made) return made.key
    // Of a whole subject there is one key, which was made when the schema was registered.
    if (rule.keySubject === null && rule.expiryDays === 0) return found
    const fresh = this.#keys.make(rule, subject)
    if (typeof fresh === 'string') return typeof found === 'string' ? fresh : found
    this.#records.push(fresh.record)
    this.#made.set(name, { rule, subject, key: fresh.key })
    return fresh.key
  }

  #subjectOf(template: string, batch: Batch, row: number): string {
    return template.replace(placeholder, (_all, name: string) => {
      const index = batch.schema.fields.findIndex((field) => field.name === name)
      const [value] = rowAt(
        { ...batch, columns: [batch.columns[index]!], schema: { fields: [batch.schema.fields[index]!] } },
        row,
      )
      return textOf(value ?? null)
    })
  }

  #refusal(field: string, reason: string): MillraceError {
    return new MillraceError('MR-FORMAT-013', { details: { field, topic: this.#topic, reason } })
  }
}

function textOf(value: Value): string {
  if (value === null) return 'null'
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64url')
  return String(value as string | number | bigint | boolean)
}

/** What is sealed is longer than the text was. */
function wide(column: Column): Column['type'] {
  return column.type.kind === 'VARCHAR' || column.type.kind === 'CHAR'
    ? types.string(column.type.nullable)
    : column.type
}
