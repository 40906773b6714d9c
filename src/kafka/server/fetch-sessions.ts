// Incremental fetches: the server remembers which partitions a client follows, requests say what changed, answers carry the
// partitions in which something did. Invariants: an epoch is used once; a session's answers leave out only partitions whose
// last answer still holds (no records, no error, same high watermark and start).
// Reference: KIP-227; Kafka's FetchSession.
import type { Clock, Random } from '../../base/index.ts'
import { kafkaErrors } from '../wire/index.ts'
import type { FetchRequest, FetchResponseInput } from '../wire/index.ts'
import type { KafkaServerLimits } from './limits.ts'

type Topics = FetchRequest['topics']
type TopicAnswer = FetchResponseInput['responses'][number]

interface Followed {
  readonly topic: string
  readonly topicId: string
  request: Topics[number]['partitions'][number]
  /** As last answered; -1 makes the next answer carry it whatever it is. */
  highWatermark: number
  logStartOffset: number
}

export interface FetchSession {
  readonly id: number
  /** Version 13 and up names topics by id: both forms do not mix. */
  readonly usesIds: boolean
  /** Of the next request. */
  epoch: number
  usedMs: number
  /** In the order in which they are read: those that gave records go to the end. */
  readonly partitions: Map<string, Followed>
}

/** What a request reads, and how its answer is told. */
export interface FetchContext {
  readonly topics: Topics
  /** undefined: no session, everything is told. */
  readonly session: FetchSession | undefined
  /** True for the first answer of a session. */
  readonly isFull: boolean
}

const epochMax = 2147483647

export class FetchSessions {
  readonly #byId = new Map<number, FetchSession>()
  readonly #clock: Clock
  readonly #random: Random
  readonly #limits: KafkaServerLimits
  #partitionCount = 0

  constructor(options: { clock: Clock; random: Random; limits: KafkaServerLimits }) {
    this.#clock = options.clock
    this.#random = options.random
    this.#limits = options.limits
  }

  get size(): number {
    return this.#byId.size
  }

  /** @returns what to read, or the Kafka error of the whole request: 70, 71, 106 */
  begin(request: FetchRequest, version: number): FetchContext | number {
    const { sessionId, sessionEpoch, topics } = request
    if (version < 7 || sessionEpoch < 0) {
      // Closing, or never one: a full request by itself.
      if (version >= 7) this.#remove(sessionId)
      return { topics, session: undefined, isFull: true }
    }
    if (sessionEpoch === 0) {
      this.#remove(sessionId)
      return { topics, session: this.#open(topics, version >= 13), isFull: true }
    }
    const session = this.#byId.get(sessionId)
    if (!session) return kafkaErrors.fetchSessionIdNotFound
    if (session.usesIds !== version >= 13) return kafkaErrors.fetchSessionTopicIdError
    if (session.epoch !== sessionEpoch) return kafkaErrors.invalidFetchSessionEpoch
    session.epoch = sessionEpoch === epochMax ? 1 : sessionEpoch + 1
    session.usedMs = this.#clock.monotonicMs()
    this.#update(session, request)
    if (this.#partitionCount > this.#limits.fetchSessionPartitionsMax) {
      this.#remove(session.id)
      return kafkaErrors.fetchSessionIdNotFound
    }
    return { topics: topicsOf(session), session, isFull: false }
  }

  /** The answer's topics, shortened to what changed; notes what is told. Call once for a context. */
  finish({ session, isFull }: FetchContext, responses: readonly TopicAnswer[]): readonly TopicAnswer[] {
    if (!session) return responses
    const told: TopicAnswer[] = []
    for (const topic of responses) {
      const partitions = topic.partitions.filter((answer) => {
        const key = keyOf(session, topic.topic ?? '', topic.topicId ?? '', answer.partitionIndex)
        const followed = session.partitions.get(key)
        if (!followed) return isFull
        const { errorCode, highWatermark, logStartOffset = -1 } = answer
        const hasRecords = (answer.records?.length ?? 0) > 0
        const changed = highWatermark !== followed.highWatermark || logStartOffset !== followed.logStartOffset
        followed.highWatermark = errorCode === 0 ? highWatermark : -1
        followed.logStartOffset = errorCode === 0 ? logStartOffset : -1
        if (hasRecords) {
          session.partitions.delete(key)
          session.partitions.set(key, followed)
        }
        return isFull || hasRecords || changed || errorCode !== 0 || Boolean(answer.divergingEpoch)
      })
      if (partitions.length > 0) told.push({ ...topic, partitions })
    }
    return told
  }

  /** undefined when there is no room: the client then sends full requests, which is always right. */
  #open(topics: Topics, usesIds: boolean): FetchSession | undefined {
    const count = topics.reduce((sum, { partitions }) => sum + partitions.length, 0)
    const { fetchSessionsMax, fetchSessionPartitionsMax } = this.#limits
    if (count === 0 || this.#partitionCount + count > fetchSessionPartitionsMax) return undefined
    if (this.#byId.size >= fetchSessionsMax && !this.#evict()) return undefined
    let id = 0
    while (id === 0 || this.#byId.has(id))
      id = new DataView(this.#random.bytes(4).slice().buffer).getInt32(0) & epochMax
    const session: FetchSession = { id, usesIds, epoch: 1, usedMs: this.#clock.monotonicMs(), partitions: new Map() }
    this.#byId.set(id, session)
    this.#follow(session, topics)
    return session
  }

  /** Takes the place of the one that was not used for longest, when that is long enough. */
  #evict(): boolean {
    let oldest: FetchSession | undefined
    for (const session of this.#byId.values()) if (!oldest || session.usedMs < oldest.usedMs) oldest = session
    if (!oldest || this.#clock.monotonicMs() - oldest.usedMs < this.#limits.fetchSessionIdleMs) return false
    this.#remove(oldest.id)
    return true
  }

  #remove(id: number): void {
    const session = this.#byId.get(id)
    if (!session) return
    this.#byId.delete(id)
    this.#partitionCount -= session.partitions.size
  }

  #update(session: FetchSession, { topics, forgottenTopicsData }: FetchRequest): void {
    this.#follow(session, topics)
    for (const { topic, topicId, partitions } of forgottenTopicsData) {
      for (const partition of partitions)
        if (session.partitions.delete(keyOf(session, topic, topicId, partition))) this.#partitionCount--
    }
  }

  #follow(session: FetchSession, topics: Topics): void {
    for (const { topic, topicId, partitions } of topics) {
      for (const request of partitions) {
        const key = keyOf(session, topic, topicId, request.partition)
        const known = session.partitions.get(key)
        if (known) known.request = request
        else {
          session.partitions.set(key, { topic, topicId, request, highWatermark: -1, logStartOffset: -1 })
          this.#partitionCount++
        }
      }
    }
  }
}

function keyOf({ usesIds }: FetchSession, topic: string, topicId: string, partition: number): string {
  return `${partition} ${usesIds ? topicId : topic}`
}

function topicsOf({ partitions }: FetchSession): Topics {
  const topics = new Map<string, { topic: string; topicId: string; partitions: Followed['request'][] }>()
  for (const { topic, topicId, request } of partitions.values()) {
    const name = `${topicId} ${topic}`
    const known = topics.get(name)
    if (known) known.partitions.push(request)
    else topics.set(name, { topic, topicId, partitions: [request] })
  }
  return [...topics.values()]
}
