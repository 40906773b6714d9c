// Event-time temporal join (FOR SYSTEM_TIME AS OF left.rowtime). Left rows wait until the watermark of both sides reaches
// their time, then leave in the order in which they came; each meets the right version of its key with the largest time at
// or below its own. A late left row is never dropped. Of versions at or below the watermark only the newest is kept.
// -U of the right side says nothing that the following +U does not; -D is a version "nothing from here on".
// NULL keys meet nothing; LEFT pads. Reference: Flink TemporalRowTimeJoinOperator.
import { ByteReader, ByteWriter } from '../../base/index.ts'
import { changeKind, type Batch, type ChangeKind, type Schema } from '../../model/index.ts'
import { compileFilter, type PlanNode } from '../../sql/index.ts'
import { createKeyEncoder, hashWords, suffixOf } from '../rows/binary-row.ts'
import { appendRow, encodeRow } from '../rows/row-codec.ts'
import { BytesHeap, TimeHeap, type EntryCodec, type Erasure, type StateSlot, type Steps } from '../state/index.ts'
import { Emitter, nullTime, timesMs, WatermarkMerge, type OperatorContext, type Output } from './operator.ts'

type TemporalJoinNode = Extract<PlanNode, { kind: 'TemporalJoin' }>

/** Left rows that wait, keyed by join key and sequence. */
class WaitingRows implements EntryCodec {
  readonly rows = new BytesHeap()
  times = new Float64Array(64)
  kinds = new Uint8Array(64)
  keyIsNull = new Uint8Array(64)
  sequences = new Float64Array(64)
  readonly pending = new TimeHeap()
  readonly #schema: Schema
  nextSequence = 0

  constructor(schema: Schema) {
    this.#schema = schema
  }

  ensure(capacity: number): void {
    if (this.times.length >= capacity) return
    const { times, kinds, keyIsNull, sequences } = this
    this.times = new Float64Array(capacity)
    this.times.set(times)
    this.kinds = new Uint8Array(capacity)
    this.kinds.set(kinds)
    this.keyIsNull = new Uint8Array(capacity)
    this.keyIsNull.set(keyIsNull)
    this.sequences = new Float64Array(capacity)
    this.sequences.set(sequences)
  }
  reset(entry: number): void {
    this.rows.clear(entry)
  }
  encode(entry: number, writer: ByteWriter): void {
    writer.uint8(this.kinds[entry]! | (this.keyIsNull[entry]! << 7))
    writer.float64(this.times[entry]!)
    writer.raw(this.rows.get(entry))
  }
  decode(entry: number, reader: ByteReader): void {
    const flags = reader.uint8()
    this.kinds[entry] = flags & 127
    this.keyIsNull[entry] = flags >> 7
    this.times[entry] = reader.float64()
    this.rows.put(entry, reader.take(reader.remaining))
  }
  *forget(slot: StateSlot, erasure: Erasure): Steps {
    const found = erasure.among(this.#schema, slot.owners)
    const { rows } = this
    yield* slot.lookThrough((entry) =>
      found.add(entry, (columns) => appendRow(columns, new ByteReader(rows.bytes, rows.start(entry), rows.end(entry)))),
    )
    for (const entry of found.finish()) {
      rows.wipe(entry)
      slot.forget(entry)
    }
    this.pending.clear()
    this.restored(slot)
  }
  restored(slot: StateSlot): void {
    const { table } = slot
    slot.forEach((entry) => {
      const sequence = suffixOf(table.words, table.starts[entry]! + table.lengths[entry]!)
      this.sequences[entry] = sequence
      this.pending.push(this.times[entry]!, sequence, entry)
      this.nextSequence = Math.max(this.nextSequence, sequence + 1)
    })
  }
}

/** undefined: no version holds; null: the key has no row from that time on. */
type VersionRow = Uint8Array | null | undefined

/** Versions of each right key, ascending by time, as they are stored: count, then per version time, size + 1 (0: no row), row. */
class VersionedRows implements EntryCodec {
  readonly #lists = new BytesHeap()
  /** Times at which the watermark may make older versions of an entry useless. */
  readonly cleanups = new TimeHeap()
  readonly #scratch = new ByteWriter(256)
  readonly #schema: Schema
  readonly #keys: readonly number[]

  /** @param keys the columns of the key, which stays when only "no row" is left of it */
  constructor(schema: Schema, keys: readonly number[]) {
    this.#schema = schema
    this.#keys = keys
  }

  ensure(): void {}
  reset(entry: number): void {
    this.#lists.clear(entry)
  }
  encode(entry: number, writer: ByteWriter): void {
    writer.raw(this.#lists.get(entry))
  }
  decode(entry: number, reader: ByteReader): void {
    this.#lists.put(entry, reader.take(reader.remaining))
  }
  restored(slot: StateSlot): void {
    slot.forEach((entry) => {
      for (const { time } of this.#read(entry).slice(1)) this.cleanups.push(time, 0, entry)
    })
  }

  *forget(slot: StateSlot, erasure: Erasure): Steps {
    const found = erasure.among(this.#schema, slot.owners)
    const places: { readonly entry: number; readonly time: number }[] = []
    yield* slot.lookThrough((entry) => {
      for (const { time, row } of this.#read(entry))
        if (row) found.add(places.push({ entry, time }) - 1, (columns) => appendRow(columns, new ByteReader(row)))
    })
    const times = new Map<number, number[]>()
    for (const place of found.finish()) {
      const { entry, time } = places[place]!
      const list = times.get(entry)
      if (list) list.push(time)
      else times.set(entry, [time])
    }
    const isKeySealed = slot.owners.some(({ columns }) => columns.some((column) => this.#keys.includes(column)))
    for (const [entry, gone] of times) this.#forgetVersions(slot, entry, gone, isKeySealed)
  }

  #forgetVersions(slot: StateSlot, entry: number, times: readonly number[], isKeySealed: boolean): void {
    // Copied: what is wiped next is what these are views of.
    const left = this.#read(entry).flatMap(({ time, row }) =>
      times.includes(time) ? [] : [{ time, row: row && row.slice() }],
    )
    this.#lists.wipe(entry)
    if (left.length === 0 || (isKeySealed && left.every(({ row }) => row === null))) return slot.forget(entry)
    this.#write(entry, left)
    slot.touch(entry)
  }

  /** Views of the heap, valid until the next change. */
  #read(entry: number): { time: number; row: Uint8Array | null }[] {
    const list: { time: number; row: Uint8Array | null }[] = []
    if (this.#lists.length(entry) < 0) return list
    const reader = this.#reader(entry)
    for (let left = reader.uvarint(); left > 0; left--) list.push({ time: reader.float64(), row: takeRow(reader) })
    return list
  }

  #reader(entry: number): ByteReader {
    return new ByteReader(this.#lists.bytes, this.#lists.start(entry), this.#lists.end(entry))
  }

  #write(entry: number, list: readonly { time: number; row: Uint8Array | null }[]): void {
    const writer = this.#scratch
    writer.reset()
    writer.uvarint(list.length)
    for (const { time, row } of list) {
      writer.float64(time)
      writer.uvarint(row === null ? 0 : row.length + 1)
      if (row) writer.raw(row)
    }
    this.#lists.put(entry, writer.finish())
  }

  put(entry: number, time: number, row: Uint8Array | null): void {
    const list = this.#read(entry)
    let at = list.length
    while (at > 0 && list[at - 1]!.time > time) at--
    const replaces = at > 0 && list[at - 1]!.time === time
    list.splice(replaces ? at - 1 : at, replaces ? 1 : 0, { time, row })
    this.#write(entry, list)
    if (list.length > 1) this.cleanups.push(Math.max(time, list[1]!.time), 0, entry)
  }

  /** The row of the version that holds at `time`: a view, valid until the next change. */
  at(entry: number, time: number): VersionRow {
    let found: VersionRow
    if (this.#lists.length(entry) < 0) return found
    const reader = this.#reader(entry)
    for (let left = reader.uvarint(); left > 0 && reader.float64() <= time; left--) found = takeRow(reader)
    return found
  }

  /** Forgets the versions before the one that holds at `time`. @returns true when there were any */
  forgetBefore(entry: number, time: number): boolean {
    const list = this.#read(entry)
    const index = list.findLastIndex((version) => version.time <= time)
    if (index <= 0) return false
    this.#write(entry, list.slice(index))
    return true
  }
}

function takeRow(reader: ByteReader): Uint8Array | null {
  const size = reader.uvarint()
  return size === 0 ? null : reader.take(size - 1)
}

/** Ports: 0 left, 1 right. */
export function createTemporalJoin(
  node: TemporalJoinNode,
  context: OperatorContext,
  output: Output,
): readonly [Output, Output] {
  const join = new TemporalJoin(node, context, output)
  return [
    { batch: (batch) => join.left(batch), watermark: (ms) => join.watermark(0, ms) },
    { batch: (batch) => join.right(batch), watermark: (ms) => join.watermark(1, ms) },
  ]
}

class TemporalJoin {
  readonly #node: TemporalJoinNode
  readonly #context: OperatorContext
  readonly #output: Output
  readonly #emitter: Emitter
  readonly #leftKeys
  readonly #rightKeys
  readonly #waiting: WaitingRows
  readonly #versioned: VersionedRows
  readonly #left: StateSlot
  readonly #right: StateSlot
  readonly #watermarks = new WatermarkMerge(2)
  readonly #scratch = new ByteWriter(256)
  readonly #condition: ((batch: Batch) => Uint8Array) | null
  #times: Float64Array = new Float64Array(0)
  #sequences = new Float64Array(0)

  constructor(node: TemporalJoinNode, context: OperatorContext, output: Output) {
    this.#node = node
    this.#context = context
    this.#output = output
    this.#waiting = new WaitingRows(node.left.schema)
    this.#versioned = new VersionedRows(node.right.schema, node.rightKeys)
    this.#condition = node.condition ? compileFilter(node.condition, node.schema) : null
    this.#emitter = new Emitter(
      node.schema,
      this.#condition ? { batch: (batch) => this.#checked(batch), watermark() {} } : output,
    )
    this.#leftKeys = createKeyEncoder(
      node.left.schema.fields.map((f) => f.type),
      [node.leftKeys],
      true,
    )
    this.#rightKeys = createKeyEncoder(
      node.right.schema.fields.map((f) => f.type),
      [node.rightKeys],
    )
    this.#left = context.openSlot(node.slots[0], 1, this.#waiting)
    this.#right = context.openSlot(node.slots[1], 1, this.#versioned)
  }

  left(batch: Batch): void {
    const waiting = this.#waiting
    const { pending, rows } = waiting
    const count = batch.rowCount
    if (this.#sequences.length < count) this.#sequences = new Float64Array(count)
    for (let r = 0; r < count; r++) this.#sequences[r] = waiting.nextSequence++
    const keys = this.#leftKeys.encode(batch, this.#sequences)
    this.#times = timesMs(batch.columns[this.#node.leftTime]!, count, this.#times)
    for (let r = 0; r < count; r++) {
      const time = this.#times[r]!
      if (Number.isNaN(time))
        throw nullTime(this.#context.pipeline, this.#node.left.schema, this.#node.leftTime, 'TemporalJoin, left')
      const entry = this.#left.findOrAdd(keys, r)
      this.#scratch.reset()
      encodeRow(this.#scratch, batch.columns, r)
      rows.put(entry, this.#scratch.finish())
      waiting.times[entry] = time
      waiting.kinds[entry] = batch.kinds ? batch.kinds[r]! : changeKind.insert
      waiting.keyIsNull[entry] = keys.nulls[r]!
      waiting.sequences[entry] = this.#sequences[r]!
      pending.push(time, this.#sequences[r]!, entry)
    }
  }

  right(batch: Batch): void {
    const count = batch.rowCount
    const keys = this.#rightKeys.encode(batch)
    this.#times = timesMs(batch.columns[this.#node.rightTime]!, count, this.#times)
    for (let r = 0; r < count; r++) {
      const kind = batch.kinds ? batch.kinds[r]! : changeKind.insert
      if (kind === changeKind.updateBefore || keys.nulls[r] === 1) continue
      const time = this.#times[r]!
      if (Number.isNaN(time))
        throw nullTime(this.#context.pipeline, this.#node.right.schema, this.#node.rightTime, 'TemporalJoin, right')
      const entry = this.#right.findOrAdd(keys, r)
      this.#right.touch(entry)
      if (kind === changeKind.delete) this.#versioned.put(entry, time, null)
      else {
        this.#scratch.reset()
        encodeRow(this.#scratch, batch.columns, r)
        this.#versioned.put(entry, time, this.#scratch.finish())
      }
    }
  }

  watermark(port: number, ms: number): void {
    if (!this.#watermarks.update(port, ms)) return
    const { current } = this.#watermarks
    if (this.#context.isRecovering()) return this.#output.watermark(current)
    const { pending, sequences } = this.#waiting
    const due: number[] = []
    while (pending.size > 0 && pending.time <= current) {
      due.push(pending.entry)
      pending.pop()
    }
    due.sort((a, b) => sequences[a]! - sequences[b]!)
    for (const entry of due) this.#emit(entry)
    this.#emitter.flush()
    this.#cleanUp(current)
    this.#output.watermark(current)
  }

  #emit(entry: number): void {
    const { rows, times, kinds, keyIsNull } = this.#waiting
    const row = keyIsNull[entry] === 1 ? null : this.#versionFor(entry, times[entry]!)
    const kind = kinds[entry] as ChangeKind
    const { columns } = this.#emitter.builder
    const leftCount = this.#node.left.schema.fields.length
    if (row || this.#node.joinType === 'left') {
      appendRow(columns.slice(0, leftCount), new ByteReader(rows.bytes, rows.start(entry), rows.end(entry)))
      if (row) appendRow(columns.slice(leftCount), new ByteReader(row))
      else for (let c = leftCount; c < columns.length; c++) columns[c]!.appendNull()
      this.#emitter.endRow(kind)
    }
    this.#left.remove(entry)
  }

  /** The right row for a waiting left row; null when there is none. */
  #versionFor(entry: number, time: number): Uint8Array | null {
    const { words, starts, lengths } = this.#left.table
    const from = starts[entry]!
    // The join key is all but the sequence at the end.
    const to = from + lengths[entry]! - 2
    const right = this.#right.table.find(words, from, to, hashWords(words, from, to))
    if (right < 0 || !this.#right.isLive(right)) return null
    return this.#versioned.at(right, time) ?? null
  }

  #cleanUp(watermark: number): void {
    const { cleanups } = this.#versioned
    while (cleanups.size > 0 && cleanups.time <= watermark) {
      const { entry } = cleanups
      cleanups.pop()
      if (this.#right.isLive(entry) && this.#versioned.forgetBefore(entry, watermark)) this.#right.touch(entry)
    }
  }

  /** Rows whose condition is not TRUE lose their right side, or go. */
  #checked(batch: Batch): void {
    const mask = this.#condition!(batch)
    const leftCount = this.#node.left.schema.fields.length
    const out = new Emitter(this.#node.schema, this.#output)
    for (let r = 0; r < batch.rowCount; r++) {
      const holds = (mask[r >> 3]! & (1 << (r & 7))) !== 0
      if (!holds && this.#node.joinType !== 'left') continue
      out.builder.columns.forEach((column, c) => {
        if (c < leftCount || holds) column.appendFrom(batch.columns[c]!, r)
        else column.appendNull()
      })
      out.endRow((batch.kinds ? batch.kinds[r]! : changeKind.insert) as ChangeKind)
    }
    out.flush()
  }
}
