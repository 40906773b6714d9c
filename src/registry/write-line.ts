// Writes to _schemas, one decision after another and many to one append. A decision sees all decisions before it, also those
// whose records are still on their way to the disk; readers see only what is durable; an answer comes only when every record
// that it rests on is durable and was read back. When an append fails, everything that was decided on top of it fails too.
import { assert } from '../base/index.ts'
import type { Decision } from './decisions.ts'
import { registryLimits } from './limits.ts'
import { readSchemasRecord, type SchemasRecord } from './records.ts'
import { refusals } from './registry-types.ts'
import type { RegistryState } from './state.ts'
import type { TopicTail } from './tail.ts'

/** Records of decisions that are appended together; settled when they are durable and readable, or failed. */
interface Group {
  readonly records: SchemasRecord[]
  bytes: number
  readonly settled: PromiseWithResolvers<void>
}

export class WriteLine {
  readonly #durable: RegistryState
  readonly #tail: TopicTail
  readonly #append: (records: readonly SchemasRecord[]) => Promise<number>
  /** The durable state and what is on its way; kept while nobody else writes to the topic. */
  #ahead: RegistryState | undefined
  /** In order; the first one is on its way. */
  #groups: Group[] = []
  #flying = false
  #waiting = 0

  constructor(tail: TopicTail, durable: RegistryState, append: (records: readonly SchemasRecord[]) => Promise<number>) {
    this.#tail = tail
    this.#durable = durable
    this.#append = append
  }

  /** Throws what `decide` throws, and what the append throws. */
  async run<T>(decide: (state: RegistryState) => Decision<T>): Promise<T> {
    if (this.#waiting >= registryLimits.waitingWritesMax) throw refusals.storeFailed('too many writes are waiting')
    const { records, answer } = decide(this.#decisionState())
    const group = records.length > 0 ? this.#join(records) : this.#groups.at(-1)
    if (!group) return answer
    this.#waiting++
    try {
      await group.settled.promise
      return answer
    } finally {
      this.#waiting--
    }
  }

  #decisionState(): RegistryState {
    this.#tail.poll()
    const idle = this.#groups.length === 0
    // Somebody else wrote to the topic, or nothing was written yet: what is durable is all there is.
    if (idle && this.#ahead?.revision !== this.#durable.revision) this.#ahead = undefined
    this.#ahead ??= this.#durable.copy()
    return this.#ahead
  }

  #join(records: readonly SchemasRecord[]): Group {
    for (const { key, value } of records) this.#ahead!.apply(readSchemasRecord(key, value))
    const bytes = records.reduce((sum, { key, value }) => sum + key.length + (value?.length ?? 0), 0)
    let group = this.#groups.at(-1)
    const isOpen = this.#groups.length > 1 || (!this.#flying && this.#groups.length === 1)
    if (!group || !isOpen || group.bytes + bytes > registryLimits.groupBytesMax) {
      group = { records: [], bytes: 0, settled: Promise.withResolvers() }
      // Whoever waits sees it; a group that nobody waits for any more must not end the process.
      group.settled.promise.catch(() => {})
      this.#groups.push(group)
    }
    group.records.push(...records)
    group.bytes += bytes
    if (!this.#flying) void this.#fly()
    return group
  }

  async #fly(): Promise<void> {
    this.#flying = true
    for (let group = this.#groups[0]; group; group = this.#groups[0]) {
      try {
        const offset = await this.#append(group.records)
        this.#tail.poll()
        assert(this.#tail.next > offset, 'an acknowledged record of _schemas can be read')
        this.#groups.shift()
        group.settled.resolve()
      } catch (error) {
        this.#fail(error)
      }
    }
    this.#flying = false
  }

  #fail(error: unknown): void {
    this.#ahead = undefined
    const failed = this.#groups
    this.#groups = []
    for (const { settled } of failed) settled.reject(error)
  }
}
