// The log's pure synchronous core: stage, write one frame, sync once, publish. Invariants: what was acknowledged is synced
// (with durability 'synced'); the readable end never passes what is synced; a failed sync ends writing until the log is
// opened anew; a full disk undoes the whole group and the next one may succeed.
//
// Order of one group, and why: (1) the bytes go into segments, not synced, beyond the readable end, where nobody looks;
// (2) the frame goes into the journal; (3) the journal is synced; (4) the new ends are published. A full disk shows in (1)
// or (2), when everything can still be undone. A crash before (3) leaves a torn frame, which recovery cuts.
import { assert, type Clock, type Disk, type Random } from '../base/index.ts'
import { keysTopicName, type CommitGroup, type CommitOutcome, type LastCommit } from '../model/index.ts'
import { Checkpointer } from './checkpointer.ts'
import { Cleaner } from './cleaner.ts'
import { isDiskFull } from './full-disk.ts'
import { Journal } from './journal.ts'
import { idFromBytes } from './journal-frame.ts'
import { secureFrames } from './journal-scan.ts'
import { defaultLimits, type LogLimits } from './limits.ts'
import type {
  AppendAllOutcome,
  AppendOptions,
  AppendOutcome,
  ChangeOutcome,
  Damage,
  DeleteRecordsOutcome,
  Durability,
  EndTransaction,
  EndTransactionOutcome,
  Log,
  LogShare,
  NewRecords,
  NewTopic,
  OpenTransaction,
  ProducerIdOutcome,
  ProducersOutcome,
  Refusal,
  TopicOutcome,
} from './log-types.ts'
import { expiredProducers } from './producers.ts'
import { moveStart, recoverState, setUnknownAside, sweep } from './recover.ts'
import { indexPathOf, SegmentFiles } from './segments.ts'
import { createShare, SharePublisher } from './share.ts'
import { refused } from './placing.ts'
import { isDiskError, Stage, type Placed } from './stage.ts'
import { keepUp, noteRemoved } from './upkeep.ts'
import {
  checkConfigs,
  noteStart,
  partitionFolder,
  pathOf,
  recallTopic,
  removeTopic,
  type LogState,
  type Partition,
  type Segment,
  type Topic,
} from './state.ts'
import { describeOpen, describeProducers, setProducer } from './transactions.ts'

export interface LogOptions {
  /** Rooted at the data folder; the log keeps everything below log/. */
  readonly disk: Disk
  readonly clock: Clock
  readonly random: Random
  readonly limits?: Partial<LogLimits>
  readonly durability?: Durability
  /** Shared memory made by who reads the log in other threads; made here when missing. */
  readonly share?: LogShare
}

/**
 * Opens a log, or makes it in an empty folder. Blocks for the replay (at most two journal files).
 * Throws MR-LOG-003, MR-BASE-002, MR-BASE-003, MR-BASE-006.
 */
export function createLog(options: LogOptions): Log {
  return new LogCore(options)
}

class LogCore implements Log {
  readonly share: LogShare
  readonly #clock: Clock
  readonly #random: Random
  readonly #limits: LogLimits
  readonly #durability: Durability
  readonly #state: LogState
  readonly #stage: Stage
  readonly #files: SegmentFiles
  readonly #journal: Journal
  readonly #publisher: SharePublisher
  readonly #checkpointer: Checkpointer
  readonly #cleaner: Cleaner
  readonly #advances = new Map<number, number>()
  /** Producer ids given out of the block that the journal has reserved. */
  #producerIdsUsed: number
  /** What became of the group that is staged, once it is durable. */
  readonly #staged = {
    topics: false,
    owners: new Set<string>(),
    partitions: new Set<Partition>(),
    deleted: [] as Topic[],
    trash: [] as string[],
  }
  #failure: string | undefined
  #syncedAtMs: number
  #expiredAtMs: number

  constructor(options: LogOptions) {
    const { disk, clock, random } = options
    this.#clock = clock
    this.#random = random
    this.#limits = { ...defaultLimits, ...options.limits }
    this.#durability = options.durability ?? 'synced'
    this.share = options.share ?? createShare('', this.#limits.partitionsMax)
    this.#files = new SegmentFiles(disk, this.#limits)
    this.#journal = new Journal(disk, random, this.#limits)
    const recovered = recoverState(disk, this.#files, this.#limits)
    this.#state = recovered.state
    this.#producerIdsUsed = this.#state.nextProducerId
    this.#stage = new Stage(this.#state, this.#limits)
    // Few files are synced before anything is readable. Of thousands the journal is made safe instead, which says it all.
    const isLarge = this.#files.dirtyCount > this.#limits.startSyncFilesMax
    if (isLarge) secureFrames(disk, recovered.unsynced)
    const { sequence, journalPaths: paths, journal: number } = recovered
    const syncedSequence = isLarge ? sequence : recovered.syncedSequence
    this.#journal.adopt({ sequence, syncedSequence, paths, number })
    noteStart(this.#state, { journal: number, salt: this.#journal.salt, sequence: sequence + 1 })
    this.#checkpointer = new Checkpointer({
      disk,
      clock,
      limits: this.#limits,
      state: this.#state,
      files: this.#files,
      journal: this.#journal,
      removed: (paths) => noteRemoved(paths, this.#state, this.#publisher),
    })
    if (recovered.damagedPaths.size > 0) setUnknownAside(disk, this.#state, recovered.namedPaths)
    // Nothing is readable before it is safe: a frame found now may never have reached the disk, only the page cache.
    if (isLarge) {
      this.#checkpointer.throwAway(sweep(disk, this.#state, recovered.namedPaths))
      this.#checkpointer.beginFound(recovered.damagedPaths)
    } else {
      this.#checkpointer.runNow(recovered.damagedPaths)
      sweep(disk, this.#state, new Set())
    }
    this.#publisher = new SharePublisher(this.share)
    this.#publishAll()
    this.#cleaner = new Cleaner({
      disk,
      clock,
      limits: this.#limits,
      state: this.#state,
      settings: (topic) => this.#stage.settings(topic),
      isRemoving: () => this.#checkpointer.isRemoving,
    })
    this.#syncedAtMs = clock.monotonicMs()
    this.#expiredAtMs = this.#syncedAtMs
  }

  #publishAll(): void {
    this.#publisher.aborted.replace(this.#state)
    for (const topic of this.#state.byId.values()) {
      for (const partition of topic.partitions) this.#publisher.publishPartition(partition)
    }
    this.#publisher.publishTopics(this.#state)
    this.#publisher.publishOwners(this.#state, this.#state.owners.keys())
  }

  get stagedBytes(): number {
    return this.#stage.entries.length === 0 ? 0 : this.#stage.frame.length
  }

  get failed(): boolean {
    return this.#failure !== undefined
  }

  #refusal(): Refusal | undefined {
    return this.#failure === undefined
      ? undefined
      : refused(56, `the log takes no writes until restart: ${this.#failure}`)
  }

  append(topic: string, partition: number, batches: Uint8Array, options: AppendOptions = {}): AppendOutcome {
    const refusal = this.#refusal()
    if (refusal) return refusal
    const found = this.#state.byName.get(topic)?.partitions[partition]
    if (!found) return refused(3, `there is no partition ${partition} of topic ${topic}`)
    return this.#stage.append(found, batches, this.#clock.nowMs(), options.fromZero)
  }

  appendAll(appends: readonly NewRecords[]): AppendAllOutcome {
    const refusal = this.#refusal()
    if (refusal) return refusal
    const staged = this.#stage.appendAll(appends, this.#clock.nowMs())
    return 'error' in staged ? staged : { ok: true, baseOffsets: staged }
  }

  endTransaction(request: EndTransaction): EndTransactionOutcome {
    const refusal = this.#refusal()
    if (refusal) return refusal
    const partitions = this.#partitionsToEnd(request)
    if ('error' in partitions) return partitions
    const nowMs = this.#clock.nowMs()
    const { producerEpoch: epoch, coordinatorEpoch, commits } = request
    const mark = this.#stage.mark()
    const marker = { producerId: Number(request.producerId), epoch, coordinatorEpoch, commits }
    const ended = this.#stage.endTransaction(partitions, marker, nowMs)
    if ('error' in ended) return ended
    const appended = this.#stage.appendAll(request.appends, nowMs)
    if ('error' in appended) {
      this.#stage.rewind(mark)
      return appended
    }
    return { ok: true, ended }
  }

  /** Those named, or all in which the producer has a transaction open. */
  #partitionsToEnd({
    producerId,
    producerEpoch,
    partitions,
    raisesEpoch,
  }: EndTransaction): Refusal | Iterable<Partition> {
    if (!partitions) return this.#state.open.get(Number(producerId)) ?? []
    const found: Partition[] = []
    for (const { topic, partition } of partitions) {
      const one = this.#state.byName.get(topic)?.partitions[partition]
      if (!one) return refused(3, `there is no partition ${partition} of topic ${topic}`)
      const known = one.producers.get(Number(producerId))
      const isOld = raisesEpoch === true && known !== undefined && producerEpoch <= known.epoch
      const isRepeat = isOld && producerEpoch === known.epoch && known.openFrom < 0
      if (isOld && !isRepeat) return refused(47, `the marker's epoch ${producerEpoch} is not above ${known.epoch}`)
      if (!isRepeat) found.push(one)
    }
    return found
  }

  openTransactions(): OpenTransaction[] {
    return describeOpen(this.#state)
  }

  producers(topic: string, partition: number): ProducersOutcome {
    const found = this.#state.byName.get(topic)?.partitions[partition]
    if (!found) return refused(3, `there is no partition ${partition} of topic ${topic}`)
    return { ok: true, producers: describeProducers(found) }
  }

  commit(group: CommitGroup): CommitOutcome {
    const refusal = this.#refusal()
    if (refusal) return { ok: false, reason: 'failed', message: refusal.message }
    const hadOffsets = this.#state.byName.size
    const outcome = this.#stage.commit(group, { nowMs: this.#clock.nowMs(), newTopicId: () => this.#newId() })
    if (outcome.ok) this.#staged.owners.add(group.owner)
    if (this.#state.byName.size !== hadOffsets) this.#staged.topics = true
    return outcome
  }

  createTopic(topic: NewTopic): TopicOutcome {
    const { name, partitionCount, configs = {}, internal = false } = topic
    const refusal = this.#refusal() ?? this.#judgeTopic(name, partitionCount, configs)
    if (refusal) return refusal
    const id = this.#newId()
    this.#stage.putTopic({ kind: 'topic', id, name, partitionCount, configs, internal })
    this.#staged.topics = true
    return { ok: true, id }
  }

  #judgeTopic(name: string, partitionCount: number, configs: Readonly<Record<string, string>>): Refusal | undefined {
    if (!/^[a-zA-Z0-9._-]{1,249}$/.test(name) || name === '.' || name === '..') {
      return refused(17, `"${name}" is no topic name: 1 to 249 of a-z, A-Z, 0-9, '.', '_' and '-'`)
    }
    if (this.#state.byName.has(name)) return refused(36, `topic ${name} exists`)
    const problem = checkConfigs(configs)
    if (problem !== undefined) return refused(40, problem)
    return this.#judgeCount(partitionCount, partitionCount)
  }

  #judgeCount(partitionCount: number, added: number): Refusal | undefined {
    const { partitionsPerTopicMax, partitionsMax } = this.#limits
    if (!Number.isInteger(partitionCount) || partitionCount < 1 || partitionCount > partitionsPerTopicMax) {
      return refused(37, `${partitionCount} partitions; 1 to ${partitionsPerTopicMax} are possible`)
    }
    if (this.#state.nextSlot + added > partitionsMax)
      return refused(44, `the log holds at most ${partitionsMax} partitions`)
    return undefined
  }

  #newId(): string {
    const bytes = this.#random.bytes(16)
    bytes[6] = (bytes[6]! & 15) | 64
    bytes[8] = (bytes[8]! & 63) | 128
    return idFromBytes(bytes)
  }

  deleteTopic(name: string): ChangeOutcome {
    const refusal = this.#refusal()
    if (refusal) return refusal
    const topic = this.#state.byName.get(name)
    if (!topic) return refused(3, `there is no topic ${name}`)
    removeTopic(this.#state, topic)
    this.#stage.change({ kind: 'delete', topicId: topic.id }, () => recallTopic(this.#state, topic))
    this.#staged.topics = true
    this.#staged.deleted.push(topic)
    for (const partition of topic.partitions) this.#staged.trash.push(partitionFolder(topic.id, partition.index))
    return { ok: true }
  }

  alterTopic(name: string, configs: Readonly<Record<string, string>>): ChangeOutcome {
    const problem = checkConfigs(configs)
    return this.#changeTopic(name, (topic) => (problem === undefined ? { ...topic, configs } : refused(40, problem)))
  }

  addPartitions(name: string, count: number): ChangeOutcome {
    return this.#changeTopic(name, (topic) => {
      if (count <= topic.partitionCount)
        return refused(37, `topic ${name} has ${topic.partitionCount} partitions already`)
      return this.#judgeCount(count, count - topic.partitionCount) ?? { ...topic, partitionCount: count }
    })
  }

  #changeTopic(name: string, change: (topic: Topic) => Topic | Refusal): ChangeOutcome {
    const refusal = this.#refusal()
    if (refusal) return refusal
    const topic = this.#state.byName.get(name)
    if (!topic) return refused(3, `there is no topic ${name}`)
    const changed = change(topic)
    if ('ok' in changed) return changed
    const { id, partitionCount, configs, internal } = changed
    this.#stage.putTopic({ kind: 'topic', id, name, partitionCount, configs, internal })
    this.#staged.topics = true
    return { ok: true }
  }

  deleteRecords(topicName: string, index: number, before: number): DeleteRecordsOutcome {
    const refusal = this.#refusal()
    if (refusal) return refusal
    const partition = this.#state.byName.get(topicName)?.partitions[index]
    if (!partition) return refused(3, `there is no partition ${index} of topic ${topicName}`)
    const offset = before === -1 ? partition.end : before
    if (offset < 0 || offset > partition.end)
      return refused(1, `offset ${before} is not below the end, ${partition.end}`)
    this.#moveStart(partition, offset)
    return { ok: true, logStartOffset: partition.start }
  }

  #moveStart(partition: Partition, offset: number): void {
    if (offset <= partition.start) return
    const { start, segments, aborted } = partition
    const { abortedCount } = this.#state
    const dropped = moveStart(this.#state, partition, offset)
    this.#stage.change({ kind: 'start', topicId: partition.topic.id, partition: partition.index, offset }, () => {
      partition.start = start
      partition.segments = segments
      partition.aborted = aborted
      this.#state.abortedCount = abortedCount
    })
    for (const path of dropped.map((segment) => pathOf(partition, segment)))
      this.#staged.trash.push(path, indexPathOf(path))
    this.#staged.partitions.add(partition)
  }

  nextProducerId(): ProducerIdOutcome {
    const refusal = this.#refusal()
    if (refusal) return refusal
    const state = this.#state
    if (this.#producerIdsUsed === state.nextProducerId) {
      const before = state.nextProducerId
      state.nextProducerId += this.#limits.producerIdBlock
      this.#stage.change({ kind: 'producerIds', next: state.nextProducerId }, () => {
        state.nextProducerId = before
        this.#producerIdsUsed = before
      })
    }
    return { ok: true, producerId: BigInt(this.#producerIdsUsed++) }
  }

  sync(): 'synced' | 'full' | 'failed' {
    if (this.#failure !== undefined) return 'failed'
    const { entries, frame } = this.#stage
    if (entries.length === 0) return 'synced'
    const made: Placed[] = []
    try {
      this.#writeSegments(made)
      this.#journal.write(frame, entries)
    } catch (error) {
      return this.#giveUp(error, made)
    }
    if (this.#durability === 'synced' && !this.#syncJournal()) return 'failed'
    this.#publish()
    this.#checkpointer.throwAway(this.#staged.trash)
    this.#clearStaged()
    return 'synced'
  }

  #syncJournal(): boolean {
    try {
      this.#journal.sync()
      this.#syncedAtMs = this.#clock.monotonicMs()
      return true
    } catch (error) {
      this.#fail(error)
      return false
    }
  }

  /** One write a segment where the group's bytes of it lie together, else a copy that lies together. */
  #writeSegments(made: Placed[]): void {
    const { placed, frame } = this.#stage
    if (placed.length === 1) return this.#writeRun(placed, made)
    const bySegment = Map.groupBy(placed, (one) => one.segment)
    for (const run of bySegment.values()) this.#writeRun(run, made)
    assert(frame.length > 0, 'the frame still holds the bodies')
  }

  #writeRun(run: readonly Placed[], made: Placed[]): void {
    const { bytes } = this.#stage.frame
    const { partition, segment, entry: first } = run[0]!
    const { bodyAt, bodyLength } = run.at(-1)!.entry
    let size = 0
    for (const { entry } of run) size += entry.bodyLength
    let whole: Uint8Array = bytes.subarray(first.bodyAt, bodyAt + bodyLength)
    if (whole.length !== size) {
      whole = new Uint8Array(size)
      let at = 0
      for (const { entry } of run) {
        whole.set(bytes.subarray(entry.bodyAt, entry.bodyAt + entry.bodyLength), at)
        at += entry.bodyLength
      }
    }
    // Noted before the write: when it fails, the file may be there all the same.
    if (!segment.created) {
      made.push(run[0]!)
      this.#sealBefore(partition, segment)
    }
    this.#files.write(partition, segment, whole, first.segmentPosition)
  }

  /** The segment before a new one is sealed: nothing may lie behind its end, since walks go to the file's end. */
  #sealBefore(partition: Partition, segment: Segment): void {
    const sealed = partition.segments[partition.segments.indexOf(segment) - 1]
    if (sealed?.created) {
      this.#files.trim(partition, sealed)
      this.#cleaner.noteSealed(partition, sealed)
    }
  }

  /** A group that could not be written: a full disk undoes it, everything else is final. */
  #giveUp(error: unknown, made: readonly Placed[]): 'full' | 'failed' {
    if (!isDiskFull(error)) {
      this.#fail(error)
      return 'failed'
    }
    try {
      for (const { partition, segment } of made) this.#files.takeBack(partition, segment)
    } catch (second) {
      this.#fail(second)
      return 'failed'
    }
    this.#undoStaged()
    // A reader may have listed the files while the taken back ones were there.
    for (const { partition } of made) {
      partition.segmentsVersion++
      if (this.#state.byId.has(partition.topic.id)) this.#publisher.publishPartition(partition)
    }
    return 'full'
  }

  #fail(error: unknown): void {
    if (!isDiskError(error)) throw error
    this.#failure = error.message
    this.#undoStaged()
  }

  #undoStaged(): void {
    this.#stage.rewind({ bodies: this.#stage.frame.length, entries: 0, placed: 0, undo: 0, aborted: 0 })
    this.#stage.frame.reset()
    this.#clearStaged()
  }

  #clearStaged(): void {
    this.#stage.clear()
    const staged = this.#staged
    staged.topics = false
    staged.owners.clear()
    staged.partitions.clear()
    staged.deleted.length = 0
    staged.trash.length = 0
  }

  /** What the group changed becomes visible: partitions first, then the topics that name them, then owners. */
  #publish(): void {
    const staged = this.#staged
    for (const { partition } of this.#stage.placed) staged.partitions.add(partition)
    if (staged.topics) {
      for (const entry of this.#stage.entries) {
        if (entry.kind !== 'topic') continue
        for (const partition of this.#state.byId.get(entry.id)?.partitions ?? []) staged.partitions.add(partition)
      }
    }
    for (const { partition, entry } of this.#stage.aborted) this.#publisher.aborted.add(partition.slot, entry)
    // Keys before the rows that are committed with them: whoever sees the rows finds their keys.
    for (const partition of staged.partitions)
      if (partition.topic.name === keysTopicName) this.#publisher.publishPartition(partition)
    for (const partition of staged.partitions) {
      this.#publisher.publishPartition(partition)
      this.#advances.set(partition.slot, partition.end)
    }
    for (const topic of staged.deleted)
      for (const partition of topic.partitions) this.#publisher.publishDeleted(partition)
    if (staged.topics) this.#publisher.publishTopics(this.#state)
    if (staged.owners.size > 0) this.#publisher.publishOwners(this.#state, staged.owners)
  }

  takeAdvances(): { slot: number; endOffset: number }[] {
    const taken = [...this.#advances].map(([slot, endOffset]) => ({ slot, endOffset }))
    this.#advances.clear()
    return taken
  }

  maintain(): boolean {
    if (this.#failure !== undefined) return false
    assert(this.#stage.entries.length === 0, 'nothing is staged while the log maintains itself')
    try {
      return this.#maintain()
    } catch (error) {
      this.#fail(error)
      return false
    }
  }

  #maintain(): boolean {
    const nowMs = this.#clock.monotonicMs()
    if (
      this.#durability === 'interval' &&
      !this.#journal.isSynced &&
      nowMs - this.#syncedAtMs >= this.#limits.syncIntervalMs
    ) {
      this.#journal.sync()
      this.#syncedAtMs = nowMs
    }
    if (this.#publisher.aborted.count > 2 * this.#state.abortedCount + 1000)
      this.#publisher.aborted.replace(this.#state)
    if (this.#checkpointer.step()) return true
    if (nowMs - this.#expiredAtMs >= this.#limits.retentionIntervalMs * 6) {
      this.#expiredAtMs = nowMs
      this.#expireProducers()
    }
    const work = this.#cleaner.step()
    if (!work) return false
    if (work.kind === 'start') {
      this.#moveStart(work.partition, work.offset)
      this.sync() // Full: it is found again at the next look.
    } else {
      const [state, files, journal, publisher] = [this.#state, this.#files, this.#journal, this.#publisher]
      keepUp(work, { state, files, journal, publisher, checkpointer: this.#checkpointer, cleaner: this.#cleaner })
    }
    return true
  }

  #expireProducers(): void {
    const { producerExpiryMs: expiryMs, producersPerPartitionMax: countMax } = this.#limits
    const nowMs = this.#clock.nowMs()
    for (const partition of [...this.#state.byId.values()].flatMap(({ partitions }) => partitions)) {
      for (const id of expiredProducers(partition.producers, { nowMs, expiryMs, countMax }))
        setProducer(this.#state, partition, id, undefined)
    }
  }

  idleMs(): number {
    if (this.#failure !== undefined) return Infinity
    const nowMs = this.#clock.monotonicMs()
    const syncMs =
      this.#durability === 'interval' && !this.#journal.isSynced
        ? this.#syncedAtMs + this.#limits.syncIntervalMs - nowMs
        : Infinity
    return Math.max(0, Math.min(syncMs, this.#cleaner.idleMs(), this.#checkpointer.idleMs()))
  }

  last(owner: string): LastCommit | undefined {
    return this.#state.owners.get(owner)
  }

  damages(): Damage[] {
    const partitions = [...this.#state.byId.values()].flatMap((topic) => topic.partitions)
    return partitions.flatMap(({ damage }) => damage ?? [])
  }

  close(): void {
    assert(this.#stage.entries.length === 0, 'what was staged is written before closing')
    if (this.#failure === undefined) {
      try {
        this.#journal.sync()
        this.#checkpointer.runNow(new Set())
        this.#journal.close(true)
      } catch (error) {
        // No checkpoint then: the next start replays the journal instead.
        this.#fail(error)
        this.#journal.close(false)
      }
    } else this.#journal.close(false)
    this.#files.close()
  }
}
