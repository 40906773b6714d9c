// A consumer of the simulated node in a classic group: it joins, is given partitions, reads them from the group's offsets,
// commits, is put out, leaves (in groups of KIP-848 see node-modern-member.ts). It checks that what it reads goes on without a gap, that the group's offsets never go back,
// and, as real consumers do, takes out what belongs to aborted transactions itself.
import { decodeRecords, decompressRecords, recordValue } from '../src/model/index.ts'
import { apis, kafkaErrorName, kafkaErrors, WireReader, WireWriter } from '../src/kafka/wire/index.ts'
import { FetchSession } from './fetch-session.ts'
import { NodeActor, type NodeActorOptions } from './node-actors.ts'
import { check, ledgerTopic, plainTopic } from './node-checker.ts'

export interface Place {
  readonly topic: string
  readonly partition: number
}
export interface Session {
  readonly memberId: string
  /** Or the member's epoch. */
  generationId: number
  /** Next offset to read. */
  readonly positions: Map<Place, number>
}

export const allPlaces: readonly Place[] = [plainTopic, ledgerTopic].flatMap(({ name, partitionCount }) =>
  Array.from({ length: partitionCount }, (_, partition) => ({ topic: name, partition })),
)
export const isolation = { uncommitted: 0, committed: 1 } as const
const sessionTimeoutMs = 6000

/** How members tell one another who reads what. */
interface AssignmentFormat {
  readonly type: string
  readonly name: string
  readonly subscription: Uint8Array
  encode(places: readonly Place[]): Uint8Array
  decode(bytes: Uint8Array): Place[]
}

/** Bytes of our own, which a node passes on without a look. */
export const ownFormat: AssignmentFormat = {
  type: 'sim',
  name: 'sim',
  subscription: new Uint8Array(0),
  encode: (places) => new Uint8Array(places.map((place) => allPlaces.indexOf(place))),
  decode: (bytes) => Array.from(bytes, (n) => allPlaces[n]!),
}

/** Consumers' own, which a node reads when members of KIP-848 are in the group, too. Reference: ConsumerProtocolAssignment.json. */
export const consumerFormat: AssignmentFormat = {
  type: 'consumer',
  name: 'range',
  subscription: consumerBytes((w) => {
    w.int32(2)
    for (const { name } of [plainTopic, ledgerTopic]) w.string(false, name)
  }),
  encode: (places) =>
    consumerBytes((w) => {
      w.int32(places.length)
      for (const { topic, partition } of places) {
        w.string(false, topic)
        w.int32(1)
        w.int32(partition)
      }
    }),
  decode(bytes) {
    if (bytes.length === 0) return []
    const reader = new WireReader(bytes)
    reader.int16()
    const places: Place[] = []
    for (let count = reader.int32(); count > 0; count--) {
      const topic = reader.string(false)
      for (let partitions = reader.int32(); partitions > 0; partitions--) {
        const partition = reader.int32()
        places.push(allPlaces.find((place) => place.topic === topic && place.partition === partition)!)
      }
    }
    return places
  },
}

/** Version 0, what `write` says, no user data. */
function consumerBytes(write: (writer: WireWriter) => void): Uint8Array {
  const writer = new WireWriter()
  writer.int16(0)
  write(writer)
  writer.int32(-1)
  return new Uint8Array(Buffer.concat(writer.finish()))
}

export interface MemberOptions extends NodeActorOptions {
  readonly group: string
  readonly isolation: keyof typeof isolation
  /** Of a classic member; our own by default. */
  readonly format?: AssignmentFormat
  /** Keeps its partitions over its restarts, as an instance of its name (KIP-345). */
  readonly isStatic?: boolean
  /** Nothing more will be written. */
  readonly isOver: () => boolean
}

export class MemberActor extends NodeActor {
  protected readonly group: string
  readonly #isolation: keyof typeof isolation
  protected readonly instanceId: string | null
  readonly #format: AssignmentFormat
  readonly #isOver: () => boolean
  readonly #fetches: FetchSession<Place>
  #memberId = ''
  #last: Session | undefined

  constructor(name: string, options: MemberOptions) {
    super(name, options)
    this.group = options.group
    this.#isolation = options.isolation
    this.instanceId = options.isStatic ? name : null
    this.#format = options.format ?? ownFormat
    this.#isOver = options.isOver
    this.#fetches = new FetchSession(options.random, isolation[options.isolation])
  }

  protected async work(): Promise<boolean> {
    for (;;) {
      const session = await this.join()
      if (session && (await this.#consume(session))) return true
      await this.sleep(1)
    }
  }

  protected async join(): Promise<Session | undefined> {
    const { random } = this.options
    const { type: protocolType, name, subscription, encode, decode } = this.#format
    const protocols = [{ name, metadata: subscription }]
    const request = {
      groupId: this.group,
      sessionTimeoutMs,
      rebalanceTimeoutMs: 3000,
      protocolType,
      protocols,
      groupInstanceId: this.instanceId,
    }
    const joined = await this.insist(
      () => this.client.call(apis.joinGroup, random.pick([5, 7]), { ...request, memberId: this.#memberId }),
      ({ errorCode }) => errorCode,
    )
    const { errorCode, generationId, memberId } = joined
    if (errorCode === kafkaErrors.memberIdRequired) this.#memberId = memberId
    const { unknownMemberId, fencedInstanceId } = kafkaErrors
    if (errorCode === unknownMemberId || errorCode === fencedInstanceId) this.#memberId = ''
    if (errorCode !== 0) return undefined
    this.#memberId = memberId
    const members = joined.leader === memberId ? joined.members : []
    const assignments = members.map((member, i) => {
      const mine = allPlaces.filter((_, n) => n % members.length === i)
      return { memberId: member.memberId, assignment: encode(mine) }
    })
    const synced = await this.client.call(apis.syncGroup, 4, {
      groupId: this.group,
      generationId,
      memberId,
      groupInstanceId: this.instanceId,
      assignments,
    })
    if (synced.errorCode !== 0) return undefined
    const places = decode(synced.assignment)
    const kept = this.#last?.generationId === generationId && this.#last.memberId === memberId ? this.#last : undefined
    const positions = await this.positions(places, kept?.positions)
    return positions && (this.#last = { memberId, generationId, positions })
  }

  /** Where the group is, of places where it does not go on itself: what it asked to be committed may yet be. */
  protected async positions(
    places: readonly Place[],
    kept?: ReadonlyMap<Place, number>,
  ): Promise<Map<Place, number> | undefined> {
    const { checker } = this.options
    const positions = new Map<Place, number>()
    for (const place of places) {
      const own = kept?.get(place)
      if (own !== undefined) {
        positions.set(place, own)
        continue
      }
      const { topic, partition } = place
      const least = checker.committedOffset(this.group, topic, partition)
      const { groups } = await this.client.call(apis.offsetFetch, 8, {
        groups: [{ groupId: this.group, topics: [{ name: topic, partitionIndexes: [partition] }] }],
        requireStable: true,
      })
      const group = groups[0]!
      if (group.errorCode !== 0 || group.topics[0]!.partitions[0]!.errorCode !== 0) return undefined
      const offset = Number(group.topics[0]!.partitions[0]!.committedOffset)
      check(offset >= least, `${this.group} is told ${offset} of ${topic}-${partition}, and was at ${least}`)
      checker.noteOffset(this.group, topic, partition, offset)
      positions.set(place, Math.max(0, offset))
    }
    return positions
  }

  /** @returns true when everything is read and committed, and nothing more will come */
  async #consume(session: Session): Promise<boolean> {
    const { random } = this.options
    for (;;) {
      const isOver = this.#isOver()
      const isAtEnd = (await this.#fetch(session.positions)) === 0
      if (random.chance(0.5) || isOver) {
        const isCommitted = await this.commit(session)
        if (!isCommitted) return false
        if (isOver && isAtEnd) return true
      }
      if (random.chance(0.03)) {
        await this.leave(session)
        return false
      }
      if (!(await this.beat(session))) return false
      await this.sleep(1)
    }
  }

  /** A static one only goes away, and comes back as another member. */
  protected async leave({ memberId }: Session): Promise<void> {
    if (this.instanceId === null)
      await this.client.call(apis.leaveGroup, 2, { groupId: this.group, memberId, members: [] })
    this.#memberId = ''
  }

  /** Says that it is still there. @returns false when it must join anew */
  protected async beat({ memberId, generationId }: Session): Promise<boolean> {
    const beat = { groupId: this.group, generationId, memberId, groupInstanceId: this.instanceId }
    const { errorCode } = await this.client.call(apis.heartbeat, 4, beat)
    if (errorCode === kafkaErrors.unknownMemberId) this.#memberId = ''
    return errorCode === 0
  }

  protected async commit({ memberId, generationId, positions }: Session): Promise<boolean> {
    const { checker, world } = this.options
    const { writesFail } = world
    for (const [{ topic, partition }, offset] of positions) {
      const partitions = [
        { partitionIndex: partition, committedOffset: offset, committedLeaderEpoch: -1, committedMetadata: '' },
      ]
      const { topics } = await this.client.call(apis.offsetCommit, 9, {
        groupId: this.group,
        generationIdOrMemberEpoch: generationId,
        memberId,
        groupInstanceId: this.instanceId,
        topics: [{ name: topic, partitions }],
      })
      const { errorCode } = topics[0]!.partitions[0]!
      if (errorCode === kafkaErrors.unknownMemberId) this.#memberId = ''
      if (errorCode !== 0) return false
      check(!writesFail, `${this.name} commits, though syncs fail`)
      checker.noteOffset(this.group, topic, partition, offset)
    }
    return true
  }

  /** @returns how many partitions had something; undefined when they could not be read now */
  async #fetch(positions: Map<Place, number>): Promise<number | undefined> {
    const { checker, world } = this.options
    const { writesFail } = world
    const made = new Set(checker.made)
    const trims = new Map(
      [...positions.keys()].map((place) => [place, checker.trimmedTo(place.topic, place.partition)]),
    )
    const fetched = await this.#fetches.fetch(this.client, positions)
    let count = fetched && 0
    for (const [place, one] of fetched ?? []) {
      const from = positions.get(place)!
      if (one.errorCode === kafkaErrors.offsetOutOfRange) {
        const start = await this.#startOf(place)
        if (start === undefined) return undefined
        const what = `${this.name} at ${from} of ${place.topic}-${place.partition}`
        check(start > from, `${what}: out of range, though it begins at ${start}`)
        checker.checkStart(place.topic, place.partition, start, trims.get(place)!)
        positions.set(place, start)
        count!++
        continue
      }
      // A disk that takes no writes is read all the same.
      const isExpected = one.errorCode === 0 || !made.has(place.topic)
      check(isExpected, `${this.name} cannot read ${place.topic}-${place.partition}: ${kafkaErrorName(one.errorCode)}`)
      if (one.errorCode !== 0) return undefined
      if (writesFail) world.counts['reads after a failed sync']!++
      if (one.records === null || one.records.length === 0) continue
      const aborted = (one.abortedTransactions ?? []).toSorted((a, b) => Number(a.firstOffset) - Number(b.firstOffset))
      positions.set(place, this.#take(place, from, one.records, aborted))
      count!++
    }
    return count
  }

  async #startOf({ topic, partition }: Place): Promise<number | undefined> {
    const { topics } = await this.client.call(apis.listOffsets, 5, {
      replicaId: -1,
      isolationLevel: 0,
      topics: [{ name: topic, partitions: [{ partitionIndex: partition, timestamp: -2n }] }],
    })
    const one = topics[0]!.partitions[0]!
    return one.errorCode === 0 ? Number(one.offset) : undefined
  }

  #take(
    place: Place,
    from: number,
    bytes: Uint8Array,
    aborted: { readonly producerId: bigint; readonly firstOffset: bigint | number }[],
  ): number {
    const { checker, governed } = this.options
    const committed = this.#isolation === 'committed'
    const aborting = new Set<bigint>()
    let next = from
    for (let at = 0; at < bytes.length;) {
      const records = decodeRecords(bytes, at, decompressRecords)
      const { baseOffset, lastOffsetDelta, size, control, transactional, producerId } = records.header
      if (checker.checkFormat(place.topic, place.partition, records.header)) governed!.counts['formats seen']++
      const isNext = at === 0 ? baseOffset <= next : baseOffset === next
      check(isNext, `${this.name}: ${place.topic}-${place.partition} goes on at ${baseOffset} instead of ${next}`)
      at += size
      while (aborted[0] && Number(aborted[0].firstOffset) <= baseOffset + lastOffsetDelta)
        aborting.add(aborted.shift()!.producerId)
      if (control) aborting.delete(producerId)
      const isGone = control || (transactional && aborting.has(producerId))
      for (let i = 0; i < records.count && !isGone; i++) {
        const offset = records.offsets[i]!
        const value = Buffer.from(recordValue(records, i)!).toString()
        if (offset >= from) checker.noteSeen(place.topic, place.partition, { offset, value, committed })
      }
      next = baseOffset + lastOffsetDelta + 1
    }
    return next
  }
}
