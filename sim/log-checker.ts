// What must hold of the log, over everything that was asked and answered: no acknowledged record lost, none doubled, no
// gap, no reordering, commit groups whole, epochs never back, and what a reader has seen stays.
import { decodeRecords, readRecordBatchHeader, recordKey, recordValue } from '../src/model/index.ts'
import { coordinatorPartition, decodeOffsetRecord, offsetsTopic, type LogReader } from '../src/log/index.ts'
import { ledger, ledgerState } from './ledger.ts'

/** A record's value: whose it is, and its number among that one's records of this partition. */
export interface Tag {
  readonly by: string
  readonly number: number
}
export const tagText = (tag: Tag): string => `${tag.by}#${tag.number}`
export const parseTag = (text: string): Tag => {
  const at = text.lastIndexOf('#')
  return { by: text.slice(0, at), number: Number(text.slice(at + 1)) }
}

interface PartitionHistory {
  /** By offset: what the log acknowledged, or a reader saw. */
  readonly known: Map<number, string>
  /** Key by tag, for compacted topics. */
  readonly keys: Map<string, string>
  end: number
  stable: number
  start: number
}

export interface ReadRecord {
  readonly offset: number
  readonly key: string | null
  readonly value: string | null
}

function check(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(message)
}

const text = (bytes: Uint8Array | null): string | null => (bytes ? Buffer.from(bytes).toString('latin1') : null)

/** Reads a partition from its start to its end as any committed consumer does. */
export function readAll(
  reader: LogReader,
  topic: string,
  partition: number,
  from?: number,
  bytesMax = 700,
): ReadRecord[] {
  const records: ReadRecord[] = []
  const end = reader.endOffset(topic, partition)
  for (let offset = from ?? reader.startOffset(topic, partition); offset < end;) {
    const bytes = reader.read(topic, partition, offset, bytesMax)
    if (bytes.length === 0) break
    for (let at = 0; at < bytes.length;) {
      const columns = decodeRecords(bytes, at)
      for (let i = 0; i < columns.count && !columns.header.control; i++) {
        if (columns.offsets[i]! >= offset)
          records.push({
            offset: columns.offsets[i]!,
            key: text(recordKey(columns, i)),
            value: text(recordValue(columns, i)),
          })
      }
      const header = readRecordBatchHeader(bytes, at)
      offset = header.baseOffset + header.lastOffsetDelta + 1
      at += header.size
    }
    check(offset <= end, `${topic}-${partition}: read up to ${offset}, beyond the end ${end}`)
  }
  return records
}

interface TransactionHistory {
  readonly records: { readonly partition: number; readonly offset: number; readonly value: string }[]
  /** As it was answered. */
  ended: { readonly commits: boolean; readonly offset: number | undefined } | undefined
}

export class LogChecker {
  /** By producer, then number. */
  readonly #transactions = new Map<string, Map<number, TransactionHistory>>()
  readonly #partitions = new Map<string, PartitionHistory>()
  /** By owner: the highest epoch submitted, and acknowledged. */
  readonly #submitted = new Map<string, number>()
  readonly #committed = new Map<string, number>()
  readonly #producerIds = new Set<bigint>()
  readonly #topics = new Map<string, 'standing' | 'deleting' | 'deleted'>()
  readonly #numbers = new Map<string, number>()
  /** Of one read: small ones meet more edges, large ones are for large logs. */
  readonly #readBytes: number
  /** Committed offsets seen, by group. */
  readonly #offsets = new Map<string, number>()
  /** Acknowledged by a group that commits by itself. */
  readonly #groups = new Map<string, number>()
  acknowledged = 0
  transactionsEnded = 0

  constructor(readBytes = 700) {
    this.#readBytes = readBytes
  }

  #history(topic: string, partition: number): PartitionHistory {
    const name = `${topic}-${partition}`
    let history = this.#partitions.get(name)
    if (!history) {
      history = { known: new Map(), keys: new Map(), end: 0, stable: 0, start: 0 }
      this.#partitions.set(name, history)
    }
    return history
  }

  /** The log said that these records lie from baseOffset on. */
  noteAcknowledged(
    topic: string,
    partition: number,
    baseOffset: number,
    values: readonly string[],
    keys?: readonly string[],
  ): void {
    const history = this.#history(topic, partition)
    keys?.forEach((key, i) => history.keys.set(values[i]!, key))
    values.forEach((value, i) => this.#know(history, `${topic}-${partition}`, baseOffset + i, value))
    history.end = Math.max(history.end, baseOffset + values.length)
    this.acknowledged += values.length
  }

  #know(history: PartitionHistory, name: string, offset: number, value: string): void {
    const before = history.known.get(offset)
    check(before === undefined || before === value, `${name}: offset ${offset} was ${before}, now ${value}`)
    history.known.set(offset, value)
  }

  noteSeen(topic: string, partition: number, records: readonly ReadRecord[]): void {
    const history = this.#history(topic, partition)
    for (const { offset, value, key } of records) {
      if (key !== null) history.keys.set(value ?? '', key)
      this.#know(history, `${topic}-${partition}`, offset, value ?? '')
      history.end = Math.max(history.end, offset + 1)
    }
  }

  /** 'deleting': it may be there or not. */
  noteTopic(name: string, state: 'standing' | 'deleting' | 'deleted'): void {
    this.#topics.set(name, state)
  }
  standingTopics(): string[] {
    return [...this.#topics].filter(([, state]) => state === 'standing').map(([name]) => name)
  }
  /** A number for the next record of a topic that one actor writes to. */
  nextOf(topic: string): number {
    const next = this.#numbers.get(topic) ?? 0
    this.#numbers.set(topic, next + 1)
    return next
  }

  /** A transaction begins. */
  noteTransaction(by: string, number: number): void {
    let all = this.#transactions.get(by)
    if (!all) this.#transactions.set(by, (all = new Map()))
    all.set(number, { records: [], ended: undefined })
  }
  /** A record of it was acknowledged. */
  noteInTransaction(by: string, number: number, record: TransactionHistory['records'][number]): void {
    this.#transactions.get(by)!.get(number)!.records.push(record)
  }
  /** Its end was acknowledged; a commit's records from then on are like any acknowledged ones. */
  noteEnded(by: string, number: number, ended: { commits: boolean; offset: number | undefined }): void {
    const transaction = this.#transactions.get(by)?.get(number)
    if (!transaction) return
    transaction.ended = ended
    this.acknowledged++
    this.transactionsEnded++
    if (ended.commits)
      for (const { partition, offset, value } of transaction.records)
        this.noteAcknowledged(ledger.name, partition, offset, [value])
  }

  noteProducerId(id: bigint): void {
    check(!this.#producerIds.has(id), `producer id ${id} was given twice`)
    this.#producerIds.add(id)
  }

  noteSubmitted(owner: string, epoch: number): void {
    this.#submitted.set(owner, Math.max(epoch, this.#submitted.get(owner) ?? 0))
  }
  noteCommitted(owner: string, epoch: number): void {
    this.#committed.set(owner, Math.max(epoch, this.#committed.get(owner) ?? 0))
    this.acknowledged++
  }

  /** A group's committed offset was acknowledged; they only grow. */
  noteOffset(group: string, offset: number): void {
    this.#groups.set(group, Math.max(offset, this.#groups.get(group) ?? -1))
    this.acknowledged++
  }

  /** Checks all topics and owners of the log as it stands now. @param last the log's word on an owner's last epoch */
  checkAll(
    reader: LogReader,
    owners: ReadonlyMap<string, readonly { topic: string; partition: number }[]>,
    last: (owner: string) => number,
  ): void {
    for (const { name, partitionCount, configs } of reader.topics()) {
      for (let partition = 0; partition < partitionCount; partition++) {
        this.#checkPartition(reader, { topic: name, partition, compacts: configs['cleanup.policy'] === 'compact' })
      }
    }
    for (const [name, state] of this.#topics) {
      const isThere = reader.topic(name) !== undefined
      check(
        state === 'deleting' || isThere === (state === 'standing'),
        `topic ${name} is ${isThere ? '' : 'not '}there, though ${state}`,
      )
    }
    this.#checkTransactions(reader)
    for (const [group, least] of this.#groups) {
      const offset = groupOffset(reader, group, this.#readBytes)
      check(offset >= least, `${group}: the group's offset is ${offset}, though ${least} was committed`)
      this.#groups.set(group, offset)
    }
    for (const [owner, outputs] of owners) this.#checkOwner(reader, owner, outputs, last(owner))
  }

  #checkPartition(reader: LogReader, place: { topic: string; partition: number; compacts: boolean }): void {
    const { topic, partition, compacts } = place
    const name = `${topic}-${partition}`
    const history = this.#history(topic, partition)
    check(reader.status(topic, partition) === 'online', `${name} is offline`)
    const start = reader.startOffset(topic, partition)
    const end = reader.endOffset(topic, partition)
    const all = reader.highWatermark(topic, partition)
    check(all >= history.end, `${name} ends at ${all}, though offsets up to ${history.end} were known`)
    check(end >= history.stable, `${name} is stable up to ${end}, though it was up to ${history.stable}`)
    history.stable = end
    // Aborted records and markers take offsets, too.
    const mayMiss = compacts || topic === ledger.name || topic === offsetsTopic.name
    check(start >= history.start, `${name} starts at ${start}, before ${history.start}`)
    history.start = start
    const records = readAll(reader, topic, partition, undefined, this.#readBytes)
    const byOffset = new Map<number, string>()
    let next = start
    for (const { offset, value } of records) {
      check(mayMiss ? offset >= next : offset === next, `${name}: offset ${next} should follow, ${offset} does`)
      next = offset + 1
      byOffset.set(offset, value ?? '')
    }
    check(mayMiss || next === end, `${name}: records up to ${next}, end ${end}`)
    if (topic !== offsetsTopic.name && !this.#topics.has(topic))
      checkOrder(name, records, start > 0 || mayMiss || topic === ledgerState.name)
    this.noteSeen(topic, partition, records)
    for (const [offset, value] of history.known) {
      if (offset < start) history.known.delete(offset)
      // Above the stable end it is there, but not to be seen yet.
      if (offset < start || offset >= end || byOffset.has(offset)) continue
      check(compacts && hasLater(records, history.keys.get(value), offset), `${name}: ${value} at ${offset} is lost`)
    }
  }

  /** A transaction is there whole, once, when its coordinator's record says commit; else nothing of it is. */
  #checkTransactions(reader: LogReader): void {
    if (this.#transactions.size === 0 || !reader.topic(ledgerState.name) || !reader.topic(ledger.name)) return
    const decided = new Map<string, string>()
    for (const { value } of readAll(reader, ledgerState.name, 0, undefined, this.#readBytes)) {
      const [outcome, tag] = value!.split(' ') as [string, string]
      check(!decided.has(tag), `${tag} was ended twice: ${decided.get(tag)}, ${outcome}`)
      decided.set(tag, outcome)
    }
    const seen = new Map<string, number>()
    for (let partition = 0; partition < ledger.partitionCount; partition++) {
      for (const { value } of readAll(reader, ledger.name, partition, undefined, this.#readBytes))
        seen.set(value!, (seen.get(value!) ?? 0) + 1)
    }
    for (const [by, all] of this.#transactions) {
      for (const [number, { records, ended }] of all) {
        const tag = tagText({ by, number })
        const outcome = decided.get(tag)
        check(!ended || outcome === (ended.commits ? 'commit' : 'abort'), `${tag} was ended, but is ${outcome}`)
        for (const { partition, offset, value } of records) {
          // Committed, but behind another one that is open.
          if (outcome === 'commit' && offset >= reader.endOffset(ledger.name, partition)) continue
          const count = seen.get(value) ?? 0
          check(count === (outcome === 'commit' ? 1 : 0), `${value} of ${tag} (${outcome}) is there ${count} times`)
        }
      }
      this.#checkTransactionOffset(reader, by, all)
    }
  }

  /** The group's offset is the last one that was committed: it never goes back, and no aborted one counts. */
  #checkTransactionOffset(reader: LogReader, by: string, all: ReadonlyMap<number, TransactionHistory>): void {
    if (!reader.topic(offsetsTopic.name)) return
    const acknowledged = [...all.values()].flatMap(({ ended }) =>
      ended?.commits && ended.offset !== undefined ? [ended.offset] : [],
    )
    const offset = groupOffset(reader, by, this.#readBytes)
    const place = coordinatorPartition(by, offsetsTopic.partitionCount)
    const isStable = reader.endOffset(offsetsTopic.name, place) === reader.highWatermark(offsetsTopic.name, place)
    const least = Math.max(-1, ...acknowledged)
    check(!isStable || offset >= least, `${by}: the group's offset is ${offset}, though ${least} was committed`)
    const before = this.#offsets.get(by) ?? -1
    check(offset >= before, `${by}: the group's offset went back from ${before} to ${offset}`)
    this.#offsets.set(by, offset)
    const ended = all.get(offset)?.ended
    check(offset < 0 || !ended || ended.commits, `${by}: offset ${offset} is of an aborted transaction`)
  }

  /** Every output has the owner's epochs 1 to last, each once; so has the group's offsets topic. */
  #checkOwner(
    reader: LogReader,
    owner: string,
    outputs: readonly { topic: string; partition: number }[],
    last: number,
  ): void {
    const committed = this.#committed.get(owner) ?? 0
    const submitted = this.#submitted.get(owner) ?? 0
    check(last >= committed, `${owner} is at epoch ${last}, though ${committed} was acknowledged`)
    check(last <= submitted, `${owner} is at epoch ${last}, though only ${submitted} was submitted`)
    this.#committed.set(owner, last)
    for (const { topic, partition } of outputs) {
      if (reader.topic(topic) === undefined) {
        check(last === 0, `${owner} is at epoch ${last}, but topic ${topic} is not there`)
        continue
      }
      const epochs = readAll(reader, topic, partition, undefined, this.#readBytes).flatMap(({ value }) => {
        const tag = parseTag(value ?? '')
        return tag.by === owner ? [tag.number] : []
      })
      check(epochs.length === last, `${owner}: ${topic}-${partition} has ${epochs.length} epochs of ${last}`)
    }
    if (last > 0)
      check(groupOffset(reader, owner, this.#readBytes) === last, `${owner}: the group's offset is not ${last}`)
  }
}

/** Each one's records come in order of their numbers, each once, without holes. */
function checkOrder(name: string, records: readonly ReadRecord[], mayMiss: boolean): void {
  const latest = new Map<string, number>()
  for (const { value } of records) {
    const { by, number } = parseTag(value ?? '')
    const before = latest.get(by)
    const follows =
      before === undefined ? mayMiss || number === (by.startsWith('pipeline/') ? 1 : 0) : number === before + 1
    check(
      follows || (mayMiss && before !== undefined && number > before),
      `${name}: ${by}#${number} follows #${before ?? 'nothing'}`,
    )
    latest.set(by, number)
  }
}

function hasLater(records: readonly ReadRecord[], key: string | undefined, offset: number): boolean {
  return key !== undefined && records.some((one) => one.key === key && one.offset > offset)
}

function groupOffset(reader: LogReader, group: string, readBytes: number): number {
  const count = reader.partitionCount(offsetsTopic.name)
  if (count === undefined) return -1
  let offset = -1
  for (const record of readAll(reader, offsetsTopic.name, coordinatorPartition(group, count), undefined, readBytes)) {
    const value = record.value === null ? null : Buffer.from(record.value, 'latin1')
    const decoded = decodeOffsetRecord(Buffer.from(record.key ?? '', 'latin1'), value)
    if (decoded?.group === group) offset = decoded.commit?.offset ?? -1
  }
  return offset
}
