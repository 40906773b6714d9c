// The bound tree: names resolved, everything typed, views in their places. Column indexes count over the columns of the
// relation below. Invariant: no names decide anything from here on.
import type { LogicalType } from '../../model/index.ts'
import type { Expression, TableDefinition } from '../plan.ts'
import type { Span, SqlText } from '../problems.ts'

/** Where in the texts something was written, for reports of later stages. */
export interface Origin {
  readonly source: SqlText
  readonly span: Span
}

export interface BoundColumn {
  readonly name: string
  readonly type: LogicalType
  /** Carries event time. */
  readonly rowtime: boolean
  /** Which bound of a window this is, as long as it is copied unchanged. */
  readonly window: 'start' | 'end' | 'time' | null
}

export interface BoundAggregate {
  readonly name: 'COUNT' | 'SUM' | 'MIN' | 'MAX' | 'AVG' | 'FIRST_VALUE' | 'LAST_VALUE'
  readonly args: readonly Expression[]
  readonly filter: Expression | null
  readonly distinct: boolean
  readonly type: LogicalType
}

export interface BoundRank {
  readonly partition: readonly Expression[]
  readonly order: readonly { readonly expression: Expression; readonly descending: boolean }[]
  readonly origin: Origin
}

export type BoundRelation = { readonly columns: readonly BoundColumn[] } &
  /** rules: conditions that every row must meet to be read */
  (
    | { readonly kind: 'table'; readonly table: TableDefinition; readonly rules: readonly Expression[] }
    /** label: the view's or sub-query's name, for EXPLAIN only */
    | { readonly kind: 'query'; readonly label: string | null; readonly query: BoundQuery }
    | {
        readonly kind: 'join'
        readonly joinType: 'inner' | 'left' | 'right' | 'full'
        readonly left: BoundRelation
        readonly right: BoundRelation
        readonly condition: Expression | null
        readonly origin: Origin
      }
    | {
        readonly kind: 'temporal-join'
        readonly joinType: 'inner' | 'left'
        readonly left: BoundRelation
        readonly right: BoundRelation
        readonly time: number
        readonly condition: Expression | null
        readonly origin: Origin
      }
    /** Columns of the input, then window_start, window_end, window_time. */
    | {
        readonly kind: 'window'
        readonly input: BoundRelation
        readonly time: number
        readonly sizeMs: number
        readonly offsetMs: number
        readonly origin: Origin
      }
  )

export type BoundQuery = { readonly columns: readonly BoundColumn[] } & (
  | {
      readonly kind: 'select'
      readonly from: BoundRelation | null
      readonly where: Expression | null
      /** Row afterwards: keys, then aggregates. */
      readonly group: {
        readonly keys: readonly Expression[]
        readonly aggregates: readonly BoundAggregate[]
        readonly origin: Origin
      } | null
      readonly having: Expression | null
      /** Row afterwards: the row before, then the row number. */
      readonly rank: BoundRank | null
      readonly projections: readonly Expression[]
      readonly distinct: boolean
    }
  | { readonly kind: 'union'; readonly inputs: readonly BoundQuery[] }
  | { readonly kind: 'distinct'; readonly input: BoundQuery }
  | { readonly kind: 'values'; readonly rows: readonly (readonly Expression[])[] }
  /** Only for ad hoc queries. */
  | {
      readonly kind: 'ordered'
      readonly input: BoundQuery
      readonly limit: number | null
      readonly offset: number | null
    }
)

export interface BoundInsert {
  readonly target: TableDefinition
  /** Projects onto the target's columns, casts included. */
  readonly query: BoundQuery
  readonly projections: readonly Expression[]
  readonly origin: Origin
  readonly targetOrigin: Origin
}
