// What must hold of a node, over everything that clients asked and were answered through its protocol: acknowledged records
// are there once, at their offsets, in order and without a gap; what a consumer saw stays; a transaction is seen whole or
// not at all, over partitions and its group's offsets; committed offsets never go back.
import {
  decodeRecords,
  decompressRecords,
  readRecordBatchHeader,
  recordKey,
  recordValue,
  type RecordBatchHeader,
} from '../src/model/index.ts'
import { coordinatorPartition, decodeOffsetRecord, offsetsTopic, type LogReader } from '../src/log/index.ts'
import type { Format } from './node-governor.ts'

export const plainTopic = { name: 'plain', partitionCount: 2 } as const
export const ledgerTopic = { name: 'ledger', partitionCount: 2 } as const

/** What is known of a transaction's end: 'unknown' when a commit was asked for and no answer came. */
export type End = 'open' | 'committed' | 'aborted' | 'unknown'

export interface Transaction {
  readonly values: { readonly partition: number; readonly value: string }[]
  /** Of its group, which has the producer's name. */
  offset: number | undefined
  end: End
}

interface View {
  /** By offset. */
  readonly values: Map<number, string>
  readonly end: number
}

export function check(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(message)
}

const placeOf = (topic: string, partition: number): string => `${topic}-${partition}`
const readBytes = 2000

export class NodeChecker {
  readonly #known = new Map<string, Map<number, string>>()
  readonly #transactions = new Map<string, Transaction[]>()
  /** Seen by consumers that read committed records only. */
  readonly #seenCommitted = new Set<string>()
  /** By place: up to where records were asked to be deleted, and are. */
  readonly #trims = new Map<string, { asked: number; done: number }>()
  /** By group, then place: acknowledged, or seen. */
  readonly #offsets = new Map<string, Map<string, number>>()
  /** Values that were refused: nobody ever sees them. */
  readonly #forbidden = new Set<string>()
  /** By place and first offset: how batches were to be stored. */
  readonly #formats = new Map<string, Format>()
  /** Topics that are there for sure. */
  readonly made = new Set<string>()
  acknowledged = 0
  readonly counts = { committed: 0, aborted: 0, unknown: 0, consumed: 0, repeated: 0 }

  noteAcknowledged(topic: string, partition: number, baseOffset: number, values: readonly string[]): void {
    values.forEach((value, i) => this.#note(topic, partition, baseOffset + i, value))
    this.acknowledged += values.length
  }

  noteSeen(topic: string, partition: number, record: { offset: number; value: string; committed: boolean }): void {
    this.#note(topic, partition, record.offset, record.value)
    if (record.committed) this.#seenCommitted.add(record.value)
    this.counts.consumed++
  }

  noteForbidden(value: string): void {
    this.#forbidden.add(value)
  }

  noteFormat(topic: string, partition: number, baseOffset: number, format: Format): void {
    this.#formats.set(`${placeOf(topic, partition)} ${baseOffset}`, format)
  }

  /** @returns whether it is known how this batch was to be stored; it is so */
  checkFormat(topic: string, partition: number, header: RecordBatchHeader): boolean {
    const { baseOffset, compression, logAppendTime } = header
    const what = `${placeOf(topic, partition)} ${baseOffset}`
    const format = this.#formats.get(what)
    if (!format) return false
    check(compression === format.compression, `${what} is in codec ${compression} instead of ${format.compression}`)
    check(logAppendTime === format.logAppendTime, `${what} has the log's time: ${logAppendTime}`)
    return true
  }

  #note(topic: string, partition: number, offset: number, value: string): void {
    check(!this.#forbidden.has(value), `${placeOf(topic, partition)} has ${value} at ${offset}, which was refused`)
    const place = placeOf(topic, partition)
    const known = this.#known.get(place) ?? new Map<number, string>()
    this.#known.set(place, known)
    const before = known.get(offset)
    check(before === undefined || before === value, `${place} has ${value} at ${offset}, where ${before} was`)
    known.set(offset, value)
  }

  /** What is known to be there, by offset. */
  known(topic: string, partition: number): ReadonlyMap<number, string> {
    return this.#known.get(placeOf(topic, partition)) ?? new Map<number, string>()
  }

  /** @returns the highest offset that is known there, or -1 */
  lastKnown(topic: string, partition: number): number {
    return Math.max(-1, ...(this.#known.get(placeOf(topic, partition))?.keys() ?? []))
  }

  /** @param isDone it was answered; else it may happen from now on */
  noteTrim(topic: string, partition: number, before: number, isDone: boolean): void {
    const place = placeOf(topic, partition)
    const { asked, done } = this.#trims.get(place) ?? { asked: 0, done: 0 }
    this.#trims.set(place, { asked: Math.max(asked, before), done: isDone ? Math.max(done, before) : done })
  }

  /** Up to where records are deleted for sure. */
  trimmedTo(topic: string, partition: number): number {
    return this.#trims.get(placeOf(topic, partition))?.done ?? 0
  }

  /** Where a partition begins, as somebody was told. @param done for sure when that was asked */
  checkStart(topic: string, partition: number, start: number, done: number): void {
    const place = placeOf(topic, partition)
    const asked = this.#trims.get(place)?.asked ?? 0
    check(start >= done && start <= asked, `${place} begins at ${start}; it was cut to ${done}, and asked to ${asked}`)
  }

  beginTransaction(by: string): { number: number; transaction: Transaction } {
    const all = this.#transactions.get(by) ?? []
    this.#transactions.set(by, all)
    const transaction: Transaction = { values: [], offset: undefined, end: 'open' }
    return { number: all.push(transaction) - 1, transaction }
  }

  noteEnd(transaction: Transaction, end: End): void {
    if (transaction.end === end) return
    check(transaction.end === 'open' || transaction.end === 'unknown', `a ${transaction.end} transaction is now ${end}`)
    transaction.end = end
    if (end !== 'open') this.counts[end]++
  }

  /** @returns the offset that a group must be told at least, if it asks from now on */
  committedOffset(group: string, topic: string, partition: number): number {
    return this.#offsets.get(group)?.get(placeOf(topic, partition)) ?? -1
  }

  noteOffset(group: string, topic: string, partition: number, offset: number): void {
    const offsets = this.#offsets.get(group) ?? new Map<string, number>()
    this.#offsets.set(group, offsets)
    const place = placeOf(topic, partition)
    offsets.set(place, Math.max(offset, offsets.get(place) ?? -1))
  }

  /** Everything, against the log as it is after a start. */
  checkAll(reader: LogReader): void {
    for (const { name, partitionCount } of [plainTopic, ledgerTopic]) {
      for (let i = 0; i < partitionCount; i++) this.#checkPartition(reader, name, i)
    }
    this.#checkTransactions(reader)
    this.#checkOffsets(reader)
  }

  #checkPartition(reader: LogReader, topic: string, partition: number): void {
    const place = placeOf(topic, partition)
    const known = this.#known.get(place) ?? new Map<number, string>()
    if (!reader.topic(topic)) return check(known.size === 0, `topic ${topic} is gone`)
    const { values, end } = readView(reader, topic, partition, false)
    const start = reader.startOffset(topic, partition)
    this.checkStart(topic, partition, start, this.trimmedTo(topic, partition))
    for (const [offset, value] of known) {
      if (offset < start) continue
      check(offset < end, `${place} ends at ${end}, though ${value} is at ${offset}`)
      check(values.get(offset) === value, `${place} has ${values.get(offset)} at ${offset} instead of ${value}`)
    }
    const last = new Map<string, number>()
    for (const [offset, value] of values) {
      const { by, number } = parseValue(value)
      if (offset < start) continue
      const before = last.get(by) ?? (start === 0 ? -1 : undefined)
      const isNext = before === undefined || (topic === plainTopic.name ? number === before + 1 : number > before)
      check(isNext, `${place} has ${value} at ${offset} after number ${before}`)
      last.set(by, number)
      this.#note(topic, partition, offset, value)
    }
  }

  #checkTransactions(reader: LogReader): void {
    const topic = ledgerTopic.name
    if (!reader.topic(topic)) return
    const all = Array.from({ length: ledgerTopic.partitionCount }, (_, i) => readView(reader, topic, i, false))
    const committed = Array.from({ length: ledgerTopic.partitionCount }, (_, i) => readView(reader, topic, i, true))
    const visible = new Set(committed.flatMap(({ values }) => [...values.values()]))
    // Below the last stable offset everything is decided.
    const decided = new Set<string>()
    all.forEach(({ values }, i) => {
      for (const [offset, value] of values) if (offset < committed[i]!.end) decided.add(value)
    })
    for (const [by, transactions] of this.#transactions) {
      transactions.forEach((one, number) => {
        const values = one.values.map(({ value }) => value)
        const known = values.filter((value) => decided.has(value))
        const seen = known.filter((value) => visible.has(value) || this.#seenCommitted.has(value))
        const what = `transaction ${number} of ${by} (${one.end})`
        if (one.end === 'committed')
          check(seen.length === known.length, `${what} is not whole: ${seen.join()} of ${known.join()}`)
        else if (one.end === 'unknown')
          check(seen.length === 0 || seen.length === known.length, `${what} is torn: ${seen.join()} of ${known.join()}`)
        else check(seen.length === 0, `${what} is seen: ${seen.join()}`)
      })
    }
  }

  #checkOffsets(reader: LogReader): void {
    if (!reader.topic(offsetsTopic.name)) return check(this.#offsets.size === 0, 'the topic of offsets is gone')
    for (const [group, offsets] of this.#offsets) {
      const stored = storedOffsets(reader, group)
      for (const [place, least] of offsets) {
        const now = stored.get(place) ?? -1
        check(now >= least || !isStable(reader, group), `${group} is at ${now} of ${place}, and was at ${least}`)
      }
    }
    for (const [by, transactions] of this.#transactions) {
      const now = storedOffsets(reader, by).get(placeOf(plainTopic.name, 0))
      if (now === undefined) continue
      const one = transactions.findLast(({ offset }) => offset === now)
      const what = `${by} has offset ${now}`
      check(one !== undefined, `${what}, which nobody committed`)
      check(one.end === 'committed' || one.end === 'unknown', `${what} of a transaction that is ${one.end}`)
      const before = this.committedOffset(by, plainTopic.name, 0)
      check(now >= before || !isStable(reader, by), `${what} after ${before}`)
      this.noteOffset(by, plainTopic.name, 0, now)
    }
  }
}

/** 'a#12': whose record, and its number there. */
export function parseValue(value: string): { by: string; number: number } {
  const at = value.lastIndexOf('#')
  return { by: value.slice(0, at), number: Number(value.slice(at + 1)) }
}

/** A partition's records; batches must follow one another without a gap. @param committed up to the last stable offset */
export function readView(reader: LogReader, topic: string, partition: number, committed: boolean): View {
  const end = committed ? reader.endOffset(topic, partition) : reader.highWatermark(topic, partition)
  const values = new Map<number, string>()
  const start = reader.startOffset(topic, partition)
  let offset = start
  while (offset < end) {
    const bytes = committed
      ? reader.read(topic, partition, offset, readBytes)
      : reader.readUncommitted(topic, partition, offset, readBytes)
    check(bytes.length > 0, `${topic}-${partition} has nothing at ${offset}, below its end ${end}`)
    for (let at = 0; at < bytes.length;) {
      const records = decodeRecords(bytes, at, decompressRecords)
      const { baseOffset, lastOffsetDelta, size, control } = records.header
      // Records are deleted up to the middle of a batch, too.
      check(
        baseOffset === offset || offset === start,
        `${topic}-${partition} goes on at ${baseOffset} instead of ${offset}`,
      )
      for (let i = 0; i < records.count && !control; i++)
        values.set(records.offsets[i]!, Buffer.from(recordValue(records, i)!).toString())
      offset = baseOffset + lastOffsetDelta + 1
      at += size
    }
  }
  return { values, end }
}

function offsetsPlace(reader: LogReader, group: string): number {
  return coordinatorPartition(group, reader.partitionCount(offsetsTopic.name)!)
}

const isStable = (reader: LogReader, group: string): boolean => {
  const place = offsetsPlace(reader, group)
  return reader.endOffset(offsetsTopic.name, place) === reader.highWatermark(offsetsTopic.name, place)
}

/** A group's committed offsets as the topic of offsets has them, by place. */
function storedOffsets(reader: LogReader, group: string): Map<string, number> {
  const stored = new Map<string, number>()
  const place = offsetsPlace(reader, group)
  const end = reader.endOffset(offsetsTopic.name, place)
  for (let offset = reader.startOffset(offsetsTopic.name, place); offset < end;) {
    const bytes = reader.read(offsetsTopic.name, place, offset, readBytes)
    if (bytes.length === 0) break
    for (let at = 0; at < bytes.length;) {
      const records = decodeRecords(bytes, at)
      for (let i = 0; i < records.count && !records.header.control; i++) {
        const one = decodeOffsetRecord(recordKey(records, i)!, recordValue(records, i))
        if (one?.group === group) stored.set(placeOf(one.topic, one.partition), one.commit?.offset ?? -1)
      }
      const header = readRecordBatchHeader(bytes, at)
      offset = header.baseOffset + header.lastOffsetDelta + 1
      at += header.size
    }
  }
  return stored
}
