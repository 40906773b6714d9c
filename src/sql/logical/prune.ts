// Drops columns that nobody reads, down to the scans: decoding reads only what the plan needs. Top-down: `need` are the columns
// of a node that are read; the result maps old positions to new ones.
// Where rows go into state, what an encrypted column said keeps the columns beside it that say whose it is: the state must
// forget a person whose key is deleted.
import { assert } from '../../base/index.ts'
import type { Expression } from '../plan.ts'
import { column, columnsOf, mapColumns } from '../bind/build.ts'
import { personColumns, sealedTable, type SealedTable } from '../sealed.ts'
import { originsOf } from './lineage.ts'
import { inputsOf, type LogicalCall, type LogicalNode } from './tree.ts'

interface Pruned {
  readonly node: LogicalNode
  /** New index per old column; only those that were needed (and some more) are there. */
  readonly map: ReadonlyMap<number, number>
}

/** The same rows with the same columns at the top. */
export function prune(node: LogicalNode): LogicalNode {
  const all = new Set(node.columns.map((_, i) => i))
  const pruned = new Pruning(sealedTables(node)).node(node, all, false)
  const same =
    node.columns.every((_, i) => pruned.map.get(i) === i) && pruned.node.columns.length === node.columns.length
  if (same) return pruned.node
  return {
    kind: 'Project',
    input: pruned.node,
    expressions: node.columns.map((c, i) => column(pruned.map.get(i)!, c.type)),
    columns: node.columns,
  }
}

const moved = (e: Expression, map: ReadonlyMap<number, number>): Expression =>
  mapColumns(e, (index, type) => {
    const to = map.get(index)
    assert(to !== undefined, 'a column that is read is kept')
    return column(to, type)
  })

const sorted = (set: Iterable<number>): number[] => [...new Set(set)].toSorted((a, b) => a - b)
const mapOf = (kept: readonly number[]): Map<number, number> => new Map(kept.map((old, i) => [old, i]))
const pick = <T>(list: readonly T[], kept: readonly number[]): T[] => kept.map((i) => list[i]!)

class Pruning {
  readonly #sealed: ReadonlyMap<string, SealedTable>
  constructor(sealed: ReadonlyMap<string, SealedTable>) {
    this.#sealed = sealed
  }

  /** @param isKept the rows go into state above */
  node(node: LogicalNode, read: ReadonlySet<number>, isKept: boolean): Pruned {
    const need = this.#withPersons(node, read, isKept)
    switch (node.kind) {
      case 'Scan': {
        // A row without columns still counts: keep the narrowest there is, the first.
        const kept = need.size === 0 ? [0] : sorted(need)
        return { node: { ...node, read: pick(node.read, kept), columns: pick(node.columns, kept) }, map: mapOf(kept) }
      }
      case 'Values': {
        const kept = sorted(need)
        return {
          node: { ...node, rows: node.rows.map((row) => pick(row, kept)), columns: pick(node.columns, kept) },
          map: mapOf(kept),
        }
      }
      case 'Project': {
        const kept = sorted(need)
        const input = this.node(node.input, new Set(kept.flatMap((i) => [...columnsOf(node.expressions[i]!)])), isKept)
        const expressions = kept.map((i) => moved(node.expressions[i]!, input.map))
        return {
          node: { ...node, input: input.node, expressions, columns: pick(node.columns, kept) },
          map: mapOf(kept),
        }
      }
      case 'Filter': {
        const input = this.node(node.input, new Set([...need, ...columnsOf(node.condition)]), isKept)
        return passing(node, input, {
          ...node,
          input: input.node,
          condition: moved(node.condition, input.map),
          columns: [],
        })
      }
      case 'Union': {
        const kept = sorted(need)
        const inputs = node.inputs.map((input) => exactly(this.node(input, new Set(kept), isKept), kept))
        return { node: { ...node, inputs, columns: pick(node.columns, kept) }, map: mapOf(kept) }
      }
      case 'Deduplicate': {
        const input = this.node(node.input, new Set([...need, ...node.keys, node.order]), true)
        const at = (i: number): number => input.map.get(i)!
        return passing(node, input, {
          ...node,
          input: input.node,
          keys: node.keys.map(at),
          order: at(node.order),
          columns: [],
        })
      }
      case 'Aggregate':
      case 'WindowAggregate':
        return this.#aggregate(node, need)
      case 'Join':
      case 'TemporalJoin':
        return this.#join(node, need)
      case 'Rank':
      case 'WindowFunction':
        throw new Error(`invariant broken: ${node.kind} is rewritten before pruning`)
    }
  }

  /** What is read, and of sealed columns among it the columns that name the person, as far as the node has them. */
  #withPersons(node: LogicalNode, need: ReadonlySet<number>, isKept: boolean): ReadonlySet<number> {
    const isRead = node.kind === 'Scan' || node.kind === 'Project' || node.kind === 'Union'
    // An upsert topic's rows are kept where they are read.
    const keeps = isKept || (node.kind === 'Scan' && node.table.changelog === 'upsert')
    if (this.#sealed.size === 0 || !isRead || !keeps) return need
    const origins = originsOf(node)
    const wanted = new Set(
      [...need].flatMap((i) =>
        [...origins[i]!.sources].flatMap((source) => {
          const [table, name] = source.split('\u0000') as [string, string]
          const sealed = this.#sealed.get(table)
          return sealed?.columns.includes(name) ? personColumns(sealed).map((each) => `${table}\u0000${each}`) : []
        }),
      ),
    )
    const persons = origins.flatMap(({ sources, transformation }, i) =>
      transformation === 'identity' && [...sources].some((source) => wanted.has(source)) ? [i] : [],
    )
    return new Set([...need, ...persons])
  }

  #aggregate(node: Extract<LogicalNode, { kind: 'Aggregate' | 'WindowAggregate' }>, need: ReadonlySet<number>): Pruned {
    const keyCount = node.keys.length
    const keptCalls = node.calls.map((_, i) => i).filter((i) => need.has(keyCount + i))
    const calls = pick(node.calls, keptCalls)
    const read = [...node.keys, ...calls.flatMap((c) => [...c.args, ...(c.filter === null ? [] : [c.filter])])]
    if (node.kind === 'WindowAggregate') read.push(node.window.time)
    const input = this.node(node.input, new Set(read), false)
    const at = (i: number): number => input.map.get(i)!
    const movedCalls = calls.map((c): LogicalCall => ({
      ...c,
      args: c.args.map(at),
      filter: c.filter === null ? null : at(c.filter),
    }))
    const head = [...node.keys.keys(), ...keptCalls.map((i) => keyCount + i)]
    const keys = node.keys.map(at)
    if (node.kind === 'Aggregate') {
      return {
        node: { ...node, input: input.node, keys, calls: movedCalls, columns: pick(node.columns, head) },
        map: mapOf(head),
      }
    }
    const first = keyCount + node.calls.length
    const keptWindows = node.windowColumns.map((_, i) => i).filter((i) => need.has(first + i))
    const kept = [...head, ...keptWindows.map((i) => first + i)]
    const window = { ...node.window, time: at(node.window.time) }
    const windowColumns = pick(node.windowColumns, keptWindows)
    return {
      node: {
        ...node,
        input: input.node,
        keys,
        calls: movedCalls,
        window,
        windowColumns,
        columns: pick(node.columns, kept),
      },
      map: mapOf(kept),
    }
  }

  #join(node: Extract<LogicalNode, { kind: 'Join' | 'TemporalJoin' }>, need: ReadonlySet<number>): Pruned {
    const width = node.left.columns.length
    const read = new Set([...need, ...(node.condition ? columnsOf(node.condition) : [])])
    if (node.kind === 'TemporalJoin') {
      read.add(node.time)
      read.add(width + node.rightTime)
      for (const key of node.primaryKey) read.add(width + key)
    }
    const left = this.node(node.left, new Set([...read].filter((i) => i < width)), true)
    const right = this.node(node.right, new Set([...read].filter((i) => i >= width).map((i) => i - width)), true)
    const newWidth = left.node.columns.length
    const map = new Map([
      ...left.map,
      ...[...right.map].map(([from, to]): [number, number] => [from + width, to + newWidth]),
    ])
    const back = new Map([...map].map(([from, to]) => [to, from]))
    const total = newWidth + right.node.columns.length
    const columns = Array.from(
      { length: total },
      (_, i) =>
        node.columns[back.get(i) ?? -1] ?? (i < newWidth ? left.node.columns[i]! : right.node.columns[i - newWidth]!),
    )
    const condition = node.condition && moved(node.condition, map)
    if (node.kind === 'Join') return { node: { ...node, left: left.node, right: right.node, condition, columns }, map }
    const rightAt = (i: number): number => right.map.get(i)!
    return {
      node: {
        ...node,
        left: left.node,
        right: right.node,
        time: left.map.get(node.time)!,
        rightTime: rightAt(node.rightTime),
        primaryKey: node.primaryKey.map(rightAt),
        condition,
        columns,
      },
      map,
    }
  }
}

/** Those with keys by person. */
function sealedTables(node: LogicalNode, into: Map<string, SealedTable> = new Map()): Map<string, SealedTable> {
  const sealed = node.kind === 'Scan' ? sealedTable(node.table) : undefined
  if (node.kind === 'Scan' && sealed?.subject) into.set(node.table.name, sealed)
  for (const input of inputsOf(node)) sealedTables(input, into)
  return into
}

/** A node whose columns are its input's. */
function passing(old: LogicalNode, input: Pruned, node: LogicalNode): Pruned {
  const back = new Map([...input.map].map(([from, to]) => [to, from]))
  const columns = input.node.columns.map((c, i) => old.columns[back.get(i) ?? -1] ?? c)
  return { node: { ...node, columns }, map: input.map }
}

/** With exactly these old columns in this order. */
function exactly(pruned: Pruned, kept: readonly number[]): LogicalNode {
  const { node, map } = pruned
  if (node.columns.length === kept.length && kept.every((old, i) => map.get(old) === i)) return node
  const at = kept.map((old) => map.get(old)!)
  return {
    kind: 'Project',
    input: node,
    expressions: at.map((i) => column(i, node.columns[i]!.type)),
    columns: pick(node.columns, at),
  }
}
