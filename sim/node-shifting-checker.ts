// What must hold of a topic that is deleted and made again under its name: each making is a topic of its own, known by its id.
// What was acknowledged for an id is in that topic, at its offset, until its deletion was asked for; nothing of one topic is
// ever in another (no record, no committed offset); what was deleted never comes back.
import type { LogReader } from '../src/log/index.ts'
import { check, parseValue, readView, type Transaction } from './node-checker.ts'

export const shiftingName = 'shifting'

/** In the first partition, written in a transaction that has records elsewhere. */
interface TransactionRecord {
  readonly transaction: Transaction
  readonly offset: number
  readonly value: string
}

/** One making of the topic. */
export interface Incarnation {
  readonly id: string
  /** As acknowledged; the most that were asked for. */
  partitions: number
  partitionsMax: number
  /** 'going' from when its deletion was asked for. */
  state: 'there' | 'going' | 'gone'
  /** By partition, then offset. */
  readonly records: Map<number, Map<number, string>>
  readonly inTransactions: TransactionRecord[]
  /** By group and partition: committed for sure, and at most. */
  readonly offsets: Map<string, { least: number; most: number }>
}

/** What a record was meant for: a topic's id, or whoever has the name. */
export const targetOf = (value: string): string => value.slice(value.lastIndexOf('@') + 1)

export class ShiftingChecker {
  readonly #byId = new Map<string, Incarnation>()
  /** The last one that is known. */
  current: Incarnation | undefined
  lastGone: Incarnation | undefined
  readonly counts = {
    'topics made': 0,
    'topics deleted': 0,
    'partitions added': 0,
    'read by id': 0,
    'records in transactions': 0,
  }

  get(id: string): Incarnation | undefined {
    return this.#byId.get(id)
  }

  /** @param partitions that somebody was told of */
  noteThere(id: string, partitions: number, partitionsMax = partitions): Incarnation {
    let one = this.#byId.get(id)
    if (!one) {
      check(
        !this.current || this.current.state !== 'there',
        `there is ${id}, though nobody deleted ${this.current?.id}`,
      )
      one = {
        id,
        partitions,
        partitionsMax,
        state: 'there',
        records: new Map(),
        inTransactions: [],
        offsets: new Map(),
      }
      this.#byId.set(id, one)
      this.current = one
      this.counts['topics made']++
    }
    one.partitionsMax = Math.max(one.partitionsMax, partitionsMax)
    check(partitions <= one.partitionsMax, `${id} has ${partitions} partitions; ${one.partitionsMax} were asked for`)
    one.partitions = Math.max(one.partitions, partitions)
    return one
  }

  noteGone(one: Incarnation): void {
    if (one.state === 'gone') return
    one.state = 'gone'
    this.lastGone = one
    this.counts['topics deleted']++
  }

  /** @param wasGone it was deleted for sure before somebody asked */
  noteRecord(one: Incarnation, partition: number, offset: number, value: string, wasGone = false): void {
    const place = `${one.id}-${partition}`
    check(!wasGone, `${place} gives ${value}, though it was deleted`)
    const target = targetOf(value)
    check(target === 'name' || target === one.id, `${place} has ${value} at ${offset}, of another topic of that name`)
    const known = one.records.get(partition) ?? new Map<number, string>()
    one.records.set(partition, known)
    const before = known.get(offset)
    check(before === undefined || before === value, `${place} has ${value} at ${offset}, where ${before} was`)
    known.set(offset, value)
  }

  noteInTransaction(one: Incarnation, record: TransactionRecord): void {
    this.noteRecord(one, 0, record.offset, record.value)
    one.inTransactions.push(record)
    this.counts['records in transactions']++
  }

  offsetsOf(one: Incarnation, group: string, partition: number): { least: number; most: number } {
    const key = `${group} ${partition}`
    const known = one.offsets.get(key) ?? { least: -1, most: -1 }
    one.offsets.set(key, known)
    return known
  }

  /** Against the log as it is after a start. */
  checkAll(reader: LogReader): void {
    const now = reader.topic(shiftingName)
    const expected = this.current
    if (expected?.state === 'there') check(now?.id === expected.id, `${expected.id} is lost; there is ${now?.id}`)
    if (!now) return
    const known = this.#byId.get(now.id)
    check(known?.state !== 'gone', `${now.id} is back`)
    if (!known) return
    check(
      now.partitionCount >= known.partitions && now.partitionCount <= known.partitionsMax,
      `${now.id} has ${now.partitionCount} partitions, not ${known.partitions} to ${known.partitionsMax}`,
    )
    for (let i = 0; i < now.partitionCount; i++) this.#checkPartition(reader, known, i)
    this.#checkTransactions(reader, known)
  }

  #checkTransactions(reader: LogReader, one: Incarnation): void {
    const { values, end } = readView(reader, shiftingName, 0, true)
    for (const { transaction, offset, value } of one.inTransactions) {
      if (offset >= end || transaction.end === 'unknown') continue
      const isSeen = values.get(offset) === value
      check(isSeen === (transaction.end === 'committed'), `${value} is ${transaction.end}, and seen: ${isSeen}`)
    }
  }

  #checkPartition(reader: LogReader, one: Incarnation, partition: number): void {
    const place = `${one.id}-${partition}`
    const { values, end } = readView(reader, shiftingName, partition, false)
    for (const [offset, value] of one.records.get(partition) ?? []) {
      check(offset < end, `${place} ends at ${end}, though ${value} is at ${offset}`)
      check(values.get(offset) === value, `${place} has ${values.get(offset)} at ${offset} instead of ${value}`)
    }
    const last = new Map<string, number>()
    for (const [offset, value] of values) {
      this.noteRecord(one, partition, offset, value)
      const { by, number } = parseValue(value.slice(0, value.lastIndexOf('@')))
      check(number > (last.get(by) ?? -1), `${place} has ${value} at ${offset} after number ${last.get(by)}`)
      last.set(by, number)
    }
  }
}
