// What the engine runs and says: plain data, so that it crosses threads.
import type { Expression, PipelinePlan, SealedSlot } from '../sql/index.ts'
import type { TopicFormat } from '../format/index.ts'

/** A row rule of a contract, over the columns of the table that it guards. */
export interface RuleSpec {
  readonly name: string
  /** Rows that break an error rule go to quarantine and are hidden from readers; warnings are only counted. */
  readonly severity: 'error' | 'warning'
  /** The rule holds where this is TRUE. Columns are the table's. */
  readonly condition: Expression
}

/** Of what a pipeline forgets when keys are deleted for good. */
export interface ErasureSpec {
  /** Which keys open encrypted inputs: those of persons, or the topic's own. A table whose rules changed has several. */
  readonly sources: readonly {
    /** As owners of slots name it. */
    readonly source: string
    readonly table: string
    readonly kekName: string
    readonly algorithm: string
    readonly topicSubject: string
  }[]
  /** State that holds what was sealed. */
  readonly slots: readonly SealedSlot[]
}

export interface QueryPipelineSpec {
  readonly kind: 'query'
  readonly name: string
  readonly plan: PipelinePlan
  /** The formats of plan.inputs, in the same order: topic = table name. */
  readonly inputs: readonly TopicFormat[]
  /** schemaId: of the sink's value schema in the registry; ignored by formats without one. */
  readonly sink: TopicFormat & { readonly schemaId: number }
  /**
   * Per input table that has a quarantine, also without rules: rows for which not all conditions are TRUE are not read, nor are
   * records that cannot be decoded whole, whichever columns the plan reads. They are in quarantine.
   */
  readonly guards?: readonly { readonly table: string; readonly conditions: readonly Expression[] }[]
  /** Absent: nothing that it reads is encrypted. */
  readonly erasure?: ErasureSpec
}

export interface QuarantinePipelineSpec {
  readonly kind: 'quarantine'
  readonly name: string
  readonly input: TopicFormat
  readonly rules: readonly RuleSpec[]
  readonly quarantineTopic: string
}

export type PipelineSpec = QueryPipelineSpec | QuarantinePipelineSpec

export interface EngineOptions {
  /** An epoch with input closes after this many milliseconds. */
  readonly epochMs: number
  /** It closes earlier after this many rows. */
  readonly epochRowsMax: number
  /** Instances of keyed operators; they share one thread, so that 1 is the fastest. */
  readonly parallelism: number
  /** False: every intermediate change is emitted. */
  readonly consolidate: boolean
}

export const defaultEngineOptions: EngineOptions = {
  epochMs: 50,
  epochRowsMax: 65536,
  parallelism: 1,
  consolidate: true,
}

export type EngineCommand =
  /**
   * Inputs end at these offsets (one per partition): pipelines read to there, take the final watermark and commit a last
   * epoch; then their outputs end, and so on downstream. Topics not named here and not written here end where they are now.
   */
  | { readonly kind: 'finish'; readonly ends: Readonly<Record<string, readonly number[]>> }
  | { readonly kind: 'pause' | 'resume'; readonly name: string }

/**
 * running; waiting: for a topic that is not there; retrying: no room on the disk; paused: by command;
 * finished: its last epoch is committed, also after a restart; failed: see error, final until the node starts again.
 */
export type PipelineState = 'running' | 'waiting' | 'retrying' | 'paused' | 'finished' | 'failed'

export interface PipelineStatus {
  readonly name: string
  readonly kind: 'query' | 'quarantine'
  readonly state: PipelineState
  readonly error: { readonly code: string; readonly message: string; readonly help: string } | null
  /** Last committed epoch; 0 before the first. */
  readonly epoch: number
  readonly inputs: readonly {
    readonly topic: string
    readonly partition: number
    readonly position: number
    readonly end: number
  }[]
  readonly sink: string
  /** Records of the inputs that are not yet in a committed epoch. */
  readonly lagRecords: number
  /** Milliseconds since 1970, of the least advanced input; null: none yet or no event time. Infinite ones are null too. */
  readonly watermarkMs: number | null
  /** The clock reading of the last committed epoch; null before the first. */
  readonly committedAtMs: number | null
  /** Now minus the oldest unread input's age: 0 while nothing is unread, else milliseconds since the last commit. */
  readonly freshnessMs: number | null
  readonly rowsIn: number
  readonly recordsOut: number
  readonly lateRows: number
  readonly badRecords: number
  readonly stateEntries: number
  readonly stateBytes: number
  readonly stateFiles: number
  /** State that is sealed lies in clear or under an older secret still: it is being written anew. */
  readonly needsOldSecret: boolean
}

export type EngineReport =
  | { readonly kind: 'status'; readonly pipelines: readonly PipelineStatus[] }
  | { readonly kind: 'finished'; readonly name: string }
