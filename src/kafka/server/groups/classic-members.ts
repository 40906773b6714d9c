// Members that speak the classic protocol in a group of the new one, so that a service is rolled over without a stop (KIP-848,
// "Online migration"): their joins are heartbeats in which they say what they still have, their generation is the member's epoch,
// a heartbeat that is told of a rebalance sends them to join again. The first member of the new protocol turns a classic group
// into one of the new protocol; when its last one goes, those that stay are a classic group again ('bidirectional', Kafka's default).
// Invariant: no assignment is taken from the members' leader here: the group's target decides.
import { BytesError, type Clock } from '../../../base/index.ts'
import { kafkaErrors } from '../../wire/index.ts'
import type { ServerReader } from '../log-face.ts'
import { readAssignment, readSubscription, subscriptionVersion, writeAssignment } from './classic-bytes.ts'
import type { Subscription, TopicPartitions } from './classic-bytes.ts'
import type { ConsumerGroup, ConsumerMember } from './consumer-group.ts'
import type { ConsumerGroups } from './consumer-groups.ts'
import { StoredGroup, type ClassicGroupState } from './group-records.ts'
import { joinError } from './group.ts'
import type { Group, JoinAnswer, JoinRequest, Protocol, SyncAnswer } from './group.ts'
import { noPartitions } from './reconcile.ts'

const noBytes = new Uint8Array(0)
const consumerType = 'consumer'

interface Options {
  readonly consumers: ConsumerGroups
  readonly reader: ServerReader
  newMemberId(): string
}

interface Identity {
  readonly memberId: string
  readonly instanceId: string | null
  readonly generation: number
}

export class ClassicMembers {
  readonly #options: Options

  constructor(options: Options) {
    this.#options = options
  }

  /** A join of a group of the new protocol that somebody is in. Resolves when the member is durable. */
  async join(group: ConsumerGroup, request: JoinRequest): Promise<JoinAnswer> {
    const { instanceId, protocols, rebalanceTimeoutMs, sessionTimeoutMs, clientId, clientHost } = request
    const refuse = (error: number, id = request.memberId): JoinAnswer => joinError(error, id)
    const subscription = subscriptionOf(request)
    if (!subscription || !hasCommonProtocol(group, request)) return refuse(kafkaErrors.inconsistentGroupProtocol)
    if (request.memberId === '' && instanceId === null && request.requiresKnownId) {
      return refuse(kafkaErrors.memberIdRequired, this.#options.newMemberId())
    }
    const holder = instanceId === null ? undefined : group.holderOf(instanceId)
    if (request.memberId !== '' && instanceId !== null && holder !== request.memberId) {
      return refuse(holder === undefined ? kafkaErrors.unknownMemberId : kafkaErrors.fencedInstanceId)
    }
    const memberId = request.memberId === '' ? this.#options.newMemberId() : request.memberId
    const known = group.members.get(memberId)
    const answer = await this.#options.consumers.heartbeat(
      group.id,
      {
        memberId,
        memberEpoch: Math.max(0, known?.epoch ?? 0),
        instanceId,
        rackId: null,
        rebalanceTimeoutMs,
        topics: subscription.topics,
        pattern: '',
        assignor: null,
        owned: this.#idsOf(subscription.owned),
        clientId,
        clientHost,
        classic: { sessionTimeoutMs, protocols },
      },
      () => true,
    )
    if (!answer.ok) return refuse(answer.error)
    return {
      error: 0,
      memberId: answer.memberId,
      generation: answer.memberEpoch,
      protocolType: consumerType,
      protocolName: protocols[0]!.name,
      // Nobody leads: all are given what the target has for them.
      leader: '',
      skipAssignment: false,
      members: [],
    }
  }

  sync(
    group: ConsumerGroup,
    request: Identity & { readonly protocolType: string | null; readonly protocolName: string | null },
  ): SyncAnswer {
    const refuse = (error: number): SyncAnswer => ({ error, assignment: noBytes })
    const found = this.#find(group, request)
    if (typeof found === 'number') return refuse(found)
    const { protocolType, protocolName } = request
    const protocol = found.classic!.protocols[0]!
    const isOther =
      (protocolType !== null && protocolType !== consumerType) ||
      (protocolName !== null && protocolName !== protocol.name)
    if (isOther) return refuse(kafkaErrors.inconsistentGroupProtocol)
    this.#options.consumers.touch(group.id, found.id)
    if (group.epoch > found.epoch && found.state !== 'unrevoked') return refuse(kafkaErrors.rebalanceInProgress)
    const assigned = [...found.assigned].map(([topicId, held]) => [topicId, [...held.keys()]] as const)
    return { error: 0, assignment: this.#assignmentFor(protocol, assigned) }
  }

  heartbeat(group: ConsumerGroup, identity: Identity): number {
    const found = this.#find(group, identity)
    if (typeof found === 'number') return found
    const { consumers } = this.#options
    consumers.touch(group.id, found.id)
    const mayGoOn = found.state === 'unreleased' && !group.waits(found.id)
    if (found.epoch >= group.epoch && found.state !== 'unrevoked' && !mayGoOn) return 0
    consumers.awaitRejoin(group.id, found.id)
    return kafkaErrors.rebalanceInProgress
  }

  /** Whether the member may commit in this generation; undefined when it speaks the new protocol. */
  mayCommit(group: ConsumerGroup, identity: Identity): number | undefined {
    if (!group.members.get(identity.memberId)?.classic) return undefined
    const found = this.#find(group, identity)
    return typeof found === 'number' ? found : 0
  }

  #find(group: ConsumerGroup, { memberId, instanceId, generation }: Identity): ConsumerMember | number {
    const holder = instanceId === null ? undefined : group.holderOf(instanceId)
    if (instanceId !== null && holder !== memberId) {
      return holder === undefined ? kafkaErrors.unknownMemberId : kafkaErrors.fencedInstanceId
    }
    const member = group.members.get(memberId)
    if (!member?.classic) return kafkaErrors.unknownMemberId
    return generation === member.epoch ? member : kafkaErrors.illegalGeneration
  }

  #idsOf(topics: readonly TopicPartitions[]): { topicId: string; partitions: readonly number[] }[] {
    return topics.flatMap(({ topic, partitions }) => {
      const known = this.#options.reader.topic(topic)
      return known ? [{ topicId: known.id, partitions }] : []
    })
  }

  #assignmentFor(protocol: Protocol, held: Iterable<readonly [string, readonly number[]]>): Uint8Array {
    const topics = [...held].flatMap(([topicId, partitions]) => {
      const topic = this.#options.reader.topicById(topicId)
      return topic ? [{ topic: topic.name, partitions }] : []
    })
    return writeAssignment(subscriptionVersion(protocol.metadata), topics)
  }

  /**
   * A classic group as one of the new protocol: each has what its last assignment gave it.
   * @returns undefined when its members are no consumers, or say what cannot be read
   */
  upgraded(group: Group): StoredGroup | undefined {
    const { generation } = group
    if (group.protocolType !== consumerType) return undefined
    const stored = new StoredGroup()
    stored.isConsumer = true
    stored.epoch = generation
    stored.targetEpoch = generation
    const taken = new Set<string>()
    try {
      for (const { id, instanceId, clientId, clientHost, rebalanceTimeoutMs, ...member } of group.members.values()) {
        const { sessionTimeoutMs, protocols } = member
        const topics = [...new Set(readSubscription(protocols[0]!.metadata).topics)].toSorted()
        const face = { instanceId, clientId, clientHost, rebalanceTimeoutMs, topics }
        const classic = { sessionTimeoutMs, protocols }
        stored.members.set(id, { ...face, rackId: null, pattern: '', assignor: null, classic })
        const held = new Map<string, Map<number, number>>()
        // Also in the middle of a rebalance: who does not give up before it ends still reads what it was given last.
        for (const { topic, partitions } of readAssignment(member.assignment)) {
          const known = this.#options.reader.topic(topic)
          if (!known) continue
          // What a leader gave twice, or that is not there, is given anew by the target.
          const own = partitions.filter((one) => {
            const isFree = one >= 0 && one < known.partitionCount && !taken.has(`${one} ${topic}`)
            taken.add(`${one} ${topic}`)
            return isFree
          })
          // Some say a topic once for each of its partitions.
          const all = [...(held.get(known.id)?.keys() ?? []), ...own]
          if (all.length > 0) held.set(known.id, new Map(all.map((one) => [one, generation])))
        }
        const epochs = { epoch: generation, previousEpoch: generation }
        stored.current.set(id, { ...epochs, state: 'stable', assigned: held, revoking: noPartitions })
        stored.targets.set(id, new Map([...held].map(([topicId, own]) => [topicId, [...own.keys()]])))
      }
    } catch (error) {
      if (error instanceof BytesError) return undefined
      throw error
    }
    return stored
  }

  /** What stays of a group of which only classic members are left; undefined when others are in it, or nobody is. */
  downgraded(group: ConsumerGroup, clock: Clock): ClassicGroupState | undefined {
    const members = [...group.members.values()]
    if (members.length === 0 || members.some(({ classic }) => !classic)) return undefined
    const [first] = members
    const common = first!.classic!.protocols.find(({ name }) => members.every((one) => protocolOf(one, name)))
    if (!common) return undefined
    return {
      protocolType: consumerType,
      // The one that its members know; they are sent to join again.
      generation: group.targetEpoch,
      protocolName: common.name,
      leader: first!.id,
      stateMs: clock.nowMs(),
      members: members.map((member) => {
        const { id, instanceId, clientId, clientHost, rebalanceTimeoutMs, classic } = member
        const protocol = protocolOf(member, common.name)!
        return {
          id,
          instanceId,
          clientId,
          clientHost,
          rebalanceTimeoutMs,
          sessionTimeoutMs: classic!.sessionTimeoutMs,
          metadata: protocol.metadata,
          assignment: this.#assignmentFor(protocol, group.targets.get(id) ?? []),
        }
      }),
    }
  }
}

function subscriptionOf({ protocolType, protocols }: JoinRequest): Subscription | undefined {
  if (protocolType !== consumerType || protocols.length === 0) return undefined
  try {
    return readSubscription(protocols[0]!.metadata)
  } catch (error) {
    if (error instanceof BytesError) return undefined
    throw error
  }
}

const protocolOf = ({ classic }: ConsumerMember, name: string): Protocol | undefined =>
  classic?.protocols.find((protocol) => protocol.name === name)

/** The classic members must be able to go on alone. */
function hasCommonProtocol(group: ConsumerGroup, request: JoinRequest): boolean {
  const others = [...group.members.values()].filter(({ id, classic }) => classic && id !== request.memberId)
  return request.protocols.some(({ name }) => others.every((member) => protocolOf(member, name)))
}
