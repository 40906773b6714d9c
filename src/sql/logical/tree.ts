// The logical plan: relational algebra over column positions. Built from the bound tree, rewritten until every node has an
// operator that runs, then turned into a PipelinePlan.
import type { Expression, TableDefinition } from '../plan.ts'
import type { BoundColumn, Origin } from '../bind/tree.ts'

export interface LogicalCall {
  readonly name: 'COUNT' | 'SUM' | 'MIN' | 'MAX' | 'AVG' | 'FIRST_VALUE' | 'LAST_VALUE'
  readonly args: readonly number[]
  readonly filter: number | null
  readonly distinct: boolean
}

/** Columns as the bound tree has them: name (for show), type, event time. */
export type LogicalNode = { readonly columns: readonly BoundColumn[] } & (
  | { readonly kind: 'Scan'; readonly table: TableDefinition; readonly read: readonly number[] }
  | { readonly kind: 'Values'; readonly rows: readonly (readonly Expression[])[] }
  | { readonly kind: 'Project'; readonly input: LogicalNode; readonly expressions: readonly Expression[] }
  | { readonly kind: 'Filter'; readonly input: LogicalNode; readonly condition: Expression }
  /** Columns: keys, then calls. DISTINCT has no calls. */
  | {
      readonly kind: 'Aggregate'
      readonly input: LogicalNode
      readonly keys: readonly number[]
      readonly calls: readonly LogicalCall[]
      readonly origin: Origin | null
    }
  /** Columns: the input's, then window_start, window_end, window_time. */
  | { readonly kind: 'WindowFunction'; readonly input: LogicalNode; readonly window: LogicalWindow }
  /** Columns: keys, calls, then the window columns. */
  | {
      readonly kind: 'WindowAggregate'
      readonly input: LogicalNode
      readonly window: LogicalWindow
      readonly keys: readonly number[]
      readonly calls: readonly LogicalCall[]
      readonly windowColumns: readonly WindowColumn[]
      readonly origin: Origin | null
    }
  /** Columns: the input's, then the row number. */
  | {
      readonly kind: 'Rank'
      readonly input: LogicalNode
      readonly partition: readonly number[]
      readonly order: readonly { readonly column: number; readonly descending: boolean }[]
      readonly origin: Origin
    }
  | {
      readonly kind: 'Deduplicate'
      readonly input: LogicalNode
      readonly keys: readonly number[]
      readonly order: number
      readonly keep: 'first' | 'last'
      readonly origin: Origin
    }
  | {
      readonly kind: 'Join'
      readonly left: LogicalNode
      readonly right: LogicalNode
      readonly joinType: 'inner' | 'left' | 'right' | 'full'
      readonly condition: Expression | null
      readonly origin: Origin
    }
  | {
      readonly kind: 'TemporalJoin'
      readonly left: LogicalNode
      readonly right: LogicalNode
      readonly joinType: 'inner' | 'left'
      readonly time: number
      readonly rightTime: number
      readonly primaryKey: readonly number[]
      readonly condition: Expression | null
      readonly origin: Origin
    }
  | { readonly kind: 'Union'; readonly inputs: readonly LogicalNode[] }
)

export type WindowColumn = 'window_start' | 'window_end' | 'window_time'

export interface LogicalWindow {
  readonly time: number
  readonly sizeMs: number
  readonly offsetMs: number
  readonly origin: Origin
}

export type LogicalKind = LogicalNode['kind']

export function inputsOf(node: LogicalNode): readonly LogicalNode[] {
  switch (node.kind) {
    case 'Scan':
    case 'Values':
      return []
    case 'Join':
    case 'TemporalJoin':
      return [node.left, node.right]
    case 'Union':
      return node.inputs
    default:
      return [node.input]
  }
}

/** The same node over other inputs (as many as before). */
export function withInputs(node: LogicalNode, inputs: readonly LogicalNode[]): LogicalNode {
  switch (node.kind) {
    case 'Scan':
    case 'Values':
      return node
    case 'Join':
    case 'TemporalJoin':
      return { ...node, left: inputs[0]!, right: inputs[1]! }
    case 'Union':
      return { ...node, inputs }
    default:
      return { ...node, input: inputs[0]! }
  }
}
