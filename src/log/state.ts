// What the log worker knows: topics, partitions with their segments and producers, owners' last commits. Plain data; the
// core changes it, a checkpoint is a picture of it, recovery builds it again.
import { assert } from '../base/index.ts'
import type { LastCommit } from '../model/index.ts'
import type { Damage, TopicInfo } from './log-types.ts'
import { firstEpochs, nextLeaderEpochs, type LeaderEpochs } from './leader-epochs.ts'
import type { ProducerState } from './producers.ts'
import { forgetOpen, recallOpen, type AbortedTransaction } from './transactions.ts'

export interface Segment {
  readonly baseOffset: number
  /** Grows by one each time the segment is compacted into a new file. */
  readonly generation: number
  /** Bytes of the file that count, the header included. */
  size: number
  /** -1 while there is no record. */
  maxTimestampMs: number
  /** False until its file exists. */
  created: boolean
}

export interface Partition {
  readonly topic: Topic
  readonly index: number
  readonly slot: number
  start: number
  /** The next offset to give; what is readable is published in shared memory. */
  end: number
  /** By base offset; the last one is written to, the others are sealed. Empty until the first append. */
  segments: Segment[]
  /** Changed by setProducer only. */
  readonly producers: Map<number, ProducerState>
  /** Producers with an open transaction, and where it begins. */
  readonly open: Map<number, number>
  /** In order of their last offsets; those wholly below the start are gone. */
  aborted: AbortedTransaction[]
  damage: Damage | undefined
  epochs: LeaderEpochs
  /** Counts changes of the list of segments, so that readers look anew. */
  segmentsVersion: number
}

export interface Topic extends TopicInfo {
  partitionCount: number
  configs: Readonly<Record<string, string>>
  readonly partitions: Partition[]
}

export interface LogState {
  readonly byName: Map<string, Topic>
  readonly byId: Map<string, Topic>
  readonly owners: Map<string, LastCommit>
  /** Owners whose last commit is unknown after damage. */
  readonly brokenOwners: Set<string>
  /** Partitions in which a producer has a transaction open. */
  readonly open: Map<number, Set<Partition>>
  /** Aborted transactions of all partitions. */
  abortedCount: number
  nextProducerId: number
  /** Restores of backups that this log went through. */
  restores: number
  nextSlot: number
}

export function emptyState(): LogState {
  return {
    byName: new Map(),
    byId: new Map(),
    owners: new Map(),
    brokenOwners: new Set(),
    open: new Map(),
    abortedCount: 0,
    nextProducerId: 1000,
    restores: 0,
    nextSlot: 0,
  }
}

export function addTopic(state: LogState, info: TopicInfo): Topic {
  assert(!state.byName.has(info.name) && !state.byId.has(info.id), 'the topic is new')
  const topic: Topic = { ...info, partitionCount: 0, partitions: [] }
  growTopic(state, topic, info.partitionCount)
  state.byName.set(topic.name, topic)
  state.byId.set(topic.id, topic)
  return topic
}

export function growTopic(state: LogState, topic: Topic, partitionCount: number): void {
  while (topic.partitions.length < partitionCount) {
    topic.partitions.push({
      topic,
      index: topic.partitions.length,
      slot: state.nextSlot++,
      start: 0,
      end: 0,
      segments: [],
      producers: new Map(),
      open: new Map(),
      aborted: [],
      damage: undefined,
      epochs: firstEpochs,
      segmentsVersion: 0,
    })
  }
  topic.partitionCount = partitionCount
}

/**
 * The log is being opened: a new leadership of every partition, before any write.
 * @param starts since the checkpoint, this one included, or more: each epoch is above those of starts that left no trace
 */
export function beginEpochs(state: LogState, starts: number): void {
  for (const topic of state.byId.values())
    for (const partition of topic.partitions) partition.epochs = nextLeaderEpochs(partition.epochs, partition, starts)
}

export function removeTopic(state: LogState, topic: Topic): void {
  state.byName.delete(topic.name)
  state.byId.delete(topic.id)
  for (const partition of topic.partitions) {
    forgetOpen(state, partition)
    state.abortedCount -= partition.aborted.length
  }
}

/** Undoes removeTopic. */
export function recallTopic(state: LogState, topic: Topic): void {
  state.byName.set(topic.name, topic)
  state.byId.set(topic.id, topic)
  for (const partition of topic.partitions) {
    recallOpen(state, partition)
    state.abortedCount += partition.aborted.length
  }
}

export const segmentsFolder = 'log/partitions'

export function partitionFolder(topicId: string, partition: number): string {
  return `${segmentsFolder}/${topicId}.${partition}`
}

/** Offsets are padded, so that names sort as offsets do. */
export function segmentPath(
  topicId: string,
  partition: number,
  segment: { baseOffset: number; generation: number },
): string {
  const name = `${String(segment.baseOffset).padStart(20, '0')}.${segment.generation}.segment`
  return `${partitionFolder(topicId, partition)}/${name}`
}
export const pathOf = (partition: Partition, segment: Segment): string =>
  segmentPath(partition.topic.id, partition.index, segment)

/** Reads a segment's name; undefined for other files. */
export function parseSegmentName(name: string): { baseOffset: number; generation: number } | undefined {
  const match = /^(\d{20})\.(\d+)\.segment$/.exec(name)
  return match ? { baseOffset: Number(match[1]), generation: Number(match[2]) } : undefined
}

export interface TopicSettings {
  readonly compact: boolean
  readonly delete: boolean
  /** -1: no limit. */
  readonly retentionMs: number
  readonly retentionBytes: number
  readonly segmentBytes: number
  readonly logAppendTime: boolean
  readonly deleteRetentionMs: number
  /** How old a record is before compaction looks at it. */
  readonly minCompactionLagMs: number
}

const numberConfigs = [
  'retention.ms',
  'retention.bytes',
  'segment.bytes',
  'delete.retention.ms',
  'min.compaction.lag.ms',
] as const
const policies = new Set(['delete', 'compact'])

/** What a topic's configs mean to the log; Kafka's defaults. O(configs). */
export function topicSettings(configs: Readonly<Record<string, string>>): TopicSettings {
  const policy = (configs['cleanup.policy'] ?? 'delete').split(',').map((one) => one.trim())
  return {
    compact: policy.includes('compact'),
    delete: policy.includes('delete'),
    retentionMs: Number(configs['retention.ms'] ?? 7 * 24 * 3600_000),
    retentionBytes: Number(configs['retention.bytes'] ?? -1),
    segmentBytes: Number(configs['segment.bytes'] ?? Infinity),
    logAppendTime: configs['message.timestamp.type'] === 'LogAppendTime',
    deleteRetentionMs: Number(configs['delete.retention.ms'] ?? 24 * 3600_000),
    minCompactionLagMs: Number(configs['min.compaction.lag.ms'] ?? 0),
  }
}

/** Why these configs cannot be; undefined when they can. Configs that mean nothing to the log are kept and not judged. */
export function checkConfigs(configs: Readonly<Record<string, string>>): string | undefined {
  for (const name of numberConfigs) {
    const value = configs[name]
    if (value !== undefined && !/^-?\d{1,15}$/.test(value)) return `${name} is "${value}", not a number`
  }
  const segmentBytes = configs['segment.bytes']
  if (segmentBytes !== undefined && Number(segmentBytes) < 1024) return 'segment.bytes is below 1024'
  const policy = configs['cleanup.policy']
  if (policy !== undefined && !policy.split(',').every((one) => policies.has(one.trim()))) {
    return `cleanup.policy is "${policy}", not delete, compact or both`
  }
  const time = configs['message.timestamp.type']
  if (time !== undefined && time !== 'CreateTime' && time !== 'LogAppendTime')
    return `message.timestamp.type is "${time}"`
  return undefined
}
