// A consumer's side of an incremental fetch session (KIP-227): only what changed since the last request is said, only what has
// news is answered. After a lost answer, or when the node knows better, everything is said again.
import { apis, kafkaErrors, type FetchResponse } from '../src/kafka/wire/index.ts'
import type { SeededRandom } from './random.ts'
import type { WireClient } from './wire-client.ts'

export interface FetchPlace {
  readonly topic: string
  readonly partition: number
  /** Where the session names topics by their ids. */
  readonly topicId?: string
}

export type FetchedPartition = FetchResponse['responses'][number]['partitions'][number]

export class FetchSession<Place extends FetchPlace> {
  readonly #random: SeededRandom
  readonly #isolationLevel: number
  readonly #usesIds: boolean
  #id = 0
  /** 0: all is said, and a session begins. */
  #epoch = 0
  /** Position of each place, as the node was told. */
  #told = new Map<Place, number>()

  constructor(random: SeededRandom, isolationLevel: number, usesIds = false) {
    this.#random = random
    this.#isolationLevel = isolationLevel
    this.#usesIds = usesIds
  }

  /** @returns what is new; undefined when the session must begin anew. @throws ConnectionLost, after which it does */
  async fetch(
    client: WireClient,
    positions: ReadonlyMap<Place, number>,
  ): Promise<Map<Place, FetchedPartition> | undefined> {
    const random = this.#random
    const isFull = this.#epoch === 0
    const said = [...positions].filter(([place, position]) => isFull || this.#told.get(place) !== position)
    const gone = isFull ? [] : [...this.#told.keys()].filter((place) => !positions.has(place))
    const request = {
      maxWaitMs: random.pick([0, 20]),
      minBytes: 1,
      maxBytes: random.pick([1000, 5000, 1 << 20]),
      isolationLevel: this.#isolationLevel,
      sessionId: this.#id,
      sessionEpoch: this.#epoch,
      topics: said.map(([{ topic, topicId, partition }, fetchOffset]) => ({
        topic,
        topicId,
        partitions: [{ partition, fetchOffset, partitionMaxBytes: 100 + random.below(5000) }],
      })),
      forgottenTopicsData: gone.map(({ topic, topicId, partition }) => ({ topic, topicId, partitions: [partition] })),
    }
    // Until the answer is there nobody knows whether the node has taken it.
    this.#epoch = 0
    const answer = await client.call(apis.fetch, this.#usesIds ? random.pick([13, 16, 17]) : 12, request)
    const { fetchSessionIdNotFound, invalidFetchSessionEpoch } = kafkaErrors
    if (answer.errorCode === fetchSessionIdNotFound || answer.errorCode === invalidFetchSessionEpoch) {
      this.#id = 0
      return undefined
    }
    if (answer.errorCode !== 0) return undefined
    this.#id = answer.sessionId
    this.#epoch = answer.sessionId === 0 ? 0 : request.sessionEpoch + 1
    this.#told = new Map(positions)
    const fetched = new Map<Place, FetchedPartition>()
    for (const { topic, topicId, partitions } of answer.responses) {
      for (const one of partitions) {
        const place = [...positions.keys()].find(
          (p) => (this.#usesIds ? p.topicId === topicId : p.topic === topic) && p.partition === one.partitionIndex,
        )
        if (!place) throw new Error(`${topic || topicId}-${one.partitionIndex} was not asked for`)
        fetched.set(place, one)
      }
    }
    return fetched
  }
}
