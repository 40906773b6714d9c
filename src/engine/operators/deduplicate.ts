// Keep-first and keep-last per key (ROW_NUMBER() = 1).
// Keep-first by event time emits a key's earliest row once, when the watermark reaches its time: nothing earlier can come
// any more, since rows below the watermark are dropped as late; so the output is append-only and leaves in the order of
// time. Ties keep the row that came first. This is Flink 2.3's RowTimeDeduplicateKeepFirstRowFunction.
// Keep-last by event time emits at once, +I then updates; a tie takes the newcomer (RowTimeDeduplicateFunction).
// When the order column is not the input's event time, arrival decides.
import { assert, ByteReader, ByteWriter } from '../../base/index.ts'
import { changeKind, type Batch, type Schema } from '../../model/index.ts'
import type { PlanNode, SlotOwner } from '../../sql/index.ts'
import { appendKey, createKeyEncoder } from '../rows/binary-row.ts'
import { appendRow, encodeRow } from '../rows/row-codec.ts'
import {
  BytesHeap,
  extended,
  TimeHeap,
  type EntryCodec,
  type Erasure,
  type StateSlot,
  type Steps,
} from '../state/index.ts'
import { Emitter, nullTime, timesMs, type OperatorContext, type Output } from './operator.ts'

type DeduplicateNode = Extract<PlanNode, { kind: 'Deduplicate' }>

/**
 * The state of a key: a row with its time; for keep-first, whether it was emitted (then the row is gone). Rows and times lie
 * by place, not by entry: of the keys that keep-first has emitted, which are nearly all, only a flag is left.
 */
class RowByKey implements EntryCodec {
  readonly rows = new BytesHeap()
  emitted = new Uint8Array(64)
  /** By place. */
  times = new Float64Array(64)
  sequences = new Float64Array(64)
  /** Rows that wait for the watermark; only keep-first by time has them. */
  readonly pending = new TimeHeap()
  readonly #waits: boolean
  readonly #schema: Schema
  readonly #keys: readonly number[]
  nextSequence = 0
  /** By entry: its place plus one, 0 when it holds no row. */
  #places = new Int32Array(64)
  #placeEnd = 0
  readonly #free: number[] = []

  /** @param node whose rows these are */
  constructor(waits: boolean, { input, keys }: DeduplicateNode) {
    this.#waits = waits
    this.#schema = input.schema
    this.#keys = keys
  }

  ensure(capacity: number): void {
    if (this.emitted.length >= capacity) return
    this.emitted = extended(this.emitted, new Uint8Array(capacity))
    this.#places = extended(this.#places, new Int32Array(capacity))
  }
  reset(entry: number): void {
    this.release(entry)
    this.emitted[entry] = 0
  }

  /** Where the entry's row lies, or -1. */
  placeOf(entry: number): number {
    return this.#places[entry]! - 1
  }
  /** Replaces the entry's row. @returns its place */
  hold(entry: number, time: number, sequence: number, row: Uint8Array): number {
    let place = this.placeOf(entry)
    if (place < 0) {
      place = this.#free.pop() ?? this.#placeEnd++
      this.#places[entry] = place + 1
      if (place >= this.times.length) {
        this.times = extended(this.times, new Float64Array(this.times.length * 2))
        this.sequences = extended(this.sequences, new Float64Array(this.sequences.length * 2))
      }
    }
    this.times[place] = time
    this.sequences[place] = sequence
    this.rows.put(place, row)
    return place
  }
  /** Forgets the entry's row. */
  release(entry: number): void {
    const place = this.placeOf(entry)
    if (place < 0) return
    this.#places[entry] = 0
    this.rows.clear(place)
    this.#free.push(place)
  }
  readerAt(place: number): ByteReader {
    return new ByteReader(this.rows.bytes, this.rows.start(place), this.rows.end(place))
  }

  encode(entry: number, writer: ByteWriter): void {
    writer.uint8(this.emitted[entry]!)
    const place = this.placeOf(entry)
    if (place < 0) return
    writer.float64(this.times[place]!)
    writer.int64FromNumber(this.sequences[place]!)
    writer.raw(this.rows.get(place))
  }
  decode(entry: number, reader: ByteReader): void {
    this.emitted[entry] = reader.uint8()
    if (reader.remaining === 0) return
    this.hold(entry, reader.float64(), reader.int64AsNumber(), reader.take(reader.remaining))
  }
  *forget(slot: StateSlot, erasure: Erasure): Steps {
    const rows = erasure.among(this.#schema, slot.owners)
    // Of a row that has gone on its key stays: it is somebody's only where the key was sealed.
    const keySchema = { fields: this.#keys.map((key) => this.#schema.fields[key]!) }
    const keys = erasure.among(keySchema, ownersOfKeys(slot.owners, this.#keys))
    const { table } = slot
    yield* slot.lookThrough((entry) => {
      const place = this.placeOf(entry)
      if (place >= 0) rows.add(entry, (columns) => appendRow(columns, this.readerAt(place)))
      else if (!keys.isIdle) keys.add(entry, (columns) => appendKey(columns, table.words, table.starts[entry]!))
    })
    for (const entry of [...rows.finish(), ...keys.finish()]) {
      const place = this.placeOf(entry)
      if (place >= 0) this.rows.wipe(place)
      slot.forget(entry)
    }
  }
  restored(slot: { forEach(visit: (entry: number) => void): void }): void {
    if (!this.#waits) return
    slot.forEach((entry) => {
      const place = this.placeOf(entry)
      if (place < 0) return
      this.pending.push(this.times[place]!, this.sequences[place]!, entry)
      this.nextSequence = Math.max(this.nextSequence, this.sequences[place]! + 1)
    })
  }
}

/** Of a row's owners those that its key tells of, by the key's columns. */
function ownersOfKeys(owners: readonly SlotOwner[], keys: readonly number[]): SlotOwner[] {
  return owners.flatMap((owner) => {
    const columns = owner.columns.flatMap((column) => (keys.includes(column) ? [keys.indexOf(column)] : []))
    if (columns.length === 0) return []
    const subject = owner.subject?.map((part) => (typeof part === 'string' ? part : keys.indexOf(part))) ?? null
    return subject?.includes(-1) ? [] : [{ ...owner, columns, subject }]
  })
}

export function createDeduplicate(node: DeduplicateNode, context: OperatorContext, output: Output): Output {
  if (node.keep === 'last') return keepLast(node, context, output)
  return node.input.rowtime === node.order
    ? keepFirstByTime(node, context, output)
    : keepFirstByArrival(node, context, output)
}

function keepFirstByTime(node: DeduplicateNode, context: OperatorContext, output: Output): Output {
  const { schema } = node.input
  const keyEncoder = createKeyEncoder(
    schema.fields.map((f) => f.type),
    [node.keys],
  )
  const state = new RowByKey(true, node)
  const slot = context.openSlot(node.slot, 1, state)
  const emitter = new Emitter(node.schema, output)
  const scratch = new ByteWriter(256)
  let times: Float64Array = new Float64Array(0)
  let watermark = -Infinity

  const take = (batch: Batch): void => {
    const keys = keyEncoder.encode(batch)
    times = timesMs(batch.columns[node.order]!, batch.rowCount, times)
    let late = 0
    for (let r = 0; r < batch.rowCount; r++) {
      const time = times[r]!
      if (Number.isNaN(time)) throw nullTime(context.pipeline, schema, node.order, 'Deduplicate')
      if (time < watermark) {
        late++
        continue
      }
      const entry = slot.findOrAdd(keys, r)
      if (!slot.added && (state.emitted[entry] === 1 || time >= state.times[state.placeOf(entry)]!)) continue
      scratch.reset()
      encodeRow(scratch, batch.columns, r)
      state.hold(entry, time, state.nextSequence, scratch.finish())
      state.pending.push(time, state.nextSequence++, entry)
      slot.touch(entry)
    }
    if (late > 0) context.count('late', late)
  }

  return {
    batch(batch) {
      assert(
        batch.kinds === null || batch.kinds.every((kind) => kind === changeKind.insert),
        'Deduplicate by event time reads inserts only',
      )
      take(batch)
    },
    watermark(ms) {
      watermark = ms
      const { pending } = state
      while (pending.size > 0 && pending.time <= ms && !context.isRecovering()) {
        const { entry, sequence } = pending
        pending.pop()
        const place = state.placeOf(entry)
        if (place < 0 || state.sequences[place] !== sequence) continue
        appendRow(emitter.builder.columns, state.readerAt(place))
        emitter.endRow(changeKind.insert)
        state.release(entry)
        state.emitted[entry] = 1
        slot.touch(entry)
      }
      emitter.flush()
      output.watermark(ms)
    },
  }
}

function keepFirstByArrival(node: DeduplicateNode, context: OperatorContext, output: Output): Output {
  const keyEncoder = createKeyEncoder(
    node.input.schema.fields.map((f) => f.type),
    [node.keys],
  )
  const slot = context.openSlot(node.slot, 1, new RowByKey(false, node))
  const emitter = new Emitter(node.schema, output)
  return {
    batch(batch) {
      assert(
        batch.kinds === null || batch.kinds.every((kind) => kind === changeKind.insert),
        'Deduplicate by arrival reads inserts only',
      )
      const keys = keyEncoder.encode(batch)
      for (let r = 0; r < batch.rowCount; r++) {
        slot.findOrAdd(keys, r)
        if (!slot.added) continue
        for (let c = 0; c < batch.columns.length; c++) emitter.builder.columns[c]!.appendFrom(batch.columns[c]!, r)
        emitter.endRow(changeKind.insert)
      }
      emitter.flush()
    },
    watermark: (ms) => output.watermark(ms),
  }
}

function keepLast(node: DeduplicateNode, context: OperatorContext, output: Output): Output {
  const { schema } = node.input
  const byTime = node.input.rowtime === node.order
  const keyEncoder = createKeyEncoder(
    schema.fields.map((f) => f.type),
    [node.keys],
  )
  const state = new RowByKey(false, node)
  const slot = context.openSlot(node.slot, 1, state)
  const emitter = new Emitter(node.schema, output)
  const scratch = new ByteWriter(256)
  let times: Float64Array = new Float64Array(0)
  return {
    batch(batch) {
      assert(
        batch.kinds === null || batch.kinds.every((kind) => kind === changeKind.insert),
        'Deduplicate keep-last reads inserts only',
      )
      const keys = keyEncoder.encode(batch)
      if (byTime) times = timesMs(batch.columns[node.order]!, batch.rowCount, times)
      for (let r = 0; r < batch.rowCount; r++) {
        const time = byTime ? times[r]! : 0
        if (Number.isNaN(time)) throw nullTime(context.pipeline, schema, node.order, 'Deduplicate')
        const entry = slot.findOrAdd(keys, r)
        const isNew = slot.added
        const place = state.placeOf(entry)
        if (!isNew && time < state.times[place]!) continue
        if (!isNew && node.changelog !== 'upsert') {
          appendRow(emitter.builder.columns, state.readerAt(place))
          emitter.endRow(changeKind.updateBefore)
        }
        for (let c = 0; c < batch.columns.length; c++) emitter.builder.columns[c]!.appendFrom(batch.columns[c]!, r)
        emitter.endRow(isNew ? changeKind.insert : changeKind.updateAfter)
        scratch.reset()
        encodeRow(scratch, batch.columns, r)
        state.hold(entry, time, 0, scratch.finish())
        slot.touch(entry)
      }
      emitter.flush()
    },
    watermark: (ms) => output.watermark(ms),
  }
}
