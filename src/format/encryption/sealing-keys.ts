// Keys that seal what the rules of one topic's subject say, fields and whole values alike: found, renewed when they are old, and
// made for a person whose key is not there.
// A key of its own for each person: a rule whose keySubject names a column. Such keys are made here, with versions of their
// own drawn at random, so that any number of writers make keys without asking each other; their records belong into the
// same commit as the rows.
// Reference: Confluent EncryptionExecutor; docs/decisions (keys by person).
import { MillraceError } from '../../base/index.ts'
import {
  rowAt,
  type Batch,
  type EncryptionRule,
  type FieldKey,
  type FieldKeys,
  type KeyRecord,
  type Schema,
  type Value,
} from '../../model/index.ts'
import { formatLimits } from '../limits.ts'
import type { TopicFormat } from '../topic-format.ts'
import { isVersioned, versionBytes } from './opening-keys.ts'
import { fieldCipher, type FieldCipher } from './tink.ts'

const dayMs = 86_400_000
const placeholder = /\{([^{}]+)\}/g

interface OpenKey {
  readonly version: number
  readonly cipher: FieldCipher
}

export class SealingKeys {
  readonly #keys: FieldKeys
  readonly #topic: string
  readonly #subject: string
  readonly #schema: Schema
  readonly #open = new Map<string, OpenKey>()
  /** Made here and not seen among the keys yet: dropped as soon as they were, also when they are gone again by then. */
  readonly #made = new Map<
    string,
    { readonly rule: EncryptionRule; readonly subject: string; readonly key: FieldKey }
  >()
  #records: KeyRecord[] = []
  #revision = -1

  constructor(keys: FieldKeys, { topic, schema }: TopicFormat) {
    this.#keys = keys
    this.#topic = topic
    this.#subject = `${topic}-value`
    this.#schema = schema
  }

  /** Refuses a rule whose person is no column. @param name what it seals */
  check({ keySubject }: EncryptionRule, name: string): void {
    for (const [, column] of keySubject?.matchAll(placeholder) ?? [])
      if (!this.#schema.fields.some((one) => one.name === column))
        throw this.refusal(name, `its rule names column ${column}, which is not there`)
  }

  /** Records of keys that were made since the last call: they must be committed with the rows. */
  takeKeyRecords(): readonly KeyRecord[] {
    const records = this.#records
    this.#records = []
    return records
  }

  /** Before rows are sealed: keys may have come or gone. */
  begin(): void {
    const revision = this.#keys.revision()
    if (revision === this.#revision) return
    this.#revision = revision
    this.#open.clear()
    for (const [name, { rule, subject, key }] of this.#made) {
      const wasSeen = this.#keys.find(rule, subject, key.version) !== undefined
      if (wasSeen || this.#keys.wasErased(rule, subject, key.version)) this.#made.delete(name)
    }
  }

  /** What is sealed, with its key's version before it where the rule says so; or why it cannot be. */
  seal(rule: EncryptionRule, plain: Uint8Array, batch: Batch, row: number): Uint8Array | string {
    const key = this.#keyFor(rule, batch, row)
    if (typeof key === 'string') return key
    const sealed = key.cipher.seal(plain)
    if (!isVersioned(rule)) return sealed
    const prefixed = new Uint8Array(versionBytes + sealed.length)
    new DataView(prefixed.buffer).setInt32(1, key.version)
    prefixed.set(sealed, versionBytes)
    return prefixed
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
    // What is there and cannot be opened is neither missing nor old: a new key beside it would part the data in two.
    if (typeof found === 'string') return found
    if (found) {
      const isOld = rule.expiryDays > 0 && this.#keys.nowMs() - found.createdMs > rule.expiryDays * dayMs
      if (!isOld) return found
    }
    const made = this.#made.get(name)
    if (made) return made.key
    // Of a whole subject there is one key, which was made when the schema was registered.
    if (rule.keySubject === null && rule.expiryDays === 0) return found ?? `there is no key of ${subject}`
    const fresh = this.#keys.make(rule, subject)
    if (typeof fresh === 'string') return found ?? fresh
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
      return subjectText(value ?? null)
    })
  }

  refusal(field: string, reason: string): MillraceError {
    return new MillraceError('MR-FORMAT-013', { details: { field, topic: this.#topic, reason } })
  }
}

/** A value of a column in the name of a person's key. */
export function subjectText(value: Value): string {
  if (value === null) return 'null'
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64url')
  return String(value as string | number | bigint | boolean)
}
