// The consumer groups of a running node: who is in them, what they have not yet read, and how they keep up. Looked at every few
// seconds, so that there is a window to judge by, and anew when somebody asks.
import type { Clock } from '../../base/index.ts'
import type { GroupShape, GroupSummaryShape } from '../../console-api/index.ts'
import type { GroupOverview, KafkaServer } from '../../kafka/server/index.ts'
import type { LogReader } from '../../log/index.ts'
import { lagStates, LagTracker, type LagState } from '../../ops/index.ts'
import { whereReadable } from './guard.ts'

export interface LiveGroupsParts {
  readonly reader: LogReader
  readonly clock: Clock
  readonly kafka: () => KafkaServer
}

/** A member that was put out of its group. */
export interface MemberRemoved {
  readonly group: string
  readonly memberId: string
  readonly clientId: string
  readonly reason: string
}

export interface PartitionView {
  readonly group: string
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly commitMs: number
  readonly end: number
  readonly lag: number
  readonly state: LagState
  /** null: nobody has it now. */
  readonly clientId: string | null
}

export interface GroupView {
  readonly overview: GroupOverview
  readonly partitions: readonly PartitionView[]
  readonly state: LagState
  readonly lag: number
}

const lookMs = 5_000
/** Removed members that are remembered, one per group. */
const removedMax = 1_000

export class LiveGroups {
  readonly #parts: LiveGroupsParts
  readonly #tracker = new LagTracker()
  readonly #removed = new Map<string, MemberRemoved & { readonly atMs: number }>()
  #looking: Promise<readonly GroupView[]> | undefined
  #lookedMs = 0

  constructor(parts: LiveGroupsParts) {
    this.#parts = parts
  }

  noteRemoved(event: MemberRemoved): void {
    this.#removed.delete(event.group)
    this.#removed.set(event.group, { ...event, atMs: this.#parts.clock.nowMs() })
    if (this.#removed.size > removedMax) this.#removed.delete(this.#removed.keys().next().value!)
  }

  /** Looks when it is time to; called each second. */
  tick(): void {
    if (this.#parts.clock.monotonicMs() - this.#lookedMs < lookMs) return
    // A log that does not answer is the log's matter; the next look is the next try.
    this.look().catch(() => {})
  }

  /** Everything as it is now. */
  look(): Promise<readonly GroupView[]> {
    return (this.#looking ??= this.#look().finally(() => (this.#looking = undefined)))
  }

  async #look(): Promise<readonly GroupView[]> {
    const { reader, clock, kafka } = this.#parts
    this.#lookedMs = clock.monotonicMs()
    const overviews = await kafka().groups()
    const seen = overviews.flatMap((overview) => {
      const holders = holdersOf(overview)
      return [...overview.offsets].flatMap(([topic, partitions]) => {
        const count = reader.partitionCount(topic) ?? 0
        return [...partitions]
          .filter(([partition]) => partition < count)
          .flatMap(([partition, { offset, commitMs }]) => {
            const end = whereReadable(() => reader.endOffset(topic, partition))
            // The topic was deleted meanwhile.
            if (end === undefined) return []
            const clientId = holders.get(`${partition} ${topic}`) ?? null
            const lag = Math.max(0, end - offset)
            return [{ group: overview.id, topic, partition, offset, commitMs, end, lag, clientId }]
          })
      })
    })
    const states = this.#tracker.round(seen, clock.nowMs())
    const views = seen.map((one, i): PartitionView => ({ ...one, state: states[i]! }))
    const byGroup = Map.groupBy(views, (one) => one.group)
    return overviews.map((overview): GroupView => {
      const partitions = byGroup.get(overview.id) ?? []
      const worst = Math.max(0, ...partitions.map(({ state }) => lagStates.indexOf(state)))
      const lag = partitions.reduce((sum, one) => sum + one.lag, 0)
      return { overview, partitions, state: lagStates[worst]!, lag }
    })
  }

  /** Each committed partition. */
  async partitionShapes(): Promise<GroupShape[]> {
    return (await this.look()).flatMap(({ partitions }) =>
      partitions.map(({ group, topic, partition, offset, end, lag, state, clientId, commitMs }) => ({
        group,
        topic,
        partition,
        offset: String(offset),
        end: String(end),
        lag: String(lag),
        status: state,
        clientId,
        committedAtMs: commitMs,
      })),
    )
  }

  async summaryShapes(): Promise<GroupSummaryShape[]> {
    return (await this.look()).map(({ overview, partitions, state, lag }): GroupSummaryShape => {
      const { id, type, protocolType, protocol, members } = overview
      const removed = this.#removed.get(id)
      const topics = new Set([
        ...partitions.map(({ topic }) => topic),
        ...members.flatMap((m) => [...m.partitions.keys()]),
      ])
      return {
        group: id,
        type,
        protocolType,
        assignor: protocol,
        state: overview.state,
        status: state,
        lag: String(lag),
        topics: [...topics].toSorted(),
        members: members.map((member) => ({
          id: member.id,
          instanceId: member.instanceId,
          clientId: member.clientId,
          host: member.host,
          partitions: Object.fromEntries(member.partitions),
        })),
        lastRemoved: removed
          ? { memberId: removed.memberId, clientId: removed.clientId, reason: removed.reason, atMs: removed.atMs }
          : null,
      }
    })
  }
}

/** Who has which partition, by `partition topic`. */
function holdersOf({ members }: GroupOverview): Map<string, string> {
  const holders = new Map<string, string>()
  for (const { clientId, partitions } of members) {
    for (const [topic, held] of partitions) for (const one of held) holders.set(`${one} ${topic}`, clientId)
  }
  return holders
}
