// Which state of a plan holds what encrypted columns said, and whose it is: per slot the columns with such values, and those
// that put the name of the person's key together. The engine forgets by it when a person's key is gone.
// Invariant: what may hold the text of an encrypted column is either named here or is a problem.
import type { Expression, PlanNode } from '../plan.ts'
import { personColumns, subjectParts, type SealedTable } from '../sealed.ts'

export interface SlotOwner {
  /** The table; whoever tells several kinds of keys of one apart has names of its own for them. */
  readonly source: string
  /**
   * Columns of the slot with values that were sealed: a row with NULL in all of them is nobody's. Of rows that a slot keeps
   * they are the input's columns, of groups their keys. Empty: every entry holds such a value.
   */
  readonly columns: readonly number[]
  /** The name of the person's key: texts and columns. null: the topic has one key. */
  readonly subject: readonly (string | number)[] | null
}

export interface SealedSlot {
  readonly slot: string
  readonly owners: readonly SlotOwner[]
}

/** State whose person cannot be told. */
export interface UnownedState {
  /** The encrypted column, and the table's columns that would have to be with it. */
  readonly table: string
  readonly column: string
  readonly missing: readonly string[]
  /** What keeps it, in the words of SQL. */
  readonly operator: string
}

export interface SealedState {
  readonly slots: readonly SealedSlot[]
  readonly unowned: readonly UnownedState[]
}

/** What one column of a node holds: of which scans sealed columns, and whose plain columns it is a copy of. */
interface Cell {
  /** scan id → names of its sealed columns */
  readonly sealed: ReadonlyMap<string, ReadonlySet<string>>
  /** scan id, a NUL, column */
  readonly copies: ReadonlySet<string>
}

const empty: Cell = { sealed: new Map(), copies: new Set() }
const copyOf = (scan: string, column: string): string => `${scan}\u0000${column}`

/** @param sealed what of a table is encrypted; undefined: nothing */
export function sealedStateOf(root: PlanNode, sealed: (table: string) => SealedTable | undefined): SealedState {
  const lineage = new Lineage(sealed)
  lineage.cells(root)
  return { slots: lineage.slots, unowned: lineage.unowned }
}

class Lineage {
  readonly slots: SealedSlot[] = []
  readonly unowned: UnownedState[] = []
  readonly #sealed: (table: string) => SealedTable | undefined
  readonly #scans = new Map<string, { readonly table: string; readonly sealed: SealedTable }>()

  constructor(sealed: (table: string) => SealedTable | undefined) {
    this.#sealed = sealed
  }

  cells(node: PlanNode): readonly Cell[] {
    switch (node.kind) {
      case 'TableSourceScan':
        return this.#scan(node)
      case 'Values':
        return node.schema.fields.map(() => empty)
      case 'Calc': {
        const input = this.cells(node.input)
        return node.projections.map((each) => ofExpression(each, input))
      }
      case 'Exchange':
        return this.cells(node.input)
      case 'Union': {
        const inputs = node.inputs.map((input) => this.cells(input))
        return node.schema.fields.map((_, i) => merged(inputs.map((cells) => cells[i]!)))
      }
      case 'ChangelogNormalize': {
        const cells = this.cells(node.input)
        this.#keep(node.slot, cells, { operator: 'the rows of an upsert table', needs: null })
        return cells
      }
      case 'Deduplicate': {
        const cells = this.cells(node.input)
        // Of a first row its key stays when the row has gone on: that key tells the person, or nothing does.
        const isKeySealed = node.keys.some((key) => cells[key]!.sealed.size > 0)
        const needs = node.keep === 'first' && isKeySealed ? node.keys : null
        this.#keep(node.slot, cells, { operator: 'ROW_NUMBER() = 1', needs })
        return cells
      }
      case 'GroupAggregate':
      case 'WindowAggregate':
        return this.#groups(node)
      case 'Join':
      case 'TemporalJoin':
        return this.#join(node)
    }
  }

  #scan(node: Extract<PlanNode, { kind: 'TableSourceScan' }>): readonly Cell[] {
    const sealed = this.#sealed(node.table)
    if (!sealed) return node.schema.fields.map(() => empty)
    this.#scans.set(node.id, { table: node.table, sealed })
    return node.schema.fields.map(({ name }) => ({
      sealed: sealed.columns.includes(name) ? new Map([[node.id, new Set([name])]]) : empty.sealed,
      // Of whole values that are sealed the person's column is one of them.
      copies: new Set([copyOf(node.id, name)]),
    }))
  }

  #join(node: Extract<PlanNode, { kind: 'Join' | 'TemporalJoin' }>): readonly Cell[] {
    const left = this.cells(node.left)
    const right = this.cells(node.right)
    const operator = node.kind === 'Join' ? 'a join' : 'a temporal join'
    this.#keep(node.slots[0], left, { operator, needs: null })
    this.#keep(node.slots[1], right, { operator, needs: null })
    const out = [...left, ...right]
    // Equal keys name the same person, on the side that is there whenever the other one is.
    node.leftKeys.forEach((l, i) => {
      const r = node.rightKeys[i]!
      if (!isSameType(node.left.schema.fields[l]!.type, node.right.schema.fields[r]!.type)) return
      const both = new Set([...left[l]!.copies, ...right[r]!.copies])
      if (node.joinType === 'inner' || node.joinType === 'left') out[l] = { ...out[l]!, copies: both }
      const at = left.length + r
      if (node.joinType === 'inner' || node.joinType === 'right') out[at] = { ...out[at]!, copies: both }
    })
    return out
  }

  /** The group's key and what aggregates keep of their arguments; sets of DISTINCT lie in slots of their own. */
  #groups(node: Extract<PlanNode, { kind: 'GroupAggregate' | 'WindowAggregate' }>): readonly Cell[] {
    const input = this.cells(node.input)
    const keys = node.keys.map((key) => input[key]!)
    const operator = node.keys.length === 0 ? 'an aggregate of everything' : 'GROUP BY'
    const kept: Cell[] = []
    const calls = node.aggregates.map((call, i): Cell => {
      const argument = call.args.length === 0 ? empty : input[call.args[0]!]!
      const keepsValue = ['MIN', 'MAX', 'FIRST_VALUE', 'LAST_VALUE'].includes(call.name)
      if (keepsValue) kept.push(argument)
      if (call.distinct && call.name !== 'MIN' && call.name !== 'MAX')
        this.#keep(`${node.slot}/${call.slot || i}`, keys, { operator: `${call.name}(DISTINCT …)`, values: [argument] })
      return keepsValue ? { sealed: argument.sealed, copies: new Set() } : empty
    })
    this.#keep(node.slot, keys, { operator, values: kept })
    const windows = node.kind === 'WindowAggregate' ? node.windowColumns.map(() => empty) : []
    return [...keys, ...calls, ...windows]
  }

  /**
   * @param cells the columns of what the slot keeps
   * @param of.needs where the person must be told by these columns alone
   * @param of.values what every entry keeps beside its columns
   */
  #keep(
    slot: string,
    cells: readonly Cell[],
    of: { readonly operator: string; readonly needs?: readonly number[] | null; readonly values?: readonly Cell[] },
  ): void {
    const values = of.values ?? []
    const scans = new Set([...cells, ...values].flatMap((cell) => [...cell.sealed.keys()]))
    const owners = [...scans].flatMap((scan): SlotOwner[] => {
      const { table, sealed } = this.#scans.get(scan)!
      const inValues = values.some((cell) => cell.sealed.has(scan))
      const columns = inValues ? [] : cells.flatMap((cell, i) => (cell.sealed.has(scan) ? [i] : []))
      if (sealed.subject === null) return [{ source: table, columns, subject: null }]
      const placeOf = (name: string): number =>
        cells.findIndex(
          (cell, i) => cell.copies.has(copyOf(scan, name)) && (of.needs === null || (of.needs?.includes(i) ?? true)),
        )
      const missing = personColumns(sealed).filter((name) => placeOf(name) < 0)
      if (missing.length === 0) {
        const subject = subjectParts(sealed.subject).map((part) =>
          typeof part === 'string' ? part : placeOf(part.column),
        )
        return [{ source: table, columns, subject }]
      }
      const names = new Set([...cells, ...values].flatMap((cell) => [...(cell.sealed.get(scan) ?? [])]))
      for (const column of sealed.isStateClear ? [] : names)
        this.unowned.push({ table, column, missing, operator: of.operator })
      return []
    })
    if (owners.length > 0) this.slots.push({ slot, owners })
  }
}

function merged(cells: readonly Cell[]): Cell {
  const sealed = new Map<string, Set<string>>()
  for (const cell of cells)
    for (const [scan, names] of cell.sealed) sealed.set(scan, new Set([...(sealed.get(scan) ?? []), ...names]))
  return { sealed, copies: new Set(cells.flatMap((cell) => [...cell.copies])) }
}

function ofExpression(expression: Expression, input: readonly Cell[]): Cell {
  if (expression.kind === 'column') return input[expression.index]!
  if (expression.kind === 'call' && expression.name === 'ENFORCE_NOT_NULL')
    return ofExpression(expression.args[0]!, input)
  // A yes or no tells nothing of the text.
  if (expression.type.kind === 'BOOLEAN') return empty
  return { sealed: merged(inputsOf(expression).map((each) => ofExpression(each, input))).sealed, copies: new Set() }
}

/** What the value may be made of: conditions decide and do not carry. */
function inputsOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case 'call':
      return expression.args
    case 'cast':
      return [expression.arg]
    case 'case':
      return [...expression.branches.map(({ then }) => then), expression.otherwise]
    default:
      return []
  }
}

function isSameType(a: object, b: object): boolean {
  const bare = (type: object): string => JSON.stringify({ ...type, nullable: true })
  return bare(a) === bare(b)
}
