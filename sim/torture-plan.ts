// What the tortured process and the one that kills it agree on.
import type { NewTopic } from '../src/log/index.ts'

/** Idempotent producers, one a partition, and the pipeline's commits; nothing is ever taken away. */
export const topic = 'torture'
export const partitionCount = 3
export const owner = 'pipeline/torture'
export const outputs = [
  { topic, partition: 0 },
  { topic, partition: 1 },
] as const

/** Written by producers without an id; the second loses its old segments, the third all but the last of each key. */
export const plainTopics: readonly NewTopic[] = [
  { name: 'torture-plain', partitionCount: 1 },
  {
    name: 'torture-short',
    partitionCount: 1,
    configs: { 'retention.bytes': '200000', 'segment.bytes': '65536', 'segment.ms': '1000' },
  },
  {
    name: 'torture-compacted',
    partitionCount: 1,
    configs: { 'cleanup.policy': 'compact', 'min.cleanable.dirty.ratio': '0.2', 'max.compaction.lag.ms': '1000' },
  },
]
export const keysOf = (name: string): number => (name === 'torture-compacted' ? 40 : 0)

/** A consumer group that commits by itself, beside the pipeline's and those in transactions. */
export const group = 'torture-readers'

/** Bytes that each record carries in a header, beside its short value. */
export const paddingBytes = 150

export type TortureLine =
  | { readonly kind: 'up'; readonly openMs: number }
  | {
      readonly kind: 'append'
      readonly topic: string
      readonly partition: number
      readonly baseOffset: number
      readonly values: readonly string[]
      readonly keys?: readonly string[]
    }
  | { readonly kind: 'submit'; readonly epoch: number }
  | { readonly kind: 'commit'; readonly epoch: number }
  | { readonly kind: 'offset'; readonly offset: number }
  | { readonly kind: 'transaction'; readonly by: string; readonly number: number }
  | {
      readonly kind: 'within'
      readonly by: string
      readonly number: number
      readonly record: { readonly partition: number; readonly offset: number; readonly value: string }
    }
  | {
      readonly kind: 'ended'
      readonly by: string
      readonly number: number
      readonly commits: boolean
      /** Of the group, committed with it. */
      readonly offset: number | null
    }

/** Kills a process at random moments and checks after some of them; the log's is here, a whole node's in torture-demo.ts. */
export interface TortureReport {
  readonly kills: number
  /** Of those, how many came before the log was open again. */
  readonly whileOpening: number
  readonly checks: number
  readonly acknowledged: number
  /** Of both outcomes. */
  readonly transactions: number
  /** Milliseconds that the log took to open, in each life that came so far. */
  readonly openMs: readonly number[]
}
