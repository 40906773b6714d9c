// Opens encrypted fields of rows that a reader has staged, by the rule set of the schema that wrote them, as Confluent's
// clients do: base64 of what is sealed in text, what is sealed in bytes. Nulls stay null. A field that cannot be opened
// fails its record or stays as it is, as the rule's onFailure says.
// Invariant: key material is dropped as soon as the keys change, so what was erased is unreadable from then on.
// Reference: Confluent EncryptionExecutor.
import type {
  EncryptedField,
  EncryptionRule,
  FieldKey,
  FieldKeys,
  LogicalType,
  RecordColumns,
  RegisteredSchema,
  Schema,
  SchemaIds,
} from '../../model/index.ts'
import { RecordDamage } from '../damage.ts'
import { Frame } from '../frames.ts'
import { formatLimits } from '../limits.ts'
import type { Stage, StageColumn } from '../stage.ts'
import { badUtf8At } from '../utf8.ts'
import { fieldCipher, type FieldCipher } from './tink.ts'

/** Where in the columns an encrypted field lies. */
export interface CipherPlace {
  readonly field: EncryptedField
  /** Index of the column, then children of it; lists and maps on the way are included. */
  readonly steps: readonly number[]
}

/** Places of the fields that are among the columns. @param skip names at the paths' beginning that are no columns: an envelope */
export function cipherPlaces(fields: readonly EncryptedField[], columns: Schema, skip: number): CipherPlace[] {
  return fields.flatMap((field) => {
    const path = field.path.slice(skip)
    const index = columns.fields.findIndex((column) => column.name === path[0])
    if (index < 0) return []
    const steps = stepsTo(columns.fields[index]!.type, path.slice(1), [index])
    return steps ? [{ field, steps }] : []
  })
}

function stepsTo(type: LogicalType, path: readonly string[], steps: readonly number[]): number[] | undefined {
  switch (type.kind) {
    case 'ARRAY':
      return stepsTo(type.element, path, [...steps, 0])
    case 'MAP':
      return stepsTo(type.value, path, [...steps, 0, 1])
    case 'ROW': {
      const index = type.fields.findIndex((field) => field.name === path[0])
      return index < 0 ? undefined : stepsTo(type.fields[index]!.type, path.slice(1), [...steps, index])
    }
    default:
      return path.length === 0 ? [...steps] : undefined
  }
}

const versionBytes = 5

/** Whether what is sealed begins with 0x00 and its key's version. */
export const isVersioned = (rule: EncryptionRule): boolean => rule.expiryDays > 0 || rule.keySubject !== null

/** What becomes of the records of one schema: fields to open, or why they cannot be read. */
export type SchemaPlan = readonly CipherPlace[] | RecordDamage

export class FieldDecryption {
  readonly #schemaIds: SchemaIds
  readonly #keys: FieldKeys
  readonly #columns: Schema
  readonly #subject: string
  readonly #isEnvelope: boolean
  readonly #frame = new Frame()
  readonly #plans = new Map<number | string, SchemaPlan | null>()
  readonly #ciphers = new Map<string, readonly FieldCipher[] | string>()
  #revision = -1

  constructor(
    schemaIds: SchemaIds,
    keys: FieldKeys,
    options: { readonly columns: Schema; readonly topic: string; readonly isEnvelope: boolean },
  ) {
    this.#schemaIds = schemaIds
    this.#keys = keys
    this.#columns = options.columns
    this.#subject = `${options.topic}-value`
    this.#isEnvelope = options.isEnvelope
  }

  /** Before records are read. */
  begin(): void {
    const revision = this.#keys.revision()
    if (revision === this.#revision) return
    this.#revision = revision
    this.#ciphers.clear()
  }

  /** What is to be done for a record; null: nothing. Cost: a look at its frame. */
  planOf(records: RecordColumns, index: number): SchemaPlan | null {
    if (records.valueLength[index]! < 0) return null
    let key: number | string
    try {
      key = this.#frame.read(records, index, true).key
    } catch (error) {
      // The reader says what is wrong with it.
      if (error instanceof RecordDamage) return null
      throw error
    }
    const known = this.#plans.get(key)
    if (known !== undefined) return known
    const { id, guid } = this.#frame
    const schema = guid === '' ? this.#schemaIds.byId(id) : this.#schemaIds.byGuid?.(guid)
    // Not kept: it may become known.
    if (!schema) return null
    if (this.#plans.size >= formatLimits.readersMax) this.#plans.clear()
    const plan = this.#plan(schema)
    this.#plans.set(key, plan)
    return plan
  }

  #plan({ id, encrypted = [], payloadEncrypted = false }: RegisteredSchema): SchemaPlan | null {
    if (payloadEncrypted)
      return new RecordDamage(
        'MR-FORMAT-012',
        `schema ${id} encrypts whole values (ENCRYPT_PAYLOAD), which is not run`,
        0,
      )
    const runs = encrypted.filter(({ rule, form }) => rule.onRead !== null && form !== 'other')
    const after = this.#isEnvelope ? runs.filter(({ path }) => path[0] === 'after') : runs
    const places = cipherPlaces(after, this.#columns, this.#isEnvelope ? 1 : 0)
    return places.length === 0 ? null : places
  }

  /** The first record of [from, to) that has something to be done. */
  endOfPlain(records: RecordColumns, from: number, to: number): number {
    for (let i = from; i < to; i++) if (this.planOf(records, i)) return i
    return to
  }

  /** Opens the fields of rows [row, row + count), the last of the stage. Throws RecordDamage MR-FORMAT-012. */
  open(plan: SchemaPlan, stage: Stage, row: number, count: number, at: number): void {
    if (plan instanceof RecordDamage) throw new RecordDamage(plan.code, plan.message, at)
    // Rules run in order when writing, and so the other way round here.
    for (let i = plan.length - 1; i >= 0; i--) {
      const { field, steps } = plan[i]!
      let column = stage.columns[steps[0]!]!
      let [from, to] = [row, row + count]
      for (const step of steps.slice(1)) {
        if (column.layout === 'list' || column.layout === 'map')
          [from, to] = [column.offsets[from]!, column.offsets[to]!]
        column = column.children[step]!
      }
      if (column.layout === 'bytes') this.#openRows(field, column, { from, to, at })
    }
  }

  #openRows(
    field: EncryptedField,
    column: StageColumn,
    { from, to, at }: { from: number; to: number; at: number },
  ): void {
    const isText = column.type.kind === 'VARCHAR' || column.type.kind === 'CHAR'
    const opened: (Uint8Array | null)[] = []
    let isChanged = false
    for (let i = from; i < to; i++) {
      if (column.valid[i] === 0) {
        opened.push(null)
        continue
      }
      const sealed = column.bytes.slice(column.offsets[i]!, column.offsets[i + 1]!)
      const plain = this.#open(field, sealed)
      const reason =
        typeof plain === 'string' ? plain : isText && badUtf8At(plain, 0, plain.length) >= 0 ? 'it is not UTF-8' : ''
      if (reason !== '') {
        if (field.rule.onRead === 'fail')
          throw new RecordDamage('MR-FORMAT-012', `${field.path.join('.')} (rule ${field.rule.name}): ${reason}`, at)
        opened.push(sealed)
      } else {
        opened.push(plain as Uint8Array)
        isChanged = true
      }
    }
    if (!isChanged) return
    opened.forEach((plain, i) => {
      if (plain) column.setBytes(from + i, plain, 0, plain.length)
      else column.offsets[from + i + 1] = column.offsets[from + i]!
    })
  }

  /** The plaintext, or why there is none. */
  #open({ rule, form }: EncryptedField, value: Uint8Array): Uint8Array | string {
    let sealed: Uint8Array = value
    if (form === 'text') {
      const bytes = base64Of(value)
      if (!bytes) return 'it is not base64, so it was not encrypted'
      sealed = bytes
    }
    let version = 1
    if (isVersioned(rule)) {
      if (sealed.length < versionBytes || sealed[0] !== 0) return 'its key’s version is missing'
      version = new DataView(sealed.buffer, sealed.byteOffset).getInt32(1)
      sealed = sealed.subarray(versionBytes)
    }
    const ciphers = this.#ciphersOf(rule, version)
    if (typeof ciphers === 'string') return ciphers
    for (const cipher of ciphers) {
      const plain = cipher.open(sealed)
      if (plain) return plain
    }
    return 'it was sealed with another key, or is damaged'
  }

  #ciphersOf(rule: EncryptionRule, version: number): readonly FieldCipher[] | string {
    const name = JSON.stringify([rule.kekName, rule.algorithm, rule.keySubject === null, version])
    const known = this.#ciphers.get(name)
    if (known !== undefined) return known
    const keys = this.#find(rule, version)
    let found: readonly FieldCipher[] | string = 'its key is no key of the algorithm'
    if (typeof keys === 'string') found = keys
    else {
      const ciphers = keys.flatMap((key) => fieldCipher(rule.algorithm, key.material) ?? [])
      if (ciphers.length > 0) found = ciphers
    }
    if (this.#ciphers.size >= formatLimits.ciphersMax) this.#ciphers.clear()
    this.#ciphers.set(name, found)
    return found
  }

  #find(rule: EncryptionRule, version: number): readonly FieldKey[] | string {
    if (rule.keySubject !== null) return this.#keys.findAll(rule, version)
    const key = this.#keys.find(rule, this.#subject, version)
    return typeof key === 'string' ? key : [key]
  }
}

function base64Of(text: Uint8Array): Uint8Array | undefined {
  // Buffer skips over what is no base64.
  const name = Buffer.from(text.buffer, text.byteOffset, text.length).toString('latin1')
  if (name.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(name)) return undefined
  return new Uint8Array(Buffer.from(name, 'base64'))
}
