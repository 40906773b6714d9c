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
  /** When the first append to it happened, by the log's clock; -1 when that is not known, or before any. */
  firstMs: number
}

/** How far compaction has come in a partition. */
export interface Cleaned {
  /** Below it every key has at most one record. */
  readonly to: number
  /** When tombstones or markers that were kept may go; Infinity when none waits. */
  readonly horizonMs: number
}

export const neverCleaned: Cleaned = { to: 0, horizonMs: Infinity }

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
  cleaned: Cleaned
  /** Counts changes of the list of segments, so that readers look anew. */
  segmentsVersion: number
}

export interface Topic extends TopicInfo {
  partitionCount: number
  configs: Readonly<Record<string, string>>
  readonly partitions: Partition[]
}

/** One opening of the log. */
export interface LogStart {
  /** Of the journal file that began then; they grow. */
  readonly journal: number
  /** That file's salt: no other opening has it, of a copy of the folder neither. */
  readonly salt: string
  /** The first frame that may have been written. */
  readonly sequence: number
}

/** Openings that are remembered. */
const startsMax = 256

export function noteStart(state: LogState, start: LogStart): void {
  state.starts = [...state.starts, start].slice(-startsMax)
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
  /** The last times that the log was opened, the oldest first: by them copies of a folder are told apart. */
  starts: readonly LogStart[]
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
    starts: [],
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
      cleaned: neverCleaned,
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
  /** How long a record may stay before compaction must have looked at it; Infinity when there is no such limit. */
  readonly maxCompactionLagMs: number
  /** The part of the partition that was never cleaned, from which on compaction is worth it; from 0 to 1. */
  readonly minDirtyRatio: number
  /** Age at which a segment is sealed; Infinity when only its size decides. */
  readonly segmentMs: number
}

const numberConfigs = [
  'retention.ms',
  'retention.bytes',
  'segment.bytes',
  'delete.retention.ms',
  'min.compaction.lag.ms',
  'max.compaction.lag.ms',
  'segment.ms',
] as const
/** From here on a time means that there is no limit. */
const endlessMs = 2 ** 53

const durationOf = (value: string): number => (Number(value) >= endlessMs ? Infinity : Number(value))

const policies = new Set(['delete', 'compact'])

/** True when a segment has been written to for so long that it is sealed (segment.ms, max.compaction.lag.ms). */
export const isAged = (segment: Segment, { segmentMs }: TopicSettings, nowMs: number): boolean =>
  segment.firstMs >= 0 && nowMs - segment.firstMs >= segmentMs

/** What a topic's configs mean to the log; Kafka's defaults. O(configs). */
export function topicSettings(configs: Readonly<Record<string, string>>): TopicSettings {
  const policy = (configs['cleanup.policy'] ?? 'delete').split(',').map((one) => one.trim())
  const compact = policy.includes('compact')
  const maxCompactionLagMs = durationOf(configs['max.compaction.lag.ms'] ?? 'Infinity')
  const segmentMs = durationOf(configs['segment.ms'] ?? String(7 * 24 * 3600_000))
  return {
    compact,
    delete: policy.includes('delete'),
    retentionMs: Number(configs['retention.ms'] ?? 7 * 24 * 3600_000),
    retentionBytes: Number(configs['retention.bytes'] ?? -1),
    segmentBytes: Number(configs['segment.bytes'] ?? Infinity),
    logAppendTime: configs['message.timestamp.type'] === 'LogAppendTime',
    deleteRetentionMs: Number(configs['delete.retention.ms'] ?? 24 * 3600_000),
    minCompactionLagMs: durationOf(configs['min.compaction.lag.ms'] ?? '0'),
    maxCompactionLagMs: compact ? maxCompactionLagMs : Infinity,
    minDirtyRatio: Number(configs['min.cleanable.dirty.ratio'] ?? 0.5),
    segmentMs: compact ? Math.min(segmentMs, maxCompactionLagMs) : segmentMs,
  }
}

/** Why these configs cannot be; undefined when they can. Configs that mean nothing to the log are kept and not judged. */
export function checkConfigs(configs: Readonly<Record<string, string>>): string | undefined {
  for (const name of numberConfigs) {
    const value = configs[name]
    if (value !== undefined && !/^-?\d{1,19}$/.test(value)) return `${name} is "${value}", not a number`
  }
  const minLagMs = Number(configs['min.compaction.lag.ms'] ?? 0)
  const maxLagMs = Number(configs['max.compaction.lag.ms'] ?? Infinity)
  if (maxLagMs < 1) return 'max.compaction.lag.ms is below 1'
  if (minLagMs > maxLagMs) return `min.compaction.lag.ms (${minLagMs}) is above max.compaction.lag.ms (${maxLagMs})`
  const segmentBytes = configs['segment.bytes']
  if (segmentBytes !== undefined && Number(segmentBytes) < 1024) return 'segment.bytes is below 1024'
  const policy = configs['cleanup.policy']
  // An empty one keeps everything.
  if (policy !== undefined && policy !== '' && !policy.split(',').every((one) => policies.has(one.trim()))) {
    return `cleanup.policy is "${policy}", not delete, compact or both`
  }
  const time = configs['message.timestamp.type']
  if (time !== undefined && time !== 'CreateTime' && time !== 'LogAppendTime')
    return `message.timestamp.type is "${time}"`
  return undefined
}
