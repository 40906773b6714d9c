// Where each output column comes from: base tables' columns, and whether it is a copy, computed, or aggregated.
import { columnsOf } from '../bind/build.ts'
import type { ColumnLineage } from '../plan.ts'
import type { LogicalNode } from './tree.ts'

type Transformation = ColumnLineage['transformation']
export interface Origin {
  /** table, a NUL, column */
  readonly sources: ReadonlySet<string>
  readonly transformation: Transformation
}

const rank: Readonly<Record<Transformation, number>> = { identity: 0, expression: 1, aggregation: 2 }
const strongest = (a: Transformation, b: Transformation): Transformation => (rank[a] >= rank[b] ? a : b)

/** @param names the output's column names */
export function lineageOf(node: LogicalNode, names: readonly string[]): ColumnLineage[] {
  return originsOf(node).map(({ sources, transformation }, i) => ({
    column: names[i]!,
    sources: [...sources].toSorted().map((source) => {
      const [table, column] = source.split('\u0000') as [string, string]
      return { table, column }
    }),
    transformation,
  }))
}

function merged(origins: readonly Origin[], least: Transformation): Origin {
  return {
    sources: new Set(origins.flatMap((o) => [...o.sources])),
    transformation: origins.reduce((t, o) => strongest(t, o.transformation), least),
  }
}

/** Of each column of a node. */
export function originsOf(node: LogicalNode): Origin[] {
  switch (node.kind) {
    case 'Scan':
      return node.read.map((i) => ({
        sources: new Set([`${node.table.name}\u0000${node.table.schema.fields[i]!.name}`]),
        transformation: 'identity',
      }))
    case 'Values':
      return node.columns.map(() => ({ sources: new Set(), transformation: 'expression' }))
    case 'Project': {
      const input = originsOf(node.input)
      return node.expressions.map((e) => {
        if (e.kind === 'column') return input[e.index]!
        return merged(
          [...columnsOf(e)].map((i) => input[i]!),
          'expression',
        )
      })
    }
    case 'Filter':
    case 'Deduplicate':
      return originsOf(node.input)
    case 'Aggregate':
    case 'WindowAggregate': {
      const input = originsOf(node.input)
      const calls = node.calls.map((c) =>
        merged(
          [...c.args, ...(c.filter === null ? [] : [c.filter])].map((i) => input[i]!),
          'aggregation',
        ),
      )
      const own = [...node.keys.map((k) => input[k]!), ...calls]
      if (node.kind === 'Aggregate') return own
      return [...own, ...node.windowColumns.map(() => merged([input[node.window.time]!], 'expression'))]
    }
    case 'WindowFunction': {
      const input = originsOf(node.input)
      const bound = merged([input[node.window.time]!], 'expression')
      return [...input, bound, bound, bound]
    }
    case 'Rank': {
      const input = originsOf(node.input)
      return [
        ...input,
        merged(
          [...node.partition, ...node.order.map((o) => o.column)].map((i) => input[i]!),
          'expression',
        ),
      ]
    }
    case 'Join':
    case 'TemporalJoin':
      return [...originsOf(node.left), ...originsOf(node.right)]
    case 'Union': {
      const inputs = node.inputs.map(originsOf)
      return node.columns.map((_, i) =>
        merged(
          inputs.map((input) => input[i]!),
          'identity',
        ),
      )
    }
  }
}
