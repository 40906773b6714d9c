// One consumer group of the new protocol (KIP-848): the server decides who reads what, and each member is led there by its own
// heartbeats. A synchronous state machine: time, disk and connections are its owner's. What changed is taken as records
// (takeRecords), and an answer may go out only when they are durable; a group rebuilt from its records goes on as it was.
//
// Invariants: a partition has one holder, assigned or giving it up; the target's epoch never passes the group's, a member's
// never passes the target's; each change of a subscription, of the members or of subscribed topics raises the group's epoch.
// Reference: KIP-848; KIP-1082 (ids made by clients); KIP-1251 (commits of older epochs).
import { assert } from '../../../base/index.ts'
import { kafkaErrors } from '../../wire/index.ts'
import { assignors, defaultAssignor, type AssignorMember, type Target } from './assignors.ts'
import { groupRecords, type GroupRecord } from './group-records.ts'
import { metadataHash } from './metadata-hash.ts'
import { isSubset, noPartitions, reconcile, sameAssignment, samePartitions } from './reconcile.ts'
import type { Assignment, MemberAssignment, Owned } from './reconcile.ts'

/** Member epochs with a meaning of their own. */
export const memberEpochs = { joining: 0, leaving: -1, pausing: -2 } as const

export interface ConsumerMember extends MemberAssignment {
  readonly id: string
  readonly instanceId: string | null
  readonly rackId: string | null
  readonly clientId: string
  readonly clientHost: string
  readonly rebalanceTimeoutMs: number
  /** Names, sorted. */
  readonly topics: readonly string[]
  /** A regular expression over topic names; '' when there is none. */
  readonly pattern: string
  readonly assignor: string | null
  /** Of a member that speaks the classic protocol. */
  readonly classic: ClassicFace | null
}

export interface ClassicFace {
  readonly sessionTimeoutMs: number
  readonly protocols: readonly { readonly name: string; readonly metadata: Uint8Array }[]
}

/** Fields that are null did not change since the last heartbeat. */
export interface ConsumerHeartbeat {
  readonly memberId: string
  readonly memberEpoch: number
  readonly instanceId: string | null
  readonly rackId: string | null
  /** -1: as before. */
  readonly rebalanceTimeoutMs: number
  readonly topics: readonly string[] | null
  readonly pattern: string | null
  readonly assignor: string | null
  readonly owned: Owned | null
  readonly clientId: string
  readonly clientHost: string
  readonly classic?: ClassicFace
}

export type ConsumerAnswer =
  | {
      readonly ok: true
      readonly memberId: string
      readonly memberEpoch: number
      /** null: as the member knows it. */
      readonly assignment: Assignment | null
    }
  | { readonly ok: false; readonly error: number; readonly message: string }

/** Topics as they are now; `version` differs as soon as any of them does. */
export interface TopicsView {
  readonly version: unknown
  topic(name: string): { readonly id: string; readonly partitionCount: number } | undefined
}

/** Patterns → names of topics that match now, sorted. One that is missing keeps what it matched before. */
export type Resolved = ReadonlyMap<string, readonly string[]>

export type ConsumerGroupState = 'Empty' | 'Assigning' | 'Reconciling' | 'Stable'

const noTarget: Target = new Map()
const refusal = (error: number, message: string): Extract<ConsumerAnswer, { ok: false }> => ({
  ok: false,
  error,
  message,
})

export class ConsumerGroup {
  readonly id: string
  readonly members = new Map<string, ConsumerMember>()
  readonly targets = new Map<string, Target>()
  epoch = 0
  targetEpoch = 0
  readonly #membersMax: number
  readonly #instances = new Map<string, string>()
  readonly #patterns = new Map<string, readonly string[]>()
  readonly #owners = new Map<string, Map<number, string>>()
  readonly #dirty = new Set<string>()
  #hash = 0n
  /** The view of topics that the epoch takes account of. */
  #seen: unknown

  constructor(id: string, membersMax: number) {
    this.id = id
    this.#membersMax = membersMax
  }

  get state(): ConsumerGroupState {
    if (this.members.size === 0) return 'Empty'
    if (this.epoch > this.targetEpoch) return 'Assigning'
    for (const { state, epoch } of this.members.values()) {
      if (state !== 'stable' || epoch !== this.targetEpoch) return 'Reconciling'
    }
    return 'Stable'
  }

  /** The assignor that most members name. */
  get assignor(): string {
    const votes = new Map<string, number>()
    for (const { assignor } of this.members.values()) {
      if (assignor !== null) votes.set(assignor, (votes.get(assignor) ?? 0) + 1)
    }
    let best = defaultAssignor
    let most = 0
    for (const [name, count] of votes) if (count > most) [best, most] = [name, count]
    return best
  }

  get patterns(): readonly string[] {
    return [...new Set([...this.members.values()].map(({ pattern }) => pattern))].filter((text) => text !== '')
  }

  /** Whether topics changed since the group last looked. */
  isBehind(view: TopicsView): boolean {
    return this.#seen !== view.version
  }

  // ---- heartbeats

  /** A heartbeat that joins or stays (epoch 0 and above). Nothing changes when it is refused. */
  heartbeat(request: ConsumerHeartbeat, view: TopicsView, resolved: Resolved): ConsumerAnswer {
    const refused = this.#refuse(request)
    if (refused) return refused
    const before = this.#begin(request)
    let member = updated(before, request)
    const isChanged = !this.members.has(member.id) || !sameSubscription(before, member) || !sameFace(before, member)
    const subscriptionChanged = !sameSubscription(before, member)
    if (isChanged) this.#put(member, true)
    this.#followTopics(view, resolved, subscriptionChanged)
    if (this.epoch > this.targetEpoch) this.#assign(view)
    member = reconcile(member, {
      targetEpoch: this.targetEpoch,
      target: this.targets.get(member.id) ?? noTarget,
      subscribed: this.#subscribedIds(member, view),
      subscriptionChanged,
      owned: request.owned,
      isHeld: (topicId, partition) => {
        const owner = this.#owners.get(topicId)?.get(partition)
        return owner !== undefined && owner !== member.id
      },
    })
    if (!sameAssignment(this.members.get(member.id)!, member)) {
      this.#put(member, false)
      this.#dirty.add(`current ${member.id}`)
    }
    const isFull =
      request.rebalanceTimeoutMs !== -1 &&
      (request.topics !== null || request.pattern !== null) &&
      request.owned !== null
    const tells = request.memberEpoch === memberEpochs.joining || isFull
    const assignment = tells || !samePartitions(before.assigned, member.assigned) ? member.assigned : null
    return { ok: true, memberId: member.id, memberEpoch: member.epoch, assignment }
  }

  #refuse(request: ConsumerHeartbeat): ConsumerAnswer | undefined {
    const { memberId, memberEpoch, instanceId, owned } = request
    const joins = memberEpoch === memberEpochs.joining
    const holder = instanceId === null ? undefined : this.#instances.get(instanceId)
    if (this.members.size >= this.#membersMax && !this.members.has(memberId) && holder === undefined) {
      return refusal(kafkaErrors.groupMaxSizeReached, `the group has its ${this.#membersMax} members`)
    }
    if (joins) {
      const held = holder !== undefined && holder !== memberId && this.members.get(holder)!
      const isTaken = held && held.epoch !== memberEpochs.pausing && !(request.classic && held.classic)
      if (isTaken) {
        return refusal(
          kafkaErrors.unreleasedInstanceId,
          `the instance '${instanceId}' is still held by the member '${held.id}'`,
        )
      }
      return undefined
    }
    const found = this.#find(memberId, instanceId)
    if (!found.ok) return found
    const { member } = found
    if (memberEpoch > member.epoch) {
      return refusal(
        kafkaErrors.fencedMemberEpoch,
        `epoch ${memberEpoch} is above the member's, ${member.epoch}: rejoin`,
      )
    }
    // The reply that raised the epoch may have been lost.
    const mayRepeat = memberEpoch === member.previousEpoch && isSubset(owned, member.assigned)
    if (memberEpoch < member.epoch && !mayRepeat) {
      return refusal(
        kafkaErrors.fencedMemberEpoch,
        `epoch ${memberEpoch} is below the member's, ${member.epoch}: rejoin`,
      )
    }
    return undefined
  }

  #find(
    memberId: string,
    instanceId: string | null,
  ): { ok: true; member: ConsumerMember } | Extract<ConsumerAnswer, { ok: false }> {
    if (instanceId !== null) {
      const holder = this.#instances.get(instanceId)
      if (holder === undefined) {
        return refusal(kafkaErrors.unknownMemberId, `the instance '${instanceId}' is not in the group`)
      }
      if (holder !== memberId) {
        return refusal(kafkaErrors.fencedInstanceId, `the instance '${instanceId}' is now the member '${holder}'`)
      }
    }
    const member = this.members.get(memberId)
    return member
      ? { ok: true, member }
      : refusal(kafkaErrors.unknownMemberId, `'${memberId}' is no member of the group`)
  }

  /** The member as it was: known, new, or one that takes the place of its instance's last holder. */
  #begin({ memberId, memberEpoch, instanceId }: ConsumerHeartbeat): ConsumerMember {
    const known = this.members.get(memberId)
    const holder = instanceId === null ? undefined : this.#instances.get(instanceId)
    if (known) {
      // A paused static member that comes back under its own id begins like a new one, with what it had.
      return memberEpoch === memberEpochs.joining && known.epoch === memberEpochs.pausing
        ? { ...known, epoch: 0, previousEpoch: 0 }
        : known
    }
    if (holder === undefined) return newMember(memberId)
    const last = this.members.get(holder)!
    const target = this.targets.get(holder)
    this.#drop(holder)
    if (target) {
      this.targets.set(memberId, target)
      this.#dirty.add(`target ${memberId}`)
    }
    const taken = { ...last, id: memberId, epoch: 0, previousEpoch: 0 }
    this.#put(taken, true)
    this.#dirty.add(`current ${memberId}`)
    return taken
  }

  /** Raises the epoch when subscriptions or subscribed topics are not what they were. */
  #followTopics(view: TopicsView, resolved: Resolved, subscriptionChanged: boolean): void {
    const isBehind = this.isBehind(view)
    if (!isBehind && !subscriptionChanged && this.epoch > 0) return
    let isChanged = subscriptionChanged || this.epoch === 0
    this.#forgetPatterns()
    let all = true
    for (const pattern of this.patterns) {
      const names = resolved.get(pattern)
      if (!names) {
        all = false
        continue
      }
      const known = this.#patterns.get(pattern)
      if (known && known.length === names.length && known.every((name, i) => name === names[i])) continue
      this.#patterns.set(pattern, names)
      this.#dirty.add(`pattern ${pattern}`)
      isChanged = true
    }
    const hash = metadataHash(this.#subscribedNames(), view)
    if (hash !== this.#hash) isChanged = true
    if (all) this.#seen = view.version
    if (!isChanged) return
    this.#hash = hash
    this.#raise()
  }

  /** Patterns that no member has any more. */
  #forgetPatterns(): void {
    const patterns = new Set(this.patterns)
    for (const pattern of this.#patterns.keys()) {
      if (patterns.has(pattern)) continue
      this.#patterns.delete(pattern)
      this.#dirty.add(`pattern ${pattern}`)
    }
  }

  #raise(): void {
    this.epoch++
    this.#dirty.add('group')
  }

  #subscribedNames(): Set<string> {
    const names = new Set<string>()
    for (const { topics } of this.members.values()) for (const name of topics) names.add(name)
    for (const topics of this.#patterns.values()) for (const name of topics) names.add(name)
    return names
  }

  #subscribedIds(member: ConsumerMember, view: TopicsView): Set<string> {
    const ids = new Set<string>()
    for (const names of [member.topics, this.#patterns.get(member.pattern) ?? []]) {
      for (const name of names) {
        const topic = view.topic(name)
        if (topic) ids.add(topic.id)
      }
    }
    return ids
  }

  #assign(view: TopicsView): void {
    const members: AssignorMember[] = [...this.members.values()].map((member) => ({
      id: member.id,
      instanceId: member.instanceId,
      topics: this.#subscribedIds(member, view),
      last: this.targets.get(member.id) ?? noTarget,
    }))
    const topics = [...this.#subscribedNames()].toSorted().flatMap((name) => view.topic(name) ?? [])
    const given = assignors.get(this.assignor)!(members, topics)
    for (const { id, last } of members) {
      const target = given.get(id) ?? noTarget
      if (this.targets.has(id) && sameTarget(last, target)) continue
      this.targets.set(id, target)
      this.#dirty.add(`target ${id}`)
    }
    this.targetEpoch = this.epoch
    this.#dirty.add('targets')
  }

  // ---- leaving

  /** A heartbeat with epoch -1 (gone) or -2 (a static member that will be back and keeps what it has). */
  leave(request: Pick<ConsumerHeartbeat, 'memberId' | 'memberEpoch' | 'instanceId'>, view: TopicsView): ConsumerAnswer {
    const found = this.#find(request.memberId, request.instanceId)
    if (!found.ok) return found
    const { member } = found
    if (request.memberEpoch === memberEpochs.pausing) {
      this.#put({ ...member, epoch: memberEpochs.pausing, state: 'stable', revoking: noPartitions }, false)
      this.#dirty.add(`current ${member.id}`)
    } else this.remove(member.id, view)
    return { ok: true, memberId: member.id, memberEpoch: request.memberEpoch, assignment: null }
  }

  /** Whether something of its target is still another's. */
  waits(memberId: string): boolean {
    const member = this.members.get(memberId)
    for (const [topicId, partitions] of this.targets.get(memberId) ?? noTarget) {
      for (const partition of partitions) {
        if (member?.assigned.get(topicId)?.has(partition)) continue
        const owner = this.#owners.get(topicId)?.get(partition)
        if (owner !== undefined && owner !== memberId) return true
      }
    }
    return false
  }

  /** The member that an instance is now. */
  holderOf(instanceId: string): string | undefined {
    return this.#instances.get(instanceId)
  }

  /** Takes a member out: it left, or its time is over. The rest is shared anew at the next heartbeat. */
  remove(memberId: string, view: TopicsView): void {
    this.#drop(memberId)
    this.#forgetPatterns()
    this.#hash = metadataHash(this.#subscribedNames(), view)
    this.#raise()
  }

  // ---- commits

  /**
   * Whether a member may commit or ask for offsets of partitions with the epoch that it says.
   * @param partitions topic id and partition each; none when it asks
   */
  epochProblem(
    memberId: string,
    memberEpoch: number,
    partitions: readonly { readonly topicId: string; readonly partition: number }[] | null,
  ): number {
    const member = this.members.get(memberId)
    if (!member) return kafkaErrors.unknownMemberId
    if (memberEpoch === member.epoch) return 0
    if (memberEpoch > member.epoch || partitions === null) return kafkaErrors.staleMemberEpoch
    // What it has had since before that epoch nobody else can have committed meanwhile.
    const isItsOwn = partitions.every(({ topicId, partition }) => {
      const since = member.assigned.get(topicId)?.get(partition) ?? member.revoking.get(topicId)?.get(partition)
      return since !== undefined && since <= memberEpoch
    })
    return isItsOwn ? 0 : kafkaErrors.staleMemberEpoch
  }

  /** Whether a member subscribes to the topic. */
  isSubscribed(topic: string): boolean {
    return this.#subscribedNames().has(topic)
  }

  // ---- changes and their records

  #put(member: ConsumerMember, isMetadata: boolean): void {
    const before = this.members.get(member.id)
    if (before) this.#release(before)
    this.members.set(member.id, member)
    if (member.instanceId !== null) this.#instances.set(member.instanceId, member.id)
    for (const held of [member.assigned, member.revoking]) {
      for (const [topicId, partitions] of held) {
        let owners = this.#owners.get(topicId)
        if (!owners) this.#owners.set(topicId, (owners = new Map()))
        for (const partition of partitions.keys()) {
          assert(!owners.has(partition), 'a partition has one holder')
          owners.set(partition, member.id)
        }
      }
    }
    if (isMetadata) this.#dirty.add(`member ${member.id}`)
  }

  #release(member: ConsumerMember): void {
    for (const held of [member.assigned, member.revoking]) {
      for (const [topicId, partitions] of held) {
        const owners = this.#owners.get(topicId)
        for (const partition of partitions.keys()) owners?.delete(partition)
        if (owners?.size === 0) this.#owners.delete(topicId)
      }
    }
  }

  #drop(memberId: string): void {
    const member = this.members.get(memberId)!
    this.#release(member)
    this.members.delete(memberId)
    this.targets.delete(memberId)
    if (member.instanceId !== null && this.#instances.get(member.instanceId) === memberId) {
      this.#instances.delete(member.instanceId)
    }
    for (const kind of ['current', 'target', 'member']) this.#dirty.add(`${kind} ${memberId}`)
  }

  /** What changed since the last call, as records of the offsets topic; each is the whole of its key. */
  takeRecords(): GroupRecord[] {
    const records = [...this.#dirty].map((what) => this.#recordOf(what))
    this.#dirty.clear()
    return records
  }

  #recordOf(what: string): GroupRecord {
    const at = what.indexOf(' ')
    const [kind, name] = at < 0 ? [what, ''] : [what.slice(0, at), what.slice(at + 1)]
    const records = groupRecords(this.id)
    if (kind === 'group') return records.group({ epoch: this.epoch, hash: this.#hash })
    if (kind === 'targets') return records.targets(this.targetEpoch)
    if (kind === 'member') return records.member(name, this.members.get(name) ?? null)
    if (kind === 'target') return records.target(name, this.targets.get(name) ?? null)
    if (kind === 'current') return records.current(name, this.members.get(name) ?? null)
    return records.pattern(name, this.#patterns.get(name) ?? null)
  }

  /** All of it is written next: it comes from elsewhere. */
  touchAll(): void {
    for (const what of ['group', 'targets']) this.#dirty.add(what)
    for (const id of this.members.keys())
      for (const kind of ['member', 'target', 'current']) this.#dirty.add(`${kind} ${id}`)
  }

  /** Records that take the whole group away. */
  tombstones(): GroupRecord[] {
    const records = groupRecords(this.id)
    const all: GroupRecord[] = []
    for (const id of this.members.keys())
      all.push(records.current(id, null), records.target(id, null), records.member(id, null))
    for (const pattern of this.#patterns.keys()) all.push(records.pattern(pattern, null))
    all.push(records.targets(null), records.group(null))
    return all
  }

  /**
   * Rebuilds a group from what its records say; parts without which others mean nothing are left out. Where two members hold one
   * partition nobody can say whose it is: then no member is taken in, and each joins anew.
   */
  static restore(
    id: string,
    membersMax: number,
    stored: {
      readonly epoch: number
      readonly hash: bigint
      readonly targetEpoch: number
      readonly members: ReadonlyMap<string, Omit<ConsumerMember, keyof MemberAssignment | 'id'>>
      readonly targets: ReadonlyMap<string, Target>
      readonly current: ReadonlyMap<string, MemberAssignment>
      readonly patterns: ReadonlyMap<string, readonly string[]>
    },
  ): ConsumerGroup {
    const group = new ConsumerGroup(id, membersMax)
    group.epoch = stored.epoch
    group.targetEpoch = stored.targetEpoch
    group.#hash = stored.hash
    const isSound = hasOneHolderEach([...stored.members.keys()].map((memberId) => stored.current.get(memberId)))
    for (const [memberId, metadata] of isSound ? stored.members : []) {
      group.#put({ ...newMember(memberId), ...metadata, ...stored.current.get(memberId), id: memberId }, false)
      const target = stored.targets.get(memberId)
      if (target) group.targets.set(memberId, target)
    }
    for (const [pattern, names] of stored.patterns) group.#patterns.set(pattern, names)
    if (isSound) return group
    for (const memberId of stored.members.keys())
      for (const kind of ['current', 'target', 'member']) group.#dirty.add(`${kind} ${memberId}`)
    group.#raise()
    return group
  }
}

function hasOneHolderEach(members: readonly (MemberAssignment | undefined)[]): boolean {
  const held = new Set<string>()
  for (const member of members) {
    for (const partitions of [member?.assigned, member?.revoking]) {
      for (const [topicId, numbers] of partitions ?? []) {
        for (const partition of numbers.keys()) {
          const place = `${topicId} ${partition}`
          if (held.has(place)) return false
          held.add(place)
        }
      }
    }
  }
  return true
}

function newMember(id: string): ConsumerMember {
  return {
    id,
    instanceId: null,
    rackId: null,
    clientId: '',
    clientHost: '',
    rebalanceTimeoutMs: -1,
    topics: [],
    pattern: '',
    assignor: null,
    classic: null,
    epoch: 0,
    previousEpoch: 0,
    state: 'stable',
    assigned: noPartitions,
    revoking: noPartitions,
  }
}

function updated(member: ConsumerMember, request: ConsumerHeartbeat): ConsumerMember {
  return {
    ...member,
    instanceId: request.instanceId ?? member.instanceId,
    rackId: request.rackId ?? member.rackId,
    clientId: request.clientId,
    clientHost: request.clientHost,
    rebalanceTimeoutMs: request.rebalanceTimeoutMs === -1 ? member.rebalanceTimeoutMs : request.rebalanceTimeoutMs,
    topics: request.topics === null ? member.topics : [...new Set(request.topics)].toSorted(),
    pattern: request.pattern ?? member.pattern,
    assignor: request.assignor ?? member.assignor,
    // Also away from it: a client that was rolled over under its own id.
    classic: request.classic ?? null,
  }
}

const sameSubscription = (a: ConsumerMember, b: ConsumerMember): boolean =>
  a.pattern === b.pattern && a.topics.length === b.topics.length && a.topics.every((topic, i) => topic === b.topics[i])

const sameFace = (a: ConsumerMember, b: ConsumerMember): boolean =>
  a.instanceId === b.instanceId &&
  a.rackId === b.rackId &&
  a.clientId === b.clientId &&
  a.clientHost === b.clientHost &&
  a.rebalanceTimeoutMs === b.rebalanceTimeoutMs &&
  a.assignor === b.assignor &&
  sameClassic(a.classic, b.classic)

function sameClassic(a: ClassicFace | null, b: ClassicFace | null): boolean {
  if (!a || !b) return a === b
  return (
    a.sessionTimeoutMs === b.sessionTimeoutMs &&
    a.protocols.length === b.protocols.length &&
    a.protocols.every(({ name, metadata }, i) => {
      const other = b.protocols[i]!
      return name === other.name && Buffer.compare(metadata, other.metadata) === 0
    })
  )
}

function sameTarget(a: Target, b: Target): boolean {
  if (a.size !== b.size) return false
  for (const [topicId, partitions] of a) {
    const others = b.get(topicId)
    if (!others || others.length !== partitions.length || partitions.some((one, i) => one !== others[i])) return false
  }
  return true
}
