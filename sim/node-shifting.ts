// Clients of a topic that does not stay: who makes, widens and deletes it, producers with batches under way meanwhile (by name
// and by id), and members of a group that is assigned it by its ids and commits offsets by them.
import { decodeRecords, encodeRecordBatch, recordValue } from '../src/model/index.ts'
import { apis, kafkaErrorName, kafkaErrors } from '../src/kafka/wire/index.ts'
import { FetchSession, type FetchPlace } from './fetch-session.ts'
import { NodeActor, passingErrors, plainFetch, type NodeActorOptions } from './node-actors.ts'
import { check } from './node-checker.ts'
import { shiftingName, type Incarnation, type ShiftingChecker } from './node-shifting-checker.ts'

export interface ShiftingOptions extends NodeActorOptions {
  readonly shifting: ShiftingChecker
}

const { unknownTopicId, unknownTopicOrPartition, kafkaStorageError, outOfOrderSequence } = kafkaErrors
const partitionsMax = 4

abstract class ShiftingActor extends NodeActor {
  protected readonly shifting: ShiftingChecker

  constructor(name: string, options: ShiftingOptions) {
    super(name, options)
    this.shifting = options.shifting
  }

  /** The topic of that name, as the node says now; undefined when there is none. */
  protected async look(): Promise<Incarnation | undefined> {
    const known = this.shifting.current
    const before = known?.state
    const request = { topics: [{ name: shiftingName }], allowAutoTopicCreation: false }
    const { topics } = await this.client.call(apis.metadata, this.options.random.pick([10, 12, 13]), request)
    const { errorCode, topicId, partitions } = topics[0]!
    const isSure =
      known !== undefined && before === 'there' && known.state === 'there' && this.shifting.current === known
    if (errorCode !== 0) {
      check(errorCode === unknownTopicOrPartition, `${shiftingName}: ${kafkaErrorName(errorCode)}`)
      check(!isSure, `${known?.id} is not there, though nobody deleted it`)
      return undefined
    }
    const gone = known?.id === topicId && before === 'gone'
    check(!gone, `${topicId} is there after it was deleted`)
    const one = this.shifting.get(topicId) ?? this.shifting.noteThere(topicId, partitions.length, partitionsMax)
    check(!isSure || one === known, `${topicId} is there instead of ${known?.id}`)
    if (one.state === 'there') this.shifting.noteThere(topicId, partitions.length)
    return one
  }
}

/** Makes the topic, adds partitions, deletes it, and so on; the last one stays. */
export class ShifterActor extends ShiftingActor {
  #left: number

  constructor(name: string, options: ShiftingOptions) {
    super(name, options)
    this.#left = 1 + options.random.below(4)
  }

  protected async work(): Promise<boolean> {
    const { random } = this.options
    for (;;) {
      const one = await this.look()
      if (!one) {
        await this.#make()
        continue
      }
      if (one.state !== 'there') {
        if (await this.#delete(one)) this.#left--
        continue
      }
      await this.sleep(5 + random.below(40))
      if (random.chance(0.6)) await this.#widen(one)
      await this.sleep(random.below(30))
      if (this.#left <= 0) return true
      one.state = 'going'
    }
  }

  async #make(): Promise<void> {
    const { random } = this.options
    const { current } = this.shifting
    if (current?.state === 'going') this.shifting.noteGone(current)
    const numPartitions = 1 + random.below(2)
    const topic = { name: shiftingName, numPartitions, replicationFactor: 1, assignments: [], configs: [] }
    const request = { topics: [topic], timeoutMs: 1000, validateOnly: false }
    const { topics } = await this.client.call(apis.createTopics, 7, request)
    const { errorCode, topicId } = topics[0]!
    const isExpected =
      errorCode === 0 || errorCode === kafkaErrors.topicAlreadyExists || errorCode === kafkaStorageError
    check(isExpected, `${shiftingName} cannot be made: ${kafkaErrorName(errorCode)}`)
    if (errorCode === 0) this.shifting.noteThere(topicId, numPartitions)
    await this.sleep(1 + random.below(3))
  }

  async #widen(one: Incarnation): Promise<void> {
    const { random } = this.options
    const count = one.partitions + 1
    if (count > partitionsMax) return
    one.partitionsMax = Math.max(one.partitionsMax, count)
    const request = { topics: [{ name: shiftingName, count, assignments: null }], timeoutMs: 1000, validateOnly: false }
    const { results } = await this.client.call(apis.createPartitions, random.pick([2, 3]), request)
    const { errorCode } = results[0]!
    // Asked before, and not answered.
    const isExpected = [0, kafkaErrors.invalidPartitions, kafkaStorageError].includes(errorCode as never)
    check(isExpected, `${one.id} cannot have ${count} partitions: ${kafkaErrorName(errorCode)}`)
    if (errorCode !== 0) return
    one.partitions = count
    this.shifting.counts['partitions added']++
  }

  /** @returns true when it is gone */
  async #delete(one: Incarnation): Promise<boolean> {
    const { random } = this.options
    const byId = random.chance(0.5)
    const { responses } = byId
      ? await this.client.call(apis.deleteTopics, 6, { topics: [{ name: null, topicId: one.id }], timeoutMs: 1000 })
      : await this.client.call(apis.deleteTopics, 5, { topicNames: [shiftingName], timeoutMs: 1000 })
    const { errorCode } = responses[0]!
    if (errorCode === kafkaStorageError) {
      await this.sleep(1 + random.below(3))
      return false
    }
    const isExpected = [0, unknownTopicId, unknownTopicOrPartition].includes(errorCode as never)
    check(isExpected, `${one.id} cannot be deleted: ${kafkaErrorName(errorCode)}`)
    this.shifting.noteGone(one)
    return true
  }
}

/** Numbered records, several batches under way; what had no answer is given up, as its topic may be gone. */
export class ShiftProducer extends ShiftingActor {
  readonly #isOver: () => boolean
  #left = 14
  #number = 0
  #producerId: bigint | undefined
  #topic: Incarnation | undefined
  /** By partition: the next one. */
  #sequences = new Map<number, number>()

  constructor(name: string, options: ShiftingOptions & { readonly isOver: () => boolean }) {
    super(name, options)
    this.#isOver = options.isOver
  }

  protected async work(): Promise<boolean> {
    const { random } = this.options
    this.#producerId = undefined
    while (this.#left > 0 || !this.#isOver()) {
      const topic = await this.look()
      const before = this.#topic
      if (topic !== before) this.#producerId = undefined
      this.#topic = topic
      if (topic) await this.#burst(topic)
      if (before && before.state === 'gone') await this.#haunt(before)
      await this.sleep(1 + random.below(this.#left > 0 ? 4 : 30))
    }
    return true
  }

  async #burst(topic: Incarnation): Promise<void> {
    const { random } = this.options
    if (this.#producerId === undefined) {
      this.#producerId = this.producerIdOf(await this.askProducerId())
      this.#sequences = new Map()
    }
    const partition = random.below(topic.partitions)
    const sent = Array.from({ length: 1 + random.below(3) }, () => this.#send(topic, partition))
    for (const one of sent) one.catch(() => {})
    let isRefused = false
    for (const one of sent) if (!(await one)) isRefused = true
    // What was refused left a hole in its sequences.
    if (isRefused) this.#producerId = undefined
  }

  /** As one that has not heard that its topic is gone: nothing of it may be taken. */
  async #haunt(before: Incarnation): Promise<void> {
    const value = new TextEncoder().encode(`${this.name}-ghost#0@${before.id}`)
    const records = encodeRecordBatch([{ key: null, value, timestampMs: this.options.nowMs() }])
    const { responses } = await this.client.call(apis.produce, 13, {
      transactionalId: null,
      acks: -1,
      timeoutMs: 1000,
      topicData: [{ topicId: before.id, partitionData: [{ index: 0, records }] }],
    })
    const { errorCode } = responses[0]!.partitionResponses[0]!
    check(errorCode !== 0, `${this.name}: a record was taken for ${before.id}, which was deleted`)
  }

  /** @returns false when it was refused */
  async #send(topic: Incarnation, partition: number): Promise<boolean> {
    const { random, nowMs } = this.options
    this.#left--
    const byId = random.chance(0.5)
    const wasThere = topic.state === 'there'
    const baseSequence = this.#sequences.get(partition) ?? 0
    const count = 1 + random.below(2)
    this.#sequences.set(partition, baseSequence + count)
    const target = byId ? topic.id : 'name'
    const values = Array.from({ length: count }, () => `${this.name}#${this.#number++}@${target}`)
    const records = values.map((value) => ({
      key: null,
      value: new TextEncoder().encode(value),
      timestampMs: nowMs(),
      headers: random.chance(0.1) ? [{ key: 'padding', value: random.bytes(random.below(2000)) }] : [],
    }))
    const batch = encodeRecordBatch(records, { producerId: this.#producerId!, producerEpoch: 0, baseSequence })
    const { responses } = await this.client.call(apis.produce, byId ? 13 : random.pick([9, 12]), {
      transactionalId: null,
      acks: -1,
      timeoutMs: 1000,
      topicData: [{ name: shiftingName, topicId: topic.id, partitionData: [{ index: partition, records: batch }] }],
    })
    const { errorCode, baseOffset } = responses[0]!.partitionResponses[0]!
    const isThere = wasThere && topic.state === 'there'
    if (errorCode !== 0) {
      const isGone = [unknownTopicId, unknownTopicOrPartition].includes(errorCode as never)
      check(!isGone || !isThere, `${this.name} is told that ${topic.id} is not there, though nobody deleted it`)
      const isExpected = isGone || errorCode === kafkaStorageError || errorCode === outOfOrderSequence
      check(isExpected, `${this.name} is refused: ${kafkaErrorName(errorCode)}`)
      return false
    }
    // By name it may be in what came after it.
    if (byId || isThere)
      values.forEach((value, i) => this.shifting.noteRecord(topic, partition, Number(baseOffset) + i, value))
    this.options.checker.acknowledged += values.length
    return true
  }
}

interface ShiftPlace extends FetchPlace {
  readonly topicId: string
}

/** A member of a KIP-848 group. */
export class ShiftMember extends ShiftingActor {
  readonly #group: string
  readonly #isOver: () => boolean
  readonly #fetches: FetchSession<ShiftPlace>
  #memberId: string
  #epoch = 0
  readonly #positions = new Map<ShiftPlace, number>()
  /** One for each, by its text: a fetch session must not forget what it begins. */
  readonly #places = new Map<string, ShiftPlace>()

  constructor(name: string, options: ShiftingOptions & { readonly group: string; readonly isOver: () => boolean }) {
    super(name, options)
    this.#group = options.group
    this.#isOver = options.isOver
    this.#fetches = new FetchSession(options.random, 0, true)
    this.#memberId = `${name}-${options.random.uint32()}`
  }

  protected async work(): Promise<boolean> {
    const { random } = this.options
    for (;;) {
      const isOver = this.#isOver()
      if (await this.#beat()) {
        const isAtEnd = (await this.#fetch()) === 0
        if (random.chance(0.5) || isOver) await this.#commit()
        if (isOver && isAtEnd && this.#isAllRead()) return true
        if (!isOver && random.chance(0.02)) await this.#leave()
        const before = this.shifting.lastGone
        if (before && !isOver && random.chance(0.2)) await this.#haunt(before)
      }
      await this.sleep(1)
    }
  }

  /** As one that has not heard that its topic is gone: it gets nothing, and commits nothing. */
  async #haunt({ id: topicId }: Incarnation): Promise<void> {
    const { random } = this.options
    const answer = await this.client.call(apis.fetch, random.pick([13, 16]), {
      ...plainFetch,
      topics: [{ topicId, partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1000 }] }],
    })
    const { errorCode, records } = answer.responses[0]!.partitions[0]!
    check(
      errorCode === unknownTopicId,
      `${topicId} was deleted, and a fetch from it tells ${kafkaErrorName(errorCode)}`,
    )
    check((records?.length ?? 0) === 0, `${topicId} was deleted, and gives records`)
    const committed = await this.#askToCommit(topicId, 0, 1_000_000)
    check(committed !== 0, `an offset was taken for ${topicId}, which was deleted`)
  }

  #isAllRead(): boolean {
    const { current } = this.shifting
    if (!current) return true
    return [...current.records].every(([partition, records]) => {
      const { least } = this.shifting.offsetsOf(current, this.#group, partition)
      return least > Math.max(-1, ...records.keys())
    })
  }

  async #beat(): Promise<boolean> {
    const owned = Map.groupBy(this.#positions.keys(), ({ topicId }) => topicId)
    const topicPartitions = [...owned].map(([topicId, places]) => ({
      topicId,
      partitions: places.map(({ partition }) => partition),
    }))
    const { errorCode, memberEpoch, assignment } = await this.client.call(apis.consumerGroupHeartbeat, 1, {
      groupId: this.#group,
      memberId: this.#memberId,
      memberEpoch: this.#epoch,
      instanceId: null,
      rebalanceTimeoutMs: 3000,
      subscribedTopicNames: [shiftingName],
      topicPartitions: this.#epoch === 0 ? [] : topicPartitions,
    })
    const { fencedMemberEpoch, unknownMemberId } = kafkaErrors
    if (errorCode === fencedMemberEpoch || errorCode === unknownMemberId) this.#forget()
    if (errorCode !== 0) {
      const isExpected = [fencedMemberEpoch, unknownMemberId, ...passingErrors].includes(errorCode as never)
      check(isExpected, `${this.name} is refused: ${kafkaErrorName(errorCode)}`)
      return false
    }
    this.#epoch = memberEpoch
    if (!assignment) return true
    const target = assignment.topicPartitions.flatMap(({ topicId, partitions }) =>
      partitions.map((partition) => this.#placeOf(topicId, partition)),
    )
    for (const place of Array.from(this.#positions.keys())) {
      if (!target.includes(place)) this.#positions.delete(place)
    }
    for (const place of target) {
      if (this.#positions.has(place)) continue
      const position = await this.#positionOf(place)
      // It is asked for again with the next assignment, as one that comes anew.
      if (position === undefined) {
        this.#forget()
        return false
      }
      this.#positions.set(place, position)
    }
    return true
  }

  #placeOf(topicId: string, partition: number): ShiftPlace {
    const key = `${topicId}-${partition}`
    const place = this.#places.get(key) ?? { topic: shiftingName, topicId, partition }
    this.#places.set(key, place)
    return place
  }

  #forget(): void {
    this.#epoch = 0
    this.#positions.clear()
  }

  async #leave(): Promise<void> {
    const request = { groupId: this.#group, memberId: this.#memberId, memberEpoch: -1 }
    await this.client.call(apis.consumerGroupHeartbeat, 1, {
      ...request,
      instanceId: null,
      rebalanceTimeoutMs: -1,
      subscribedTopicNames: null,
      topicPartitions: null,
    })
    this.#forget()
    this.#memberId = `${this.name}-${this.options.random.uint32()}`
  }

  /** The group's offset; undefined when it cannot be told, or is of a topic that is no more. */
  async #positionOf({ topicId, partition }: ShiftPlace): Promise<number | undefined> {
    const one = this.shifting.get(topicId) ?? (await this.look())
    if (one?.id !== topicId) return undefined
    const wasThere = one.state === 'there'
    const { least } = { ...this.shifting.offsetsOf(one, this.#group, partition) }
    const { groups } = await this.client.call(apis.offsetFetch, 10, {
      groups: [{ groupId: this.#group, topics: [{ topicId, partitionIndexes: [partition] }] }],
      requireStable: true,
    })
    const group = groups[0]!
    if (group.errorCode !== 0 || group.topics[0]!.partitions[0]!.errorCode !== 0) return undefined
    const offset = Number(group.topics[0]!.partitions[0]!.committedOffset)
    const what = `${this.#group} is told ${offset} of ${topicId}-${partition}`
    const { most } = this.shifting.offsetsOf(one, this.#group, partition)
    check(offset <= most, `${what}; at most ${most} was committed for it`)
    if (wasThere && one.state === 'there') check(offset >= least, `${what}, and was at ${least}`)
    return Math.max(0, offset)
  }

  async #commit(): Promise<void> {
    for (const [place, offset] of Array.from(this.#positions)) {
      const { topicId, partition } = place
      const one = this.shifting.get(topicId)!
      const wasThere = one.state === 'there'
      const known = this.shifting.offsetsOf(one, this.#group, partition)
      known.most = Math.max(known.most, offset)
      const errorCode = await this.#askToCommit(topicId, partition, offset)
      const isGone = [unknownTopicId, unknownTopicOrPartition].includes(errorCode as never)
      const isThere = wasThere && one.state === 'there'
      check(!isGone || !isThere, `${this.name} cannot commit for ${topicId}, though nobody deleted it`)
      if (errorCode === 0) known.least = Math.max(known.least, offset)
    }
  }

  async #askToCommit(topicId: string, partitionIndex: number, committedOffset: number): Promise<number> {
    const partitions = [{ partitionIndex, committedOffset, committedLeaderEpoch: -1, committedMetadata: '' }]
    const { topics } = await this.client.call(apis.offsetCommit, 10, {
      groupId: this.#group,
      generationIdOrMemberEpoch: this.#epoch,
      memberId: this.#memberId,
      groupInstanceId: null,
      topics: [{ topicId, partitions }],
    })
    return topics[0]!.partitions[0]!.errorCode
  }

  /** @returns how many partitions had something; undefined when some could not be read now */
  async #fetch(): Promise<number | undefined> {
    const gone = new Set([...this.#positions.keys()].filter((p) => this.shifting.get(p.topicId)!.state === 'gone'))
    const there = new Set([...this.#positions.keys()].filter((p) => this.shifting.get(p.topicId)!.state === 'there'))
    const fetched = await this.#fetches.fetch(this.client, this.#positions)
    let count = fetched && 0
    for (const [place, { errorCode, records }] of fetched ?? []) {
      const one = this.shifting.get(place.topicId)!
      const isThere = there.has(place) && one.state === 'there'
      if (errorCode !== 0) {
        const isGone = [unknownTopicId, unknownTopicOrPartition].includes(errorCode as never)
        const isExpected = errorCode === kafkaStorageError || (isGone && !isThere)
        check(isExpected, `${this.name} cannot read ${one.id}-${place.partition}: ${kafkaErrorName(errorCode)}`)
        count = undefined
        continue
      }
      if (records === null || records.length === 0) continue
      this.#take(place, one, records, gone.has(place))
      if (count !== undefined) count++
    }
    return count
  }

  #take(place: ShiftPlace, one: Incarnation, bytes: Uint8Array, wasGone: boolean): void {
    let next = this.#positions.get(place)!
    for (let at = 0; at < bytes.length;) {
      const records = decodeRecords(bytes, at)
      const { baseOffset, lastOffsetDelta, size, control } = records.header
      const isNext = at === 0 ? baseOffset <= next : baseOffset === next
      check(isNext, `${this.name}: ${one.id}-${place.partition} goes on at ${baseOffset} instead of ${next}`)
      at += size
      for (let i = 0; i < records.count && !control; i++) {
        const value = Buffer.from(recordValue(records, i)!).toString()
        this.shifting.noteRecord(one, place.partition, records.offsets[i]!, value, wasGone)
        this.shifting.counts['read by id']++
      }
      next = baseOffset + lastOffsetDelta + 1
    }
    this.#positions.set(place, next)
  }
}
