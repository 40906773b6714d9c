// What the tortured process and the one that kills it agree on.
export const topic = 'torture'
export const partitionCount = 3
export const owner = 'pipeline/torture'
export const outputs = [
  { topic, partition: 0 },
  { topic, partition: 1 },
] as const
/** Each value's length; short ones are padded. */
export const recordBytes = 200

export type TortureLine =
  | { readonly kind: 'up' }
  | {
      readonly kind: 'append'
      readonly partition: number
      readonly baseOffset: number
      readonly values: readonly string[]
    }
  | { readonly kind: 'submit'; readonly epoch: number }
  | { readonly kind: 'commit'; readonly epoch: number }
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

/** Kills a process at random moments and checks after each; the log's is here, a whole node's may follow. */
export interface TortureReport {
  readonly kills: number
  readonly acknowledged: number
  /** Of both outcomes. */
  readonly transactions: number
  /** Milliseconds that the log took to open after each kill. */
  readonly openMs: readonly number[]
}
