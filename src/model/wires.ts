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
}

/** Read side of a schema registry, synchronous from what is known in this thread. */
export interface SchemaIds {
  /** undefined when this id is not known (yet). */
  byId(id: number): RegisteredSchema | undefined
  /** The same by guid, in small letters with dashes; absent where only ids are known. */
  byGuid?(guid: string): RegisteredSchema | undefined
  /** The newest version of a subject; undefined when there is none. */
  latest(subject: string): (RegisteredSchema & { readonly version: number }) | undefined
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
