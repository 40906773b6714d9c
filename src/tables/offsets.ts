// Where a table stands in its topic, as its snapshots say: per partition [from, to), rows and dead rows. The newest snapshot that
// carries it is the truth at recovery.
// Invariant: a commit's `from` is its parent's `to`, so that no row is doubled or lost.
import { assert } from '../base/index.ts'

export interface PartitionRange {
  readonly partition: number
  /** Offsets of the topic, `to` excluded. */
  readonly from: number
  readonly to: number
  /** Changes decoded from the range. */
  readonly rows: number
  /** Records of the range that could not be decoded; counted, not in the table. */
  readonly dead: number
}
export interface TopicRange {
  readonly topic: string
  /** A topic made anew under the old name has another; undefined where the log gives none. */
  readonly topicId?: string
  readonly partitions: readonly PartitionRange[]
}

/** Keys of a snapshot's summary. */
export const summaryKeys = {
  topic: 'millrace.topic',
  topicId: 'millrace.topic-id',
  offsets: 'millrace.offsets',
  rows: 'millrace.rows',
  dead: 'millrace.rows-dead',
} as const

export function summaryOf(range: TopicRange): Record<string, string> {
  const sum = (of: (p: PartitionRange) => number): string =>
    String(range.partitions.reduce((total, p) => total + of(p), 0))
  return {
    [summaryKeys.topic]: range.topic,
    ...(range.topicId === undefined ? {} : { [summaryKeys.topicId]: range.topicId }),
    [summaryKeys.offsets]: JSON.stringify(range.partitions),
    [summaryKeys.rows]: sum((p) => p.rows),
    [summaryKeys.dead]: sum((p) => p.dead),
  }
}

/** undefined when the snapshot carries none. @throws SyntaxError when it is not what summaryOf writes */
export function rangeOf(summary: Readonly<Record<string, string>> | undefined): TopicRange | undefined {
  const topic = summary?.[summaryKeys.topic]
  const text = summary?.[summaryKeys.offsets]
  if (topic === undefined || text === undefined) return undefined
  const list = JSON.parse(text) as PartitionRange[]
  if (!Array.isArray(list)) throw new SyntaxError(`${summaryKeys.offsets} is no list`)
  for (const p of list) {
    const numbers = [p.partition, p.from, p.to, p.rows, p.dead]
    if (!numbers.every((n) => Number.isSafeInteger(n) && n >= 0) || p.from > p.to)
      throw new SyntaxError(`${summaryKeys.offsets} is damaged`)
  }
  const topicId = summary?.[summaryKeys.topicId]
  return { topic, ...(topicId === undefined ? {} : { topicId }), partitions: list }
}

/** Asserts that a range goes on exactly where its parent ended. New partitions begin anywhere. */
export function assertFollows(parent: TopicRange | undefined, next: TopicRange): void {
  if (!parent) return
  assert(parent.topic === next.topic, 'a table stays with its topic')
  for (const before of parent.partitions) {
    const after = next.partitions.find((p) => p.partition === before.partition)
    assert(after && after.from === before.to, `partition ${before.partition} goes on where the last commit ended`)
  }
}

/** The same positions with nothing read: for snapshots that only rewrite files. */
export function standingStill(range: TopicRange): TopicRange {
  return {
    ...range,
    partitions: range.partitions.map((p) => ({ partition: p.partition, from: p.to, to: p.to, rows: 0, dead: 0 })),
  }
}
