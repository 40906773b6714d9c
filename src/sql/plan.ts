// The optimized plan of one pipeline: what sql hands to engine, what plan.lock holds, what EXPLAIN prints. Plain data, JSON-safe
// (64-bit values as strings), with a stable id per operator and per state slot. Names of operators are Flink's.
import type { LogicalType, Schema } from '../model/index.ts'

/** A resolved, typed expression over the columns of its input(s). */
export type Expression =
  | { readonly kind: 'column'; readonly index: number; readonly type: LogicalType }
  /** value: boxed text form: numbers, decimals and times as strings in SQL form; boolean; null. */
  | { readonly kind: 'literal'; readonly value: string | boolean | null; readonly type: LogicalType }
  /** name: Flink's function name in capitals, operators included: '+', '=', 'AND', 'IS NULL', 'COALESCE', 'UPPER' … */
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Expression[]; readonly type: LogicalType }
  | { readonly kind: 'cast'; readonly arg: Expression; readonly type: LogicalType; readonly onError: 'fail' | 'null' }
  /** Searched CASE: the first branch whose condition is TRUE, else otherwise. */
  | {
      readonly kind: 'case'
      readonly branches: readonly { readonly when: Expression; readonly then: Expression }[]
      readonly otherwise: Expression
      readonly type: LogicalType
    }

export interface AggregateCall {
  /** State slot id, stable: derived from what it computes. */
  readonly slot: string
  readonly name: 'COUNT' | 'SUM' | 'MIN' | 'MAX' | 'AVG' | 'FIRST_VALUE' | 'LAST_VALUE'
  /** Empty for COUNT(*). Column references into the operator's input. */
  readonly args: readonly number[]
  /** BOOLEAN column of the input: only rows where it is TRUE count. */
  readonly filter: number | null
  readonly distinct: boolean
  readonly type: LogicalType
}

/** Which row kinds a node emits: only +I; keyed +I/+U/-D without -U; all four. */
export type ChangelogMode = 'append' | 'upsert' | 'retract'

interface NodeBase {
  /** Stable: a hash of kind, parameters and input ids, by lineage, not by names of views or column aliases. */
  readonly id: string
  readonly schema: Schema
  readonly changelog: ChangelogMode
  /** Index of the column that carries event time through this node, or null. */
  readonly rowtime: number | null
}

export type PlanNode =
  | (NodeBase & {
      readonly kind: 'TableSourceScan'
      readonly table: string
      /** Columns of the table that are read, in the order of `schema`. */
      readonly columns: readonly number[]
      /** Primary key as column indexes of `schema`; null for append tables. */
      readonly primaryKey: readonly number[] | null
      /** Watermark = running max of (rowtime column) - delayMs; null when the table declares none. */
      readonly watermark: { readonly column: number; readonly delayMs: number } | null
    })
  | (NodeBase & {
      readonly kind: 'Calc'
      readonly input: PlanNode
      readonly condition: Expression | null
      readonly projections: readonly Expression[]
    })
  /** Keep-first or keep-last by ROW_NUMBER; order by the rowtime column (or arrival when orderIsProctime). */
  | (NodeBase & {
      readonly kind: 'Deduplicate'
      readonly slot: string
      readonly input: PlanNode
      readonly keys: readonly number[]
      readonly order: number
      readonly keep: 'first' | 'last'
    })
  /** Right side is versioned by its primary key and rowtime. Output: left columns then right columns. */
  | (NodeBase & {
      readonly kind: 'TemporalJoin'
      readonly slots: readonly [left: string, right: string]
      readonly left: PlanNode
      readonly right: PlanNode
      readonly joinType: 'inner' | 'left'
      readonly leftKeys: readonly number[]
      readonly rightKeys: readonly number[]
      readonly leftTime: number
      readonly rightTime: number
      readonly condition: Expression | null
    })
  /** Window TVF aggregate; output: group keys, aggregates, then window_start, window_end, window_time as `windowColumns` says. */
  | (NodeBase & {
      readonly kind: 'WindowAggregate'
      readonly slot: string
      readonly input: PlanNode
      readonly window: WindowSpec
      readonly keys: readonly number[]
      readonly aggregates: readonly AggregateCall[]
      readonly windowColumns: readonly ('window_start' | 'window_end' | 'window_time')[]
    })
  | (NodeBase & {
      readonly kind: 'GroupAggregate'
      readonly slot: string
      readonly input: PlanNode
      readonly keys: readonly number[]
      readonly aggregates: readonly AggregateCall[]
    })
  /** Regular join over changelogs. Output: left columns then right columns. */
  | (NodeBase & {
      readonly kind: 'Join'
      readonly slots: readonly [left: string, right: string]
      readonly left: PlanNode
      readonly right: PlanNode
      readonly joinType: 'inner' | 'left' | 'right' | 'full'
      readonly leftKeys: readonly number[]
      readonly rightKeys: readonly number[]
      readonly leftUpsertKey: readonly number[] | null
      readonly rightUpsertKey: readonly number[] | null
      readonly condition: Expression | null
    })
  /**
   * Turns an upsert changelog (whose -D rows carry the key only) into full rows by keeping the last row per key: a first +U becomes
   * +I, later ones -U,+U (changelog 'retract') or +U ('upsert'), -D carries the last row; a -D of an unknown key is dropped.
   * Stands above every scan of an upsert table.
   */
  | (NodeBase & {
      readonly kind: 'ChangelogNormalize'
      readonly slot: string
      readonly input: PlanNode
      readonly keys: readonly number[]
    })
  | (NodeBase & { readonly kind: 'Union'; readonly inputs: readonly PlanNode[] })
  /** Repartitions by the key groups of `keys`; with parallelism 1 rows pass through unchanged. */
  | (NodeBase & { readonly kind: 'Exchange'; readonly input: PlanNode; readonly keys: readonly number[] })
  | (NodeBase & { readonly kind: 'Values'; readonly rows: readonly (readonly Expression[])[] })

export interface WindowSpec {
  readonly kind: 'TUMBLE'
  readonly timeColumn: number
  readonly sizeMs: number
  readonly offsetMs: number
}

export interface PipelinePlan {
  /** Stable name: the sink table, with '#2' … when several INSERTs write it. */
  readonly name: string
  /** The statement as written, with where it stands. */
  readonly source: { readonly file: string; readonly line: number; readonly column: number; readonly text: string }
  readonly root: PlanNode
  readonly sink: {
    readonly table: string
    /**
     * append: every row becomes a record; upsert: by primary key, deletes become tombstones. With a 'retract' root a -U counts as a
     * delete unless a +I or +U of the same key follows it (a filter may let only the -U through).
     */
    readonly mode: 'append' | 'upsert'
    /** Column indexes of the table's schema; null in append mode. */
    readonly primaryKey: readonly number[] | null
    /** Columns by which records are keyed and partitioned (primary key, else DISTRIBUTED BY); null: no key, round robin. */
    readonly keyColumns: readonly number[] | null
  }
  /** Tables read, sorted. */
  readonly inputs: readonly string[]
}

/** A table of the catalog as CREATE TABLE declares it. */
export interface TableDefinition {
  readonly name: string
  readonly schema: Schema
  readonly primaryKey: readonly string[] | null
  readonly watermark: { readonly column: string; readonly delayMs: number } | null
  readonly distribution: { readonly columns: readonly string[]; readonly buckets: number } | null
  /** How rows of its topic are to be read: plain records, by key (tombstones delete), or with before and after images. */
  readonly changelog?: ChangelogMode
  /** WITH options, 'millrace.' keys included. */
  readonly options: Readonly<Record<string, string>>
  readonly source: { readonly file: string; readonly line: number; readonly column: number }
  readonly comment: string | null
}

/** Where each output column of a sink or view comes from: `table.column` sources, and whether it is a plain copy. */
export interface ColumnLineage {
  readonly column: string
  readonly sources: readonly { readonly table: string; readonly column: string }[]
  readonly transformation: 'identity' | 'expression' | 'aggregation'
}
