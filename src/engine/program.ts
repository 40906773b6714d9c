// What runs inside the epochs of a pipeline: slices and watermarks in, records out at the end. Two kinds: a query's operator
// graph, and a quarantine. Nothing here knows of offsets, commits or clocks.
import { assert, unreachable } from '../base/index.ts'
import { changeKind, type Schema, type SchemaIds, type WatermarkMs, type Batch } from '../model/index.ts'
import { compileExpressions, compileFilter, selectRows, type Expression, type PlanNode } from '../sql/index.ts'
import type { TopicFormat } from '../format/index.ts'
import type { EngineLimits } from './limits.ts'
import { createDeduplicate } from './operators/deduplicate.ts'
import { createExchange, keyGroupRange } from './operators/exchange.ts'
import { createGroupAggregate } from './operators/group-aggregate.ts'
import { createJoin } from './operators/join.ts'
import { type Counter, type OperatorContext, type Output } from './operators/operator.ts'
import { createCalc, createNormalize, createUnion } from './operators/simple.ts'
import { createTemporalJoin } from './operators/temporal-join.ts'
import { createWindowAggregate } from './operators/window-aggregate.ts'
import { QuerySink, type Appends } from './sink.ts'
import type { InputSpec, Slice } from './source.ts'
import type { EngineOptions, QueryPipelineSpec } from './spec.ts'
import { allKeyGroups, type StateStore } from './state/index.ts'

export interface Program {
  readonly inputs: readonly InputSpec[]
  /** Identifies what computes: positions of another plan are refused. */
  readonly planId: string
  readonly sinkTopic: string
  nextSinkPartition: number
  /** Bytes of output gathered in the epoch. */
  readonly outputBytes: number
  /** Before the first slice of an epoch. @param first true in the pipeline's very first epoch */
  begin(clockMs: number, sinkPartitions: number, first: boolean): void
  slice(input: number, slice: Slice): void
  watermark(input: number, ms: WatermarkMs): void
  /** After recovery: the watermark that the input stood at. Nothing is emitted; rows that wait go on waiting. */
  resume(input: number, ms: WatermarkMs): void
  /** Ends the epoch: what it appends. */
  seal(): { readonly appends: Appends; readonly records: number }
}

export interface ProgramOptions {
  readonly store: StateStore
  readonly limits: EngineLimits
  readonly engine: EngineOptions
  /** For fields that the sink's rule set encrypts; absent: none. */
  readonly schemaIds?: SchemaIds
  count(counter: Counter | 'broken', by: number, rule?: string): void
}

/**
 * Builds the operators of a plan. Throws MR-ENGINE-008 for what is not run here.
 * @param tap takes what would reach the sink, as changes
 */
export function createQueryProgram(spec: QueryPipelineSpec, options: ProgramOptions, tap?: Output): Program {
  return new QueryProgram(spec, options, tap)
}

interface ScanInput {
  readonly input: InputSpec
  readonly target: Output
}

class QueryProgram implements Program {
  readonly planId: string
  readonly sinkTopic: string
  readonly #scans: ScanInput[] = []
  readonly #values: (() => void)[] = []
  readonly #sink: QuerySink
  readonly #spec: QueryPipelineSpec
  readonly #options: ProgramOptions
  readonly #slotUses = new Map<string, number>()
  #recovering = false

  constructor(spec: QueryPipelineSpec, options: ProgramOptions, tap: Output | undefined) {
    this.#spec = spec
    this.#options = options
    this.planId = spec.plan.root.id
    this.sinkTopic = spec.sink.topic
    this.#sink = new QuerySink(spec.sink, spec.plan.sink.mode, options.limits, options.schemaIds)
    const instances = parallelismOf(spec.plan.root, options.engine.parallelism)
    const sink: Output = tap ?? { batch: (batch) => this.#sink.batch(batch), watermark() {} }
    this.#build(
      spec.plan.root,
      Array.from({ length: instances }, () => sink),
    )
  }

  get inputs(): readonly InputSpec[] {
    return this.#scans.map((scan) => scan.input)
  }
  get nextSinkPartition(): number {
    return this.#sink.nextPartition
  }
  set nextSinkPartition(partition: number) {
    this.#sink.nextPartition = partition
  }
  get outputBytes(): number {
    return this.#sink.bytes
  }

  begin(clockMs: number, sinkPartitions: number, first: boolean): void {
    this.#sink.begin(clockMs, sinkPartitions)
    if (first) for (const emit of this.#values) emit()
  }
  slice(input: number, slice: Slice): void {
    if (slice.batch.rowCount > 0) this.#scans[input]!.target.batch(slice.batch)
  }
  watermark(input: number, ms: WatermarkMs): void {
    this.#scans[input]!.target.watermark(ms)
  }
  resume(input: number, ms: WatermarkMs): void {
    this.#recovering = true
    this.#scans[input]!.target.watermark(ms)
    this.#recovering = false
  }
  seal(): { readonly appends: Appends; readonly records: number } {
    return this.#sink.seal()
  }

  /** A slot's id, made unique where a query uses the same sub-plan twice. Same plan, same ids. */
  #slotId(id: string): string {
    const uses = (this.#slotUses.get(id) ?? 0) + 1
    this.#slotUses.set(id, uses)
    return uses === 1 ? id : `${id}#${uses}`
  }

  /** One context per instance; all instances of a node share its slot ids, each with its own key groups. */
  #contexts(slots: readonly string[], instances: number): OperatorContext[] {
    const ids = new Map(slots.map((slot) => [slot, this.#slotId(slot)]))
    const { store, engine, count } = this.#options
    return Array.from({ length: instances }, (_, i) => {
      const range = instances === 1 ? allKeyGroups : keyGroupRange(i, instances)
      return {
        pipeline: this.#spec.name,
        range,
        consolidate: engine.consolidate,
        count: (counter, by) => count(counter, by),
        isRecovering: () => this.#recovering,
        openSlot: (id, layoutVersion, codec) => {
          const own = slots.find((slot) => id === slot || id.startsWith(`${slot}/`))
          assert(own !== undefined, 'an operator opens the slots of its node')
          const owners = this.#spec.erasure?.slots.find(({ slot }) => slot === id)?.owners ?? []
          return store.open({ id: ids.get(own)! + id.slice(own.length), layoutVersion, codec, range, owners })
        },
      }
    })
  }

  /** Builds a node whose outputs go to `outputs`, one per instance. */
  #build(node: PlanNode, outputs: readonly Output[]): void {
    const n = outputs.length
    switch (node.kind) {
      case 'TableSourceScan':
        return this.#scan(node, outputs[0]!)
      case 'Values':
        return this.#rows(node, outputs[0]!)
      case 'Calc':
        return this.#build(
          node.input,
          outputs.map((output) => createCalc(node, output)),
        )
      case 'Exchange': {
        const inputs = parallelismOf(node.input, this.#options.engine.parallelism)
        return this.#build(node.input, createExchange({ schema: node.schema, keys: node.keys, inputs }, outputs))
      }
      case 'Union': {
        const unions = outputs.map((output) => createUnion(node, output))
        return node.inputs.forEach((input, port) =>
          this.#feed(
            input,
            [],
            unions.map((ports) => ports[port]!),
          ),
        )
      }
      case 'Deduplicate': {
        const contexts = this.#contexts([node.slot], n)
        return this.#build(
          node.input,
          outputs.map((output, i) => createDeduplicate(node, contexts[i]!, output)),
        )
      }
      case 'GroupAggregate': {
        const contexts = this.#contexts([node.slot], n)
        return this.#build(
          node.input,
          outputs.map((output, i) => createGroupAggregate(node, contexts[i]!, output)),
        )
      }
      case 'WindowAggregate': {
        const contexts = this.#contexts([node.slot], n)
        return this.#build(
          node.input,
          outputs.map((output, i) => createWindowAggregate(node, contexts[i]!, output)),
        )
      }
      case 'ChangelogNormalize': {
        const contexts = this.#contexts([node.slot], n)
        return this.#build(
          node.input,
          outputs.map((output, i) => createNormalize(node, contexts[i]!, output)),
        )
      }
      case 'TemporalJoin':
      case 'Join': {
        const contexts = this.#contexts(node.slots, n)
        const joins = outputs.map((output, i) =>
          node.kind === 'Join'
            ? createJoin(node, contexts[i]!, output)
            : createTemporalJoin(node, contexts[i]!, output),
        )
        this.#feed(
          node.left,
          node.leftKeys,
          joins.map((ports) => ports[0]),
        )
        return this.#feed(
          node.right,
          node.rightKeys,
          joins.map((ports) => ports[1]),
        )
      }
      default:
        return unreachable(node)
    }
  }

  /** Builds an input of a node; where it has another number of instances, an exchange stands between. */
  #feed(node: PlanNode, keys: readonly number[], outputs: readonly Output[]): void {
    const inputs = parallelismOf(node, this.#options.engine.parallelism)
    this.#build(
      node,
      inputs === outputs.length ? outputs : createExchange({ schema: node.schema, keys, inputs }, outputs),
    )
  }

  #scan(node: Extract<PlanNode, { kind: 'TableSourceScan' }>, output: Output): void {
    const index = this.#spec.plan.inputs.indexOf(node.table)
    assert(index >= 0, `${node.table} is among the plan’s inputs`)
    const format = this.#spec.inputs[index]!
    const guard = this.#spec.guards?.find((each) => each.table === node.table)
    const conditions = guard?.conditions ?? []
    const columns = [...node.columns]
    // The quarantine decodes every column; a reader that looked at fewer would keep records that are in quarantine too.
    if (guard) for (let c = 0; c < format.schema.fields.length; c++) if (!columns.includes(c)) columns.push(c)
    const remapped = conditions.map((condition) =>
      remapColumns(condition, (column) => {
        if (!columns.includes(column)) columns.push(column)
        return columns.indexOf(column)
      }),
    )
    const schema = { fields: columns.map((column) => format.schema.fields[column]!) }
    const target = guarded(
      { schema, visible: node.schema, conditions: remapped, isUpsert: isUpsertTopic(format) },
      output,
    )
    this.#scans.push({ input: { format, columns, watermark: node.watermark, keepRecords: false }, target })
  }

  #rows(node: Extract<PlanNode, { kind: 'Values' }>, output: Output): void {
    const one: Schema = { fields: [] }
    const rows = node.rows.map((row) => compileExpressions(row, one, node.schema))
    this.#values.push(() => {
      for (const row of rows) output.batch(row({ schema: one, rowCount: 1, kinds: null, columns: [] }))
      output.watermark(Infinity)
    })
  }
}

/** Instances of a node: one up to the first exchange. */
function parallelismOf(node: PlanNode, parallelism: number): number {
  switch (node.kind) {
    case 'TableSourceScan':
    case 'Values':
      return 1
    case 'Exchange':
      // Without keys everything is in one key group.
      return node.keys.length === 0 ? 1 : parallelism
    case 'Union':
      return Math.max(...node.inputs.map((input) => parallelismOf(input, parallelism)))
    case 'TemporalJoin':
    case 'Join':
      return Math.max(parallelismOf(node.left, parallelism), parallelismOf(node.right, parallelism))
    default:
      return parallelismOf(node.input, parallelism)
  }
}

/** A topic whose records replace one another by key. */
function isUpsertTopic(format: TopicFormat): boolean {
  return format.primaryKey !== null && !format.valueFormat.startsWith('debezium')
}

/**
 * Hides rows that break a rule, and the columns that only the rules read. A row that is taken back is judged as it was when
 * it came; the tombstone of an upsert topic has nothing to judge and passes.
 */
function guarded(
  options: { schema: Schema; visible: Schema; conditions: readonly Expression[]; isUpsert: boolean },
  output: Output,
): Output {
  const { schema, visible, conditions, isUpsert } = options
  const filters = conditions.map((condition) => compileFilter(condition, schema))
  const watermark = (ms: WatermarkMs): void => output.watermark(ms)
  const show = (batch: Batch): void =>
    output.batch({ ...batch, schema: visible, columns: batch.columns.slice(0, visible.fields.length) })
  if (filters.length === 0) return { batch: show, watermark }
  return {
    batch(batch) {
      let kept = batch
      for (const filter of filters) {
        if (kept.rowCount === 0) return
        const mask = filter(kept)
        if (isUpsert && kept.kinds) passDeletes(mask, kept.kinds)
        kept = selectRows(kept, mask)
      }
      if (kept.rowCount > 0) show(kept)
    },
    watermark,
  }
}

function passDeletes(mask: Uint8Array, kinds: Uint8Array): void {
  for (let r = 0; r < kinds.length; r++) if (kinds[r] === changeKind.delete) mask[r >> 3]! |= 1 << (r & 7)
}

/** The same expression over other column numbers. */
function remapColumns(expression: Expression, map: (column: number) => number): Expression {
  switch (expression.kind) {
    case 'column':
      return { ...expression, index: map(expression.index) }
    case 'literal':
      return expression
    case 'call':
      return { ...expression, args: expression.args.map((arg) => remapColumns(arg, map)) }
    case 'cast':
      return { ...expression, arg: remapColumns(expression.arg, map) }
    case 'case':
      return {
        ...expression,
        branches: expression.branches.map(({ when, then }) => ({
          when: remapColumns(when, map),
          // oxlint-disable-next-line unicorn/no-thenable -- the plan's own word; nobody awaits a branch
          then: remapColumns(then, map),
        })),
        otherwise: remapColumns(expression.otherwise, map),
      }
  }
}
