// The log in one thread: every call is staged, synced and answered at once. For tests, the simulation and small tools.
import { assert, MillraceError, type Disk } from '../base/index.ts'
import type { CommitGroup, CommitOutcome, LastCommit } from '../model/index.ts'
import type { LogLimits } from './limits.ts'
import type {
  AppendOutcome,
  ChangeOutcome,
  DeleteRecordsOutcome,
  Log,
  LogClient,
  LogReader,
  NewTopic,
  Refusal,
  TopicOutcome,
} from './log-types.ts'
import { openLogReader } from './reader.ts'
import { TopicsReader } from './share.ts'

export interface LocalLog extends LogClient, LogReader {
  readonly log: Log
  appendNow(topic: string, partition: number, batches: Uint8Array): AppendOutcome
  createTopicNow(topic: NewTopic): TopicOutcome
  commitNow(group: CommitGroup): CommitOutcome
}

/** @param disk the one that the log was created with */
export function createLocalLog(log: Log, disk: Disk, limits: Partial<LogLimits> = {}): LocalLog {
  const reader = openLogReader(log.share, disk, { limits })
  const outcomes = new Map<string, CommitOutcome>()
  const callbacks: ((topic: string, partition: number, endOffset: number) => void)[] = []

  const topics = new TopicsReader(log.share)
  const places = (): Map<number, { topic: string; partition: number }> =>
    new Map(
      topics
        .read()
        .flatMap(({ name, slots }) => slots.map((slot, partition) => [slot, { topic: name, partition }] as const)),
    )
  const tellAdvances = (): void => {
    if (callbacks.length === 0) return
    for (const { slot, endOffset } of log.takeAdvances()) {
      const place = places().get(slot)
      if (place) for (const callback of callbacks) callback(place.topic, place.partition, endOffset)
    }
  }
  const settle = <Outcome extends { ok: true }>(outcome: Outcome | Refusal): Outcome | Refusal => {
    const synced = log.sync()
    tellAdvances()
    if (!outcome.ok || synced === 'synced') return outcome
    return { ok: false, error: 56, message: synced === 'full' ? 'no room left on the disk' : 'the disk failed' }
  }
  const commitNow = (group: CommitGroup): CommitOutcome => {
    const outcome = log.commit(group)
    const synced = log.sync()
    tellAdvances()
    if (!outcome.ok || synced === 'synced') return outcome
    return {
      ok: false,
      reason: synced === 'full' ? 'retry' : 'failed',
      message: synced === 'full' ? 'no room left on the disk' : 'the disk failed',
    }
  }
  const appendNow = (topic: string, partition: number, batches: Uint8Array): AppendOutcome =>
    settle(log.append(topic, partition, batches))
  const createTopicNow = (topic: NewTopic): TopicOutcome => settle(log.createTopic(topic))

  return {
    log,
    appendNow,
    createTopicNow,
    commitNow,
    append: async (topic, partition, batches, options) => settle(log.append(topic, partition, batches, options)),
    appendAll: async (appends) => settle(log.appendAll(appends)),
    endTransaction: async (request) => settle(log.endTransaction(request)),
    openTransactions: async () => log.openTransactions(),
    producers: async (topic, partition) => log.producers(topic, partition),
    createTopic: async (topic) => createTopicNow(topic),
    deleteTopic: async (name): Promise<ChangeOutcome> => settle(log.deleteTopic(name)),
    alterTopic: async (name, configs): Promise<ChangeOutcome> => settle(log.alterTopic(name, configs)),
    addPartitions: async (name, count): Promise<ChangeOutcome> => settle(log.addPartitions(name, count)),
    deleteRecords: async (topic, partition, before): Promise<DeleteRecordsOutcome> =>
      settle(log.deleteRecords(topic, partition, before)),
    async nextProducerId() {
      const outcome = settle(log.nextProducerId())
      if (!outcome.ok) throw new MillraceError('MR-LOG-005', { details: { reason: outcome.message } })
      return outcome.producerId
    },
    submit(group) {
      assert(!outcomes.has(group.owner), 'the outcome of the group before was taken')
      outcomes.set(group.owner, commitNow(group))
      return true
    },
    outcome(owner) {
      const outcome = outcomes.get(owner)
      outcomes.delete(owner)
      return outcome
    },
    last: (owner): LastCommit | undefined => log.last(owner),
    poll: () => void log.maintain(),
    onAdvance: (callback) => void callbacks.push(callback),
    pendingBytes: 0,
    topics: () => reader.topics(),
    topic: (name) => reader.topic(name),
    topicById: (id) => reader.topicById(id),
    partitionCount: (topic) => reader.partitionCount(topic),
    startOffset: (topic, partition) => reader.startOffset(topic, partition),
    endOffset: (topic, partition) => reader.endOffset(topic, partition),
    highWatermark: (topic, partition) => reader.highWatermark(topic, partition),
    read: (topic, partition, offset, bytesMax) => reader.read(topic, partition, offset, bytesMax),
    readUncommitted: (topic, partition, offset, bytesMax, options) =>
      reader.readUncommitted(topic, partition, offset, bytesMax, options),
    abortedTransactions: (topic, partition, from, to) => reader.abortedTransactions(topic, partition, from, to),
    listOffsetForTime: (topic, partition, timestampMs, end) =>
      reader.listOffsetForTime(topic, partition, timestampMs, end),
    maxTimestamp: (topic, partition) => reader.maxTimestamp(topic, partition),
    leaderEpochs: (topic, partition) => reader.leaderEpochs(topic, partition),
    sizeBytes: (topic, partition) => reader.sizeBytes(topic, partition),
    status: (topic, partition) => reader.status(topic, partition),
    close() {
      reader.close()
      log.close()
    },
  }
}
