// A log in memory for this room's own tests: the face of the real one, nothing durable. Used by no other code.
import { placeRecordBatch, readRecordBatchHeader } from '../../model/index.ts'
import type { ServerLog, ServerReader, TopicInfo } from './log-face.ts'

interface StoredBatch {
  readonly base: number
  readonly last: number
  readonly maxTimestampMs: number
  readonly bytes: Uint8Array
}

export interface MemoryLog {
  readonly log: ServerLog
  readonly reader: ServerReader
  /** Answers appends only when `release` is called. */
  hold(): void
  release(): void
}

type Topics = Map<string, TopicInfo & { batches: StoredBatch[][]; starts: number[] }>

const endOf = (batches: StoredBatch[]): number => (batches.at(-1)?.last ?? -1) + 1

export function createMemoryLog(): MemoryLog {
  const topics: Topics = new Map()
  let advance: (topic: string, partition: number, end: number) => void = () => {}
  let next = 1
  let held: (() => void)[] | undefined
  const refusal = (error: number, message: string) => ({ ok: false, error, message }) as const
  const log: ServerLog = {
    pendingBytes: 0,
    async append(topic, partition, sent) {
      const batches = topics.get(topic)?.batches[partition]
      if (!batches) return refusal(3, 'no such partition')
      const bytes = sent.slice()
      const header = readRecordBatchHeader(bytes)
      const base = endOf(batches)
      placeRecordBatch(bytes, base, 0)
      const last = base + header.lastOffsetDelta
      batches.push({ base, last, maxTimestampMs: header.maxTimestampMs, bytes })
      if (held) await new Promise<void>((resolve) => held!.push(resolve))
      advance(topic, partition, endOf(batches))
      return { ok: true, baseOffset: base, logAppendTimeMs: -1, logStartOffset: 0 }
    },
    async appendAll(appends) {
      const baseOffsets: number[] = []
      for (const { topic, partition, batches } of appends) {
        const outcome = await log.append(topic, partition, batches)
        if (!outcome.ok) return outcome
        baseOffsets.push(outcome.baseOffset)
      }
      return { ok: true, baseOffsets }
    },
    // Transactions are tested on the real log.
    endTransaction: () => Promise.resolve(refusal(-1, 'not here')),
    openTransactions: () => Promise.resolve([]),
    producers: () => Promise.resolve(refusal(-1, 'not here')),
    async createTopic({ name, partitionCount, configs = {}, internal = false }) {
      if (topics.has(name)) return refusal(36, 'exists')
      if (partitionCount > 100) return refusal(44, 'too many partitions')
      const id = `00000000-0000-4000-8000-${String(next++).padStart(12, '0')}`
      const batches = Array.from({ length: partitionCount }, (): StoredBatch[] => [])
      topics.set(name, { name, id, partitionCount, configs, internal, batches, starts: batches.map(() => 0) })
      return { ok: true, id }
    },
    async deleteTopic(name) {
      return topics.delete(name) ? { ok: true } : refusal(3, 'no such topic')
    },
    async alterTopic(name, configs) {
      const topic = topics.get(name)
      if (!topic) return refusal(3, 'no such topic')
      topics.set(name, { ...topic, configs })
      return { ok: true }
    },
    async addPartitions(name, count) {
      const topic = topics.get(name)
      if (!topic) return refusal(3, 'no such topic')
      if (count > 100) return refusal(44, 'too many partitions')
      while (topic.batches.length < count) {
        topic.batches.push([])
        topic.starts.push(0)
      }
      topics.set(name, { ...topic, partitionCount: count })
      return { ok: true }
    },
    async deleteRecords(name, partition, before) {
      const topic = topics.get(name)!
      topic.starts[partition] = before < 0 ? endOf(topic.batches[partition]!) : before
      return { ok: true, logStartOffset: topic.starts[partition]! }
    },
    nextProducerId: () => Promise.resolve(BigInt(next++)),
    onAdvance(callback) {
      advance = callback
    },
  }
  const reader = readerOf(topics)
  return {
    log,
    reader,
    hold: () => void (held = []),
    release() {
      for (const resolve of held ?? []) resolve()
      held = undefined
    },
  }
}

function readerOf(topics: Topics): ServerReader {
  return {
    topics: () => [...topics.values()],
    topic: (name) => topics.get(name),
    topicById: (id) => [...topics.values()].find((topic) => topic.id === id),
    partitionCount: (name) => topics.get(name)?.partitionCount,
    startOffset: (name, partition) => topics.get(name)!.starts[partition]!,
    endOffset: (name, partition) => endOf(topics.get(name)!.batches[partition]!),
    highWatermark: (name, partition) => endOf(topics.get(name)!.batches[partition]!),
    abortedTransactions: () => [],
    readUncommitted(name, partition, offset, bytesMax) {
      const parts: Uint8Array[] = []
      let size = 0
      for (const batch of topics.get(name)!.batches[partition]!) {
        if (batch.last < offset) continue
        if (parts.length > 0 && size + batch.bytes.length > bytesMax) break
        parts.push(batch.bytes)
        size += batch.bytes.length
      }
      return new Uint8Array(Buffer.concat(parts))
    },
    listOffsetForTime(name, partition, timestampMs) {
      const found = topics.get(name)!.batches[partition]!.find((batch) => batch.maxTimestampMs >= timestampMs)
      return found && { offset: found.base, timestampMs: found.maxTimestampMs }
    },
    maxTimestamp(name, partition) {
      const newest = topics.get(name)!.batches[partition]!.toSorted((a, b) => b.maxTimestampMs - a.maxTimestampMs)[0]
      return newest && { offset: newest.last, timestampMs: newest.maxTimestampMs }
    },
    leaderEpochs: () => [[0, 0]],
    sizeBytes: (name, partition) =>
      topics.get(name)!.batches[partition]!.reduce((sum, { bytes }) => sum + bytes.length, 0),
    status: () => 'online',
  }
}
