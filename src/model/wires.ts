// Small interfaces that wires join: one room gives them, another takes them, and neither knows the other.
import type { Batch } from './batch.ts'
import type { Schema } from './types.ts'

export type SchemaType = 'AVRO' | 'JSON' | 'PROTOBUF'

export interface RegisteredSchema {
  readonly id: number
  readonly type: SchemaType
  readonly text: string
  /** Texts of the schemas whose types it names, references of references first; absent when there are none. */
  readonly references?: readonly string[]
  /** The names that the texts go by in it, in the same order: what Protobuf's imports say. */
  readonly referenceNames?: readonly string[]
  /** Fields that its rule set encrypts; absent when there are none. */
  readonly encrypted?: readonly EncryptedField[]
  /** Rules that seal whole values (ENCRYPT_PAYLOAD), in the order in which writers run them; absent when there are none. */
  readonly payloadRules?: readonly EncryptionRule[]
}

/** What an ENCRYPT rule says of a field, as Confluent's clients read it. */
export interface EncryptedField {
  /** Names from the outermost record down; lists, maps and unions on the way have no name. */
  readonly path: readonly string[]
  /** Text holds base64 of what is sealed, bytes hold it as it is; others cannot be sealed, and so are not written at all. */
  readonly form: 'text' | 'bytes' | 'other'
  readonly rule: EncryptionRule
}

export interface EncryptionRule {
  readonly name: string
  /** Why nothing can be sealed or opened by it; null: it is sound. */
  readonly problem: string | null
  readonly kekName: string
  /** What the KEK must have; null: anything. */
  readonly kmsType: string | null
  readonly kmsKeyId: string | null
  readonly algorithm: 'AES128_GCM' | 'AES256_GCM' | 'AES256_SIV'
  /** Above 0: keys are replaced at that age, and what is sealed begins with its key's version. */
  readonly expiryDays: number
  /**
   * The subject of the key, with `{column}` where a column's value goes: a key for each person, say. What is sealed begins
   * with its key's version. Null: the subject of the schema.
   */
  readonly keySubject: string | null
  readonly onRead: RuleFailure | null
  readonly onWrite: RuleFailure | null
}

/**
 * What becomes of a field whose rule fails: the record fails, or the field stays as it is. Null above: the rule does not run
 * then. Of whole values it is always 'fail': what was not opened is nothing that could be read.
 */
export type RuleFailure = 'fail' | 'keep'

/** One opened key. */
export interface FieldKey {
  readonly version: number
  /** As Tink serializes it. */
  readonly material: Uint8Array
  readonly createdMs: number
}

/** Keys for fields, as far as they are known in this thread; synchronous. A text is the reason why there is none. */
export interface FieldKeys {
  /** Another number when a key may have come or gone. */
  revision(): number
  nowMs(): number
  /**
   * undefined: there is none. A text says why one cannot be had: a key that is there and cannot be opened is not missing.
   * @param version -1: the newest, to write with; one that is deleted softly only where it is a person's
   */
  find(rule: EncryptionRule, subject: string, version: number): FieldKey | string | undefined
  /** Whether there was such a key, and it was deleted for good. */
  wasErased(rule: EncryptionRule, subject: string, version: number): boolean
  /** All keys of a rule that have this version, whatever their subject. */
  findAll(rule: EncryptionRule, version: number): readonly FieldKey[] | string
  /** Looks at the keys; until `release` they stand still. @returns the offset after the last record that counts */
  hold(): number
  release(): void
  /** Keys that records from this offset on, as far as they count, deleted for good; in their order. */
  erasedFrom(offset: number): readonly ErasedKey[]
  /** A new key, which counts when `record` is in `topic`, partition 0: commit it with what is written with the key. */
  make(rule: EncryptionRule, subject: string): { readonly key: FieldKey; readonly record: KeyRecord } | string
}

/** Of a key that was deleted for good. */
export interface ErasedKey {
  readonly kekName: string
  readonly algorithm: string
  readonly subject: string
}

export interface KeyRecord {
  readonly topic: string
  readonly key: Uint8Array
  readonly value: Uint8Array
}

/** Read side of a schema registry, synchronous from what is known in this thread. */
export interface SchemaIds {
  /** undefined when this id is not known (yet). */
  byId(id: number): RegisteredSchema | undefined
  /** The same by guid, in small letters with dashes; absent where only ids are known. */
  byGuid?(guid: string): RegisteredSchema | undefined
  /** The newest version of a subject; undefined when there is none. */
  latest(subject: string): (RegisteredSchema & { readonly version: number }) | undefined
  /** The id under which a subject has this very text, the newest of them; absent where nobody asks. */
  idOfText?(subject: string, text: string): number | undefined
  /** Absent where fields that are encrypted stay so, as in lake tables. */
  readonly fieldKeys?: FieldKeys
}

export type Labels = Readonly<Record<string, string>>

/** Metrics. Names as Prometheus has them; help and type are declared once in ops. */
export interface Meter {
  /** Adds to a counter. */
  add(name: string, labels: Labels, by: number): void
  /** Sets a gauge. */
  set(name: string, labels: Labels, value: number): void
}

/** A contract's rule on rows: `passes` is a bit per row, 1 = the rule holds (NULL counts as broken). */
export interface RowRule {
  readonly name: string
  readonly severity: 'error' | 'warning'
  passes(batch: Batch): Uint8Array
}

/** Changes in, changes out: the two ends that rooms offer to a wire. */
export interface Source {
  readonly schema: Schema
  /** The next batch, or undefined when there is none now. Never blocks. */
  poll(): Batch | undefined
}
export interface Sink {
  readonly schema: Schema
  /** False when there is no room now: offer the same batch again. */
  offer(batch: Batch): boolean
}

/** Milliseconds from the epoch; -Infinity before anything is known, Infinity when the input has ended. */
export type WatermarkMs = number

/** Where something lies in an input. */
export interface Position {
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

/** One change outside of a batch, boxed; for capture's edges and tests. */
export interface Change {
  readonly kind: 0 | 1 | 2 | 3
  readonly row: readonly unknown[]
}
