// What must hold of a compacted topic: who reads it from the start gets, for every key, the last acknowledged value (the last
// committed one, where it was written in a transaction) or a later one; each record stays at its offset and in its order; a
// tombstone is there until its time is over, and what it took away is not back after that.
import { decodeRecords, recordHeaders, recordKey, recordValue } from '../src/model/index.ts'
import type { LogReader } from '../src/log/index.ts'
import { check, type Transaction } from './node-checker.ts'

export const keyedName = 'keyed'

/** Written by one client in the order of their numbers. */
export interface KeyedRecord {
  readonly key: string
  readonly number: number
  /** null: a tombstone. */
  readonly value: string | null
  readonly askedMs: number
  offset: number | undefined
  /** Of the checker's count of what became known; Infinity: not yet. */
  acknowledgedAt: number
  readonly transaction: (Transaction & { committedAt?: number }) | undefined
}

export interface SeenRecord {
  readonly offset: number
  readonly key: string
  readonly number: number
  readonly value: string | null
}

/** A reading of the whole topic. */
export interface Scan {
  readonly beganAt: number
  readonly beganMs: number
}

/** What committed readers got of it: below `end` everything is decided. */
export interface Scanned {
  readonly seen: readonly SeenRecord[]
  readonly end: number
}

export class KeyedChecker {
  readonly deleteRetentionMs: number
  readonly #byKey = new Map<string, KeyedRecord[]>()
  readonly #byOffset = new Map<number, KeyedRecord>()
  #known = 0
  readonly counts = { 'keyed records': 0, 'keyed tombstones': 0, 'keyed scans': 0, 'compacted away': 0 }

  constructor(deleteRetentionMs: number) {
    this.deleteRetentionMs = deleteRetentionMs
  }

  /** What is about to be sent. */
  make(key: string, value: string | null, askedMs: number, transaction?: Transaction): KeyedRecord {
    const all = this.#byKey.get(key) ?? []
    this.#byKey.set(key, all)
    const record = { key, number: all.length, value, askedMs, offset: undefined, acknowledgedAt: Infinity, transaction }
    all.push(record)
    return record
  }

  noteAcknowledged(record: KeyedRecord, offset: number): void {
    this.#place(record, offset)
    record.acknowledgedAt = ++this.#known
    this.counts['keyed records']++
    if (record.value === null) this.counts['keyed tombstones']++
  }

  noteCommitted(transaction: Transaction & { committedAt?: number }): void {
    transaction.committedAt = ++this.#known
  }

  #place(record: KeyedRecord, offset: number): void {
    const what = `${record.key}#${record.number}`
    check(
      record.offset === undefined || record.offset === offset,
      `${what} is at ${offset}, and was at ${record.offset}`,
    )
    const other = this.#byOffset.get(offset)
    check(!other || other === record, `${what} is at ${offset}, where ${other?.key}#${other?.number} is`)
    record.offset = offset
    this.#byOffset.set(offset, record)
  }

  begin(nowMs: number): Scan {
    return { beganAt: this.#known, beganMs: nowMs }
  }

  /** The topic was read from its start. */
  finish({ beganAt, beganMs }: Scan, { seen, end: stable }: Scanned, nowMs: number): void {
    this.counts['keyed scans']++
    let last = -1
    const newest = new Map<string, KeyedRecord>()
    for (const one of seen) {
      const what = `${one.key}#${one.number} at ${one.offset}`
      check(one.offset > last, `${what} comes after offset ${last}`)
      last = one.offset
      const record = this.#byKey.get(one.key)?.[one.number]
      check(record !== undefined, `${what} was never written`)
      check(record.value === one.value, `${what} is ${one.value} instead of ${record.value}`)
      const before = newest.get(one.key)
      check(!before || before.number < one.number, `${what} comes after number ${before?.number}`)
      const end = record.transaction?.end
      check(end !== 'aborted' && end !== 'open', `${what} of a transaction that is ${end} is seen`)
      this.#place(record, one.offset)
      newest.set(one.key, record)
    }
    // A reader so slow that tombstones go meanwhile may miss them, as it is told.
    if (nowMs - beganMs >= this.deleteRetentionMs) return
    for (const [key, history] of this.#byKey) {
      const sure = history.findLast(
        ({ acknowledgedAt, offset, transaction }) =>
          acknowledgedAt <= beganAt &&
          offset! < stable &&
          (!transaction || (transaction.committedAt ?? Infinity) <= beganAt),
      )
      if (sure) this.#checkKey(sure, newest.get(key), nowMs)
    }
  }

  #checkKey(sure: KeyedRecord, newest: KeyedRecord | undefined, nowMs: number): void {
    const { key } = sure
    if (newest && newest.number >= sure.number) return
    const what = `${key} is ${newest ? `#${newest.number}` : 'missing'}, though #${sure.number} is at ${sure.offset}`
    // It, or one behind it that may be there: of that nobody had an answer.
    const tombstones = this.#byKey.get(key)!.filter(({ number, value, transaction }) => {
      const isGone = transaction?.end === 'aborted' || transaction?.end === 'open'
      return number >= sure.number && value === null && !isGone
    })
    check(tombstones.length > 0 && !newest, what)
    const ageMs = nowMs - tombstones[0]!.askedMs
    check(ageMs >= this.deleteRetentionMs, `${what}; the tombstone is ${ageMs} ms old`)
  }

  /** Against the log as it is after a start. */
  checkAll(reader: LogReader, nowMs: number): void {
    if (!reader.topic(keyedName)) return check(this.#byOffset.size === 0, `topic ${keyedName} is gone`)
    const end = reader.endOffset(keyedName, 0)
    const seen: SeenRecord[] = []
    for (let offset = reader.startOffset(keyedName, 0); offset < end;) {
      const bytes = reader.read(keyedName, 0, offset, 2000)
      check(bytes.length > 0, `${keyedName} has nothing at ${offset}, below its end ${end}`)
      const taken = takeRecords(bytes, offset, [])
      seen.push(...taken.seen)
      offset = taken.next
    }
    const sure = [...this.#byOffset.values()].filter(({ transaction }) => transaction?.end !== 'aborted').length
    this.counts['compacted away'] = Math.max(this.counts['compacted away'], sure - seen.length)
    this.finish(this.begin(nowMs), { seen, end }, nowMs)
  }
}

export interface AbortedRange {
  readonly producerId: bigint
  readonly firstOffset: bigint | number
}

/** What of fetched bytes a committed reader takes, as real consumers take out what belongs to aborted transactions. */
export function takeRecords(
  bytes: Uint8Array,
  from: number,
  abortedRanges: readonly AbortedRange[],
): { seen: SeenRecord[]; next: number } {
  const aborted = abortedRanges.toSorted((a, b) => Number(a.firstOffset) - Number(b.firstOffset))
  const aborting = new Set<bigint>()
  const seen: SeenRecord[] = []
  let next = from
  for (let at = 0; at < bytes.length;) {
    const records = decodeRecords(bytes, at)
    const { baseOffset, lastOffsetDelta, size, control, transactional, producerId } = records.header
    check(at === 0 || baseOffset >= next, `${keyedName} goes back to ${baseOffset} from ${next}`)
    at += size
    while (aborted[0] && Number(aborted[0].firstOffset) <= baseOffset + lastOffsetDelta)
      aborting.add(aborted.shift()!.producerId)
    if (control) aborting.delete(producerId)
    const isGone = control || (transactional && aborting.has(producerId))
    for (let i = 0; i < records.count && !isGone; i++) {
      const value = recordValue(records, i)
      const number = recordHeaders(records, i).find(({ key }) => key === 'number')!.value!
      const one = {
        offset: records.offsets[i]!,
        key: Buffer.from(recordKey(records, i)!).toString(),
        number: Number(Buffer.from(number).toString()),
        value: value && Buffer.from(value).toString(),
      }
      if (one.offset >= from) seen.push(one)
    }
    next = Math.max(next, baseOffset + lastOffsetDelta + 1)
  }
  return { seen, next }
}
