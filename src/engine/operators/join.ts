// Regular join over changelogs: inner, left, right, full. Both sides are kept; a row of one side is joined with the rows of
// the other at once. A row of an outer side keeps how many rows it matches: none, and it stands padded with NULLs until the
// first match takes the padding back. Inner output forwards the input's kind; with an outer side it is +I and -D (Flink).
// A row that replaces one of the same upsert key without a retraction first takes that one back.
// Matches leave in the order in which the rows came, which is stored, so that recovery changes nothing.
// Reference: Flink StreamingJoinOperator. NULL keys match nothing.
import { ByteReader, ByteWriter } from '../../base/index.ts'
import { changeKind, type Batch, type ChangeKind, type Schema } from '../../model/index.ts'
import { compileFilter, type PlanNode } from '../../sql/index.ts'
import { createKeyEncoder, hashWords, isNullIn, type KeyRows } from '../rows/binary-row.ts'
import { appendRow, encodeRow } from '../rows/row-codec.ts'
import {
  BytesHeap,
  Chains,
  extended,
  KeyTable,
  type EntryCodec,
  type Erasure,
  type StateSlot,
  type Steps,
} from '../state/index.ts'
import { Emitter, isRetraction, WatermarkMerge, type OperatorContext, type Output } from './operator.ts'

type JoinNode = Extract<PlanNode, { kind: 'Join' }>

/** One side's rows, keyed by join key and identity (upsert key, or the whole row). */
class Side implements EntryCodec {
  readonly outer: boolean
  readonly schema: Schema
  readonly hasUpsertKey: boolean
  readonly slot: StateSlot
  readonly joinKeys
  readonly #rowKeys
  readonly #keyColumns: number
  readonly rows = new BytesHeap()
  /** How often the row is there, how many rows it matches (outer sides), when it came, words of its join key. */
  counts = new Uint32Array(64)
  matches = new Uint32Array(64)
  #sequences = new Float64Array(64)
  #keyWords = new Int32Array(64)
  #nextSequence = 0
  /** Told of each row before it is forgotten. */
  forgetting: (entry: number) => void = () => {}
  /** Derived: rows by join key, in the order in which they came. */
  readonly #byKey = new KeyTable()
  readonly #chains = new Chains()
  readonly #found: number[] = []

  constructor(options: {
    schema: Schema
    outer: boolean
    keys: readonly number[]
    upsertKey: readonly number[] | null
    slot: string
    context: OperatorContext
  }) {
    const { schema, keys, upsertKey } = options
    this.schema = schema
    this.outer = options.outer
    this.hasUpsertKey = upsertKey !== null
    const types = schema.fields.map((f) => f.type)
    this.#keyColumns = keys.length
    this.joinKeys = createKeyEncoder(types, [keys])
    this.#rowKeys = createKeyEncoder(types, [keys, upsertKey ?? schema.fields.map((_, i) => i)])
    this.slot = options.context.openSlot(options.slot, 1, this)
  }

  ensure(capacity: number): void {
    if (this.counts.length >= capacity) return
    this.counts = extended(this.counts, new Uint32Array(capacity))
    // Only an outer side asks how many rows a row matches.
    if (this.outer) this.matches = extended(this.matches, new Uint32Array(capacity))
    this.#sequences = extended(this.#sequences, new Float64Array(capacity))
    this.#keyWords = extended(this.#keyWords, new Int32Array(capacity))
  }
  reset(entry: number): void {
    this.counts[entry] = 0
    if (this.outer) this.matches[entry] = 0
    this.rows.clear(entry)
  }
  encode(entry: number, writer: ByteWriter): void {
    writer.uvarint(this.#keyWords[entry]!)
    writer.uvarint(this.counts[entry]!)
    writer.uvarint(this.outer ? this.matches[entry]! : 0)
    writer.int64FromNumber(this.#sequences[entry]!)
    writer.raw(this.rows.get(entry))
  }
  decode(entry: number, reader: ByteReader): void {
    this.#keyWords[entry] = reader.uvarint()
    this.counts[entry] = reader.uvarint()
    const matches = reader.uvarint()
    if (this.outer) this.matches[entry] = matches
    this.#sequences[entry] = reader.int64AsNumber()
    this.rows.put(entry, reader.take(reader.remaining))
  }
  *forget(slot: StateSlot, erasure: Erasure): Steps {
    const found = erasure.among(this.schema, slot.owners)
    yield* slot.lookThrough((entry) => found.add(entry, (columns) => appendRow(columns, this.reader(entry))))
    for (const entry of found.finish()) {
      this.forgetting(entry)
      const key = this.#keyOf(entry)
      if (this.#chains.remove(key, entry)) {
        this.#byKey.wipe(key)
        this.#byKey.remove(key)
      }
      this.rows.wipe(entry)
      slot.forget(entry)
    }
  }
  restored(slot: StateSlot): void {
    const entries: number[] = []
    slot.forEach((entry) => entries.push(entry))
    entries.sort((a, b) => this.#sequences[a]! - this.#sequences[b]!)
    for (const entry of entries) {
      this.#link(entry)
      this.#nextSequence = this.#sequences[entry]! + 1
    }
  }

  encodeKeys(batch: Batch): { readonly join: KeyRows; readonly row: KeyRows } {
    return { join: this.joinKeys.encode(batch), row: this.#rowKeys.encode(batch) }
  }

  /** Adds a row, or one more of an equal one. */
  add(keys: { readonly join: KeyRows; readonly row: KeyRows }, r: number, row: Uint8Array): number {
    const entry = this.slot.findOrAdd(keys.row, r)
    if (this.slot.added) {
      this.#keyWords[entry] = keys.join.starts[r + 1]! - keys.join.starts[r]!
      this.#sequences[entry] = this.#nextSequence++
      this.#link(entry)
    }
    this.counts[entry]! += 1
    this.rows.put(entry, row)
    this.slot.touch(entry)
    return entry
  }

  /** Takes one of the row away. */
  take(entry: number): void {
    this.counts[entry]! -= 1
    this.slot.touch(entry)
    if (this.counts[entry]! > 0) return
    const key = this.#keyOf(entry)
    if (this.#chains.remove(key, entry)) this.#byKey.remove(key)
    this.slot.remove(entry)
  }

  #link(entry: number): void {
    let key = this.#keyOf(entry)
    if (key < 0) {
      const { words, starts } = this.slot.table
      const from = starts[entry]!
      const to = from + this.#keyWords[entry]!
      key = this.#byKey.insert(words, from, to, hashWords(words, from, to))
    }
    this.#chains.push(key, entry)
  }

  #keyOf(entry: number): number {
    const { words, starts } = this.slot.table
    const from = starts[entry]!
    const to = from + this.#keyWords[entry]!
    return this.#byKey.find(words, from, to, hashWords(words, from, to))
  }

  /** Rows under a join key of the other side; valid until the next call. */
  under(keys: KeyRows, r: number): readonly number[] {
    if (keys.nulls[r] === 1) return none
    const key = this.#byKey.find(keys.words, keys.starts[r]!, keys.starts[r + 1]!, keys.hashes[r]!)
    return key < 0 ? none : this.#chains.collect(key, this.#found)
  }

  /** NULL meets nothing. */
  hasNullKey(entry: number): boolean {
    const { words, starts } = this.slot.table
    return isNullIn(words, starts[entry]!, this.#keyColumns)
  }

  /** The same by the join key of one of the other side's rows. */
  underKeyOf(other: Side, entry: number): readonly number[] {
    const { words, starts } = other.slot.table
    const from = starts[entry]!
    const to = from + other.#keyWords[entry]!
    const key = this.#byKey.find(words, from, to, hashWords(words, from, to))
    return key < 0 ? none : this.#chains.collect(key, this.#found)
  }

  reader(entry: number): ByteReader {
    return new ByteReader(this.rows.bytes, this.rows.start(entry), this.rows.end(entry))
  }
}

const none: readonly number[] = []

/** Ports: 0 left, 1 right. */
export function createJoin(node: JoinNode, context: OperatorContext, output: Output): readonly [Output, Output] {
  const join = new Join(node, context, output)
  return [
    { batch: (batch) => join.batch(batch, 0), watermark: (ms) => join.watermark(0, ms) },
    { batch: (batch) => join.batch(batch, 1), watermark: (ms) => join.watermark(1, ms) },
  ]
}

class Join {
  readonly #node: JoinNode
  readonly #output: Output
  readonly #emitter: Emitter
  readonly #sides: readonly [Side, Side]
  readonly #condition: ((batch: Batch) => Uint8Array) | null
  readonly #pairs: Emitter | null
  readonly #watermarks = new WatermarkMerge(2)
  readonly #scratch = new ByteWriter(256)
  #masks: boolean[] = []

  constructor(node: JoinNode, context: OperatorContext, output: Output) {
    this.#node = node
    this.#output = output
    this.#emitter = new Emitter(node.schema, output)
    const { joinType } = node
    this.#sides = [
      new Side({
        schema: node.left.schema,
        outer: joinType === 'left' || joinType === 'full',
        keys: node.leftKeys,
        upsertKey: node.leftUpsertKey,
        slot: node.slots[0],
        context,
      }),
      new Side({
        schema: node.right.schema,
        outer: joinType === 'right' || joinType === 'full',
        keys: node.rightKeys,
        upsertKey: node.rightUpsertKey,
        slot: node.slots[1],
        context,
      }),
    ]
    for (const port of [0, 1] as const) this.#sides[port].forgetting = (entry) => this.#unmatch(port, entry)
    const condition = node.condition ? compileFilter(node.condition, node.schema) : null
    this.#condition = condition
    this.#pairs = condition
      ? new Emitter(node.schema, {
          batch: (batch) => {
            const mask = condition(batch)
            for (let r = 0; r < batch.rowCount; r++) this.#masks.push((mask[r >> 3]! & (1 << (r & 7))) !== 0)
          },
          watermark() {},
        })
      : null
  }

  watermark(port: number, ms: number): void {
    if (this.#watermarks.update(port, ms)) this.#output.watermark(this.#watermarks.current)
  }

  batch(batch: Batch, port: 0 | 1): void {
    const side = this.#sides[port]
    const keys = side.encodeKeys(batch)
    for (let r = 0; r < batch.rowCount; r++) {
      const kind = (batch.kinds ? batch.kinds[r]! : changeKind.insert) as ChangeKind
      const entry = side.slot.find(keys.row, r)
      if (isRetraction(kind)) {
        // Nothing is known of such a row: nothing was emitted for it.
        if (entry >= 0) this.#retract(port, entry, keys.join, r, kind)
        continue
      }
      if (entry >= 0 && side.hasUpsertKey) this.#retract(port, entry, keys.join, r, changeKind.updateBefore)
      this.#scratch.reset()
      encodeRow(this.#scratch, batch.columns, r)
      this.#accumulate(port, side.add(keys, r, this.#scratch.finish()), keys.join, r, kind)
    }
    this.#emitter.flush()
  }

  #accumulate(port: 0 | 1, entry: number, keys: KeyRows, r: number, kind: ChangeKind): void {
    const side = this.#sides[port]
    const other = this.#sides[1 - port]!
    const matching = this.#matching(port, entry, other.under(keys, r))
    if (side.outer && matching.length === 0) return this.#emit(port, entry, -1, changeKind.insert)
    const out = side.outer || other.outer ? changeKind.insert : kind
    let matches = 0
    for (const o of matching) {
      const times = other.counts[o]!
      matches += times
      for (let n = 0; n < times; n++) {
        if (other.outer && other.matches[o] === 0) this.#emit((1 - port) as 0 | 1, o, -1, changeKind.delete)
        this.#emit(port, entry, o, out)
      }
      if (other.outer) {
        other.matches[o]! += 1
        other.slot.touch(o)
      }
    }
    // Equal rows share one entry, and match the same rows.
    if (side.outer) side.matches[entry] = matches
  }

  #retract(port: 0 | 1, entry: number, keys: KeyRows, r: number, kind: ChangeKind): void {
    const side = this.#sides[port]
    const other = this.#sides[1 - port]!
    const matching = this.#matching(port, entry, other.under(keys, r))
    if (side.outer && matching.length === 0) this.#emit(port, entry, -1, changeKind.delete)
    const out = side.outer || other.outer ? changeKind.delete : kind
    for (const o of matching) {
      const times = other.counts[o]!
      if (other.outer) {
        other.matches[o]! -= 1
        other.slot.touch(o)
      }
      for (let n = 0; n < times; n++) {
        this.#emit(port, entry, o, out)
        if (other.outer && other.matches[o] === 0) this.#emit((1 - port) as 0 | 1, o, -1, changeKind.insert)
      }
    }
    side.take(entry)
  }

  /** A row is forgotten, which tells nobody: the other side's rows match fewer, as if it had never come. */
  #unmatch(port: 0 | 1, entry: number): void {
    const side = this.#sides[port]
    const other = this.#sides[1 - port]!
    if (!other.outer || side.hasNullKey(entry)) return
    for (const o of this.#matching(port, entry, other.underKeyOf(side, entry))) {
      other.matches[o]! -= side.counts[entry]!
      other.slot.touch(o)
    }
  }

  /** Of the other side's rows those for which the condition holds. */
  #matching(port: 0 | 1, entry: number, others: readonly number[]): readonly number[] {
    if (!this.#condition || others.length === 0) return others
    this.#masks = []
    for (const o of others) {
      this.#appendPair(this.#pairs!, port, entry, o)
      this.#pairs!.endRow(changeKind.insert)
    }
    this.#pairs!.flush()
    return others.filter((_, i) => this.#masks[i])
  }

  #appendPair(emitter: Emitter, port: 0 | 1, entry: number, other: number): void {
    const { columns } = emitter.builder
    const leftCount = this.#node.left.schema.fields.length
    const left = port === 0 ? entry : other
    const right = port === 0 ? other : entry
    const append = (side: Side, row: number, from: number, to: number): void => {
      if (row >= 0) appendRow(columns.slice(from, to), side.reader(row))
      else for (let c = from; c < to; c++) columns[c]!.appendNull()
    }
    append(this.#sides[0], left, 0, leftCount)
    append(this.#sides[1], right, leftCount, columns.length)
  }

  /** @param other -1: padded with NULLs */
  #emit(port: 0 | 1, entry: number, other: number, kind: ChangeKind): void {
    if (kind === changeKind.updateBefore && this.#node.changelog === 'upsert') return
    this.#appendPair(this.#emitter, port, entry, other)
    this.#emitter.endRow(kind)
  }
}
