// The syntax tree: what was written, nothing resolved. Every node has its place as offsets into its text.
import type { Span, SqlText } from '../problems.ts'

export interface Identifier extends Span {
  readonly name: string
}

export type TimeUnit =
  | 'MILLENNIUM'
  | 'CENTURY'
  | 'DECADE'
  | 'YEAR'
  | 'QUARTER'
  | 'MONTH'
  | 'WEEK'
  | 'DAY'
  | 'DOW'
  | 'ISODOW'
  | 'DOY'
  | 'ISOYEAR'
  | 'HOUR'
  | 'MINUTE'
  | 'SECOND'
  | 'MILLISECOND'
  | 'MICROSECOND'
  | 'NANOSECOND'
  | 'EPOCH'

/** A type as written. `parameters` are its numbers: DECIMAL(12, 2) has [12, 2]. */
export interface TypeSyntax extends Span {
  readonly name: string
  readonly parameters: readonly number[]
  readonly children: readonly { readonly name: string; readonly type: TypeSyntax; readonly comment?: string }[]
  readonly nullable: boolean
}

export interface CallSyntax extends Span {
  readonly kind: 'call'
  /** In capitals. */
  readonly name: string
  readonly nameSpan: Span
  readonly args: readonly ExpressionSyntax[]
  readonly distinct: boolean
  /** COUNT(*) */
  readonly star: boolean
  readonly filter: ExpressionSyntax | null
  readonly over: OverSyntax | null
}

export interface OverSyntax extends Span {
  readonly partitionBy: readonly ExpressionSyntax[]
  readonly orderBy: readonly OrderItem[]
  readonly frame: Span | null
}

export interface OrderItem extends Span {
  readonly expression: ExpressionSyntax
  readonly descending: boolean
  readonly nulls: 'first' | 'last' | null
}

export type ExpressionSyntax =
  | (Span & { readonly kind: 'name'; readonly parts: readonly Identifier[] })
  | (Span & { readonly kind: 'number'; readonly text: string })
  | (Span & { readonly kind: 'string'; readonly value: string })
  | (Span & { readonly kind: 'binary-literal'; readonly digits: string })
  | (Span & { readonly kind: 'boolean'; readonly value: boolean | null })
  | (Span & { readonly kind: 'null' })
  | (Span & { readonly kind: 'temporal'; readonly type: 'DATE' | 'TIME' | 'TIMESTAMP'; readonly text: string })
  | (Span & {
      readonly kind: 'interval'
      readonly text: string
      readonly negative: boolean
      readonly from: TimeUnit
      readonly to: TimeUnit | null
      readonly precision: number | null
    })
  | (Span & { readonly kind: 'unary'; readonly operator: '-' | '+' | 'NOT'; readonly arg: ExpressionSyntax })
  | (Span & {
      readonly kind: 'operator'
      readonly operator: string
      readonly operatorSpan: Span
      readonly left: ExpressionSyntax
      readonly right: ExpressionSyntax
    })
  | (Span & {
      readonly kind: 'is'
      readonly test: 'NULL' | 'TRUE' | 'FALSE' | 'UNKNOWN'
      readonly negated: boolean
      readonly arg: ExpressionSyntax
    })
  | (Span & {
      readonly kind: 'between'
      readonly negated: boolean
      readonly symmetric: boolean
      readonly arg: ExpressionSyntax
      readonly low: ExpressionSyntax
      readonly high: ExpressionSyntax
    })
  | (Span & {
      readonly kind: 'in'
      readonly negated: boolean
      readonly arg: ExpressionSyntax
      readonly list: readonly ExpressionSyntax[]
    })
  | (Span & {
      readonly kind: 'like'
      readonly negated: boolean
      readonly arg: ExpressionSyntax
      readonly pattern: ExpressionSyntax
      readonly escape: ExpressionSyntax | null
    })
  | (Span & {
      readonly kind: 'case'
      readonly operand: ExpressionSyntax | null
      readonly branches: readonly { readonly when: ExpressionSyntax; readonly then: ExpressionSyntax }[]
      readonly otherwise: ExpressionSyntax | null
    })
  | (Span & {
      readonly kind: 'cast'
      readonly arg: ExpressionSyntax
      readonly type: TypeSyntax
      readonly attempt: boolean
    })
  /** EXTRACT(unit FROM arg) and FLOOR/CEIL(arg TO unit), told by `name`. */
  | (Span & {
      readonly kind: 'unit-call'
      readonly name: 'EXTRACT' | 'FLOOR' | 'CEIL' | 'TIMESTAMPADD' | 'TIMESTAMPDIFF'
      readonly unit: TimeUnit
      readonly args: readonly ExpressionSyntax[]
    })
  | CallSyntax
  /** Parsed, and refused by name when bound. */
  | (Span & { readonly kind: 'unsupported'; readonly feature: string })

export interface TableName extends Span {
  readonly parts: readonly Identifier[]
}

export type RelationSyntax =
  | (Span & {
      readonly kind: 'table'
      readonly name: TableName
      readonly alias: Identifier | null
      readonly columns: readonly Identifier[] | null
      readonly asOf: ExpressionSyntax | null
    })
  | (Span & {
      readonly kind: 'subquery'
      readonly query: QuerySyntax
      readonly alias: Identifier | null
      readonly columns: readonly Identifier[] | null
    })
  | (Span & {
      readonly kind: 'window'
      readonly function: 'TUMBLE'
      readonly input: RelationSyntax
      readonly time: Identifier
      readonly size: ExpressionSyntax
      readonly offset: ExpressionSyntax | null
      readonly alias: Identifier | null
      readonly columns: readonly Identifier[] | null
    })
  | (Span & {
      readonly kind: 'join'
      readonly joinType: 'inner' | 'left' | 'right' | 'full' | 'cross'
      readonly left: RelationSyntax
      readonly right: RelationSyntax
      readonly on: ExpressionSyntax | null
      readonly using: readonly Identifier[] | null
      readonly joinSpan: Span
    })
  | (Span & { readonly kind: 'unsupported'; readonly feature: string; readonly instead: string })

export type SelectItem =
  | (Span & { readonly kind: 'star'; readonly qualifier: readonly Identifier[] | null })
  | (Span & { readonly kind: 'expression'; readonly expression: ExpressionSyntax; readonly alias: Identifier | null })

export type QuerySyntax =
  | (Span & {
      readonly kind: 'select'
      readonly distinct: boolean
      readonly items: readonly SelectItem[]
      readonly from: RelationSyntax | null
      readonly where: ExpressionSyntax | null
      readonly groupBy: readonly ExpressionSyntax[] | null
      readonly having: ExpressionSyntax | null
    })
  | (Span & { readonly kind: 'union'; readonly all: boolean; readonly left: QuerySyntax; readonly right: QuerySyntax })
  | (Span & { readonly kind: 'values'; readonly rows: readonly (readonly ExpressionSyntax[])[] })
  | (Span & {
      readonly kind: 'with'
      readonly views: readonly {
        readonly name: Identifier
        readonly columns: readonly Identifier[] | null
        readonly query: QuerySyntax
      }[]
      readonly body: QuerySyntax
    })
  | (Span & {
      readonly kind: 'ordered'
      readonly input: QuerySyntax
      readonly orderBy: readonly OrderItem[]
      readonly limit: number | null
      readonly offset: number | null
    })

export interface ColumnSyntax extends Span {
  readonly name: Identifier
  readonly type: TypeSyntax
  readonly comment: string | null
  readonly primaryKey: boolean
}

export interface OptionSyntax extends Span {
  readonly key: string
  readonly value: string
}

export interface CreateTableSyntax extends Span {
  readonly kind: 'create-table'
  readonly name: TableName
  readonly ifNotExists: boolean
  readonly columns: readonly ColumnSyntax[]
  readonly watermark: (Span & { readonly column: Identifier; readonly expression: ExpressionSyntax }) | null
  readonly primaryKey: (Span & { readonly columns: readonly Identifier[] }) | null
  readonly comment: string | null
  readonly distribution: (Span & { readonly columns: readonly Identifier[]; readonly buckets: number }) | null
  readonly options: readonly OptionSyntax[]
  /** From WITH to its closing parenthesis. */
  readonly withSpan: Span | null
}

export interface InsertSyntax extends Span {
  readonly kind: 'insert'
  readonly target: TableName
  readonly columns: readonly Identifier[] | null
  readonly query: QuerySyntax
}

export type StatementSyntax =
  | CreateTableSyntax
  | (Span & {
      readonly kind: 'create-view'
      readonly name: TableName
      readonly columns: readonly Identifier[] | null
      readonly comment: string | null
      readonly ifNotExists: boolean
      readonly query: QuerySyntax
    })
  | InsertSyntax
  | (Span & { readonly kind: 'statement-set'; readonly inserts: readonly InsertSyntax[] })
  | (Span & { readonly kind: 'query'; readonly query: QuerySyntax })
  | (Span & { readonly kind: 'unsupported'; readonly feature: string; readonly instead: string })
  /** A CREATE that could not be read (and was reported): what names it is not reported again. */
  | (Span & { readonly kind: 'broken'; readonly name: string })

/** One statement of a file. */
export interface Statement {
  readonly source: SqlText
  readonly syntax: StatementSyntax
  /** Exactly as written, without the ';'. */
  readonly text: string
}
