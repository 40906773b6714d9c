// Splits a join's condition into equalities between a left and a right expression, and the rest.
import { types, withNullable } from '../../model/index.ts'
import type { Expression } from '../plan.ts'
import { commonType } from '../bind/types.ts'
import { castTo, column, columnsOf, conjunction, conjuncts, mapColumns, shifted } from '../bind/build.ts'
import { inputsOf, withInputs, type LogicalNode } from './tree.ts'

export interface EquiKeys {
  /** Over the left input's columns. */
  readonly left: readonly Expression[]
  /** Over the right input's columns. */
  readonly right: readonly Expression[]
  readonly rest: Expression | null
}

export function equiKeys(condition: Expression | null, leftWidth: number): EquiKeys {
  const left: Expression[] = []
  const right: Expression[] = []
  const rest: Expression[] = []
  for (const part of condition ? conjuncts(condition) : []) {
    const sides = part.kind === 'call' && part.name === '=' ? part.args.map((arg) => sideOf(arg, leftWidth)) : []
    const [a, b] = part.kind === 'call' ? part.args : []
    if (sides[0] === 'left' && sides[1] === 'right') {
      left.push(a!)
      right.push(shifted(b!, -leftWidth))
    } else if (sides[0] === 'right' && sides[1] === 'left') {
      left.push(b!)
      right.push(shifted(a!, -leftWidth))
    } else rest.push(part)
  }
  return { left, right, rest: conjunction(rest) }
}

function sideOf(expression: Expression, leftWidth: number): 'left' | 'right' | 'both' | 'none' {
  const columns = [...columnsOf(expression)]
  if (columns.length === 0) return 'none'
  if (columns.every((i) => i < leftWidth)) return 'left'
  return columns.every((i) => i >= leftWidth) ? 'right' : 'both'
}

const computed = (list: readonly Expression[]): readonly Expression[] => list.filter((e) => e.kind !== 'column')

/** Joins on expressions become joins on columns that were computed below. */
export function normalizeJoins(node: LogicalNode): LogicalNode {
  const mapped = withInputs(node, inputsOf(node).map(normalizeJoins))
  if (mapped.kind !== 'Join' && mapped.kind !== 'TemporalJoin') return mapped
  const width = mapped.left.columns.length
  const keys = sameTypes(equiKeys(mapped.condition, width))
  const extraLeft = computed(keys.left)
  const extraRight = mapped.kind === 'Join' ? computed(keys.right) : []
  if (extraLeft.length + extraRight.length === 0) return mapped
  const left = widened(mapped.left, extraLeft)
  const right = widened(mapped.right, extraRight)
  const newWidth = left.columns.length
  const total = width + mapped.right.columns.length
  const at = (i: number): number => (i < width ? i : i - width + newWidth)
  const equalities = keys.left.map((l, i): Expression => {
    const r = keys.right[i]!
    const a = l.kind === 'column' ? l : column(width + extraLeft.indexOf(l), l.type)
    const b =
      r.kind === 'column' || mapped.kind === 'TemporalJoin'
        ? shifted(r, newWidth)
        : column(newWidth + mapped.right.columns.length + extraRight.indexOf(r), r.type)
    return { kind: 'call', name: '=', args: [a, b], type: types.boolean(l.type.nullable || r.type.nullable) }
  })
  const rest = keys.rest && mapColumns(keys.rest, (i, type) => column(at(i), type))
  const all = [...left.columns, ...right.columns]
  const columns = all.map((c, i) => {
    const old = i < newWidth ? (i < width ? i : -1) : i - newWidth + width < total ? i - newWidth + width : -1
    return old >= 0 ? mapped.columns[old]! : { ...c, type: withNullable(c.type, true), rowtime: false }
  })
  const join: LogicalNode = {
    ...mapped,
    left,
    right,
    condition: conjunction([...equalities, ...(rest ? [rest] : [])]),
    columns,
  }
  return {
    kind: 'Project',
    input: join,
    expressions: mapped.columns.map((c, i) => column(at(i), c.type)),
    columns: mapped.columns,
  }
}

/** Both sides of a key are hashed by their lanes, so their types must be equal. */
function sameTypes(keys: EquiKeys): EquiKeys {
  const pairs = keys.left.map((l, i): readonly [Expression, Expression] => {
    const r = keys.right[i]!
    const common = l.type.kind === 'DECIMAL' || r.type.kind === 'DECIMAL' ? commonType([l.type, r.type]) : undefined
    return common ? [castTo(l, common), castTo(r, common)] : [l, r]
  })
  return { left: pairs.map(([l]) => l), right: pairs.map(([, r]) => r), rest: keys.rest }
}

function widened(node: LogicalNode, extra: readonly Expression[]): LogicalNode {
  if (extra.length === 0) return node
  const own = extra.map((e, i) => ({ name: `$k${i}`, type: e.type, rowtime: false, window: null }))
  return {
    kind: 'Project',
    input: node,
    expressions: [...node.columns.map((c, i) => column(i, c.type)), ...extra],
    columns: [...node.columns, ...own],
  }
}
