// All groups of this node: classic ones, those of the new protocol (KIP-848), and committed offsets, all kept in the offsets topic.
// A group is of one protocol; with nobody in it, it becomes what the next member speaks, and consumers of both meet (classic-members.ts). Groups of a partition are read
// when the first of them is asked for (load), and every call of this class is about a group that was loaded.
import type { Clock, Random } from '../../../base/index.ts'
import { offsetsTopic } from '../../../log/index.ts'
import { kafkaErrors } from '../../wire/index.ts'
import type { KafkaServerLimits, KafkaServerSettings } from '../limits.ts'
import type { ServerLog, ServerReader } from '../log-face.ts'
import type { ConsumerAnswer, ConsumerGroup, ConsumerHeartbeat } from './consumer-group.ts'
import { ClassicMembers } from './classic-members.ts'
import { ConsumerGroups } from './consumer-groups.ts'
import { GroupLog } from './group-log.ts'
import { classicRecord } from './group-records.ts'
import { Group, joinError } from './group.ts'
import type { GroupOptions, JoinAnswer, JoinRequest, Member, SyncAnswer } from './group.ts'
import type { OffsetChange, OffsetStore } from './offsets.ts'

export interface CoordinatorOptions {
  readonly clock: Clock
  readonly random: Random
  readonly limits: KafkaServerLimits
  readonly settings: KafkaServerSettings
  readonly offsets: OffsetStore
  readonly log: ServerLog
  readonly reader: ServerReader
  /** Of a group's members of the new protocol, as it is now. */
  sessionTimeoutMs(group: string): number
  /** A member was put out of its group: for the operator. */
  onMemberRemoved(event: { group: string; memberId: string; clientId: string; reason: string }): void
}

export interface GroupDescription {
  readonly state: 'Dead' | 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable'
  readonly protocolType: string
  readonly protocolName: string
  readonly members: readonly Member[]
}

export interface GroupListing {
  readonly id: string
  readonly type: 'classic' | 'consumer'
  readonly protocolType: string
  readonly state: string
}

export interface MemberIdentity {
  readonly memberId: string
  readonly instanceId: string | null
  readonly generation: number
}

export interface CommitOptions {
  readonly transactional?: boolean
  /** Of the OffsetCommit request. */
  readonly version?: number
  /** Somebody has committed offsets for the group already. */
  readonly hasOffsets?: boolean
  /** What is committed. */
  readonly partitions?: readonly { readonly topic: string; readonly partition: number }[]
}

export class GroupCoordinator {
  readonly offsets: OffsetStore
  readonly #options: CoordinatorOptions
  readonly #groups = new Map<string, Group>()
  readonly #log: GroupLog
  readonly #consumers: ConsumerGroups
  readonly #classics: ClassicMembers
  readonly #loaded = new Set<number>()
  #cancelExpiry: () => void = () => {}
  #isClosed = false
  readonly #loading = new Map<number, Promise<void>>()

  constructor(options: CoordinatorOptions) {
    this.#options = options
    this.offsets = options.offsets
    this.#log = new GroupLog({ ...options, readBytes: options.limits.offsetsReadBytes })
    this.#consumers = new ConsumerGroups({ ...options, log: this.#log, onOnlyClassic: (id) => this.#downgrade(id) })
    this.#classics = new ClassicMembers({
      consumers: this.#consumers,
      reader: options.reader,
      newMemberId: () => randomUuid(options.random),
    })
  }

  /** Resolves when the group is in memory as the log has it; undefined when it is. */
  load(groupId: string): Promise<void> | undefined {
    const partition = this.#log.partitionOf(groupId)
    return this.#loaded.has(partition) ? this.#consumers.reloading(groupId) : this.#load(partition)
  }

  #load(partition: number): Promise<void> {
    let loading = this.#loading.get(partition)
    if (!loading) {
      loading = this.#read(partition).finally(() => this.#loading.delete(partition))
      this.#loading.set(partition, loading)
    }
    return loading
  }

  async #read(partition: number): Promise<void> {
    for (const [id, stored] of await this.#log.scan(partition)) {
      if (stored.isConsumer) this.#consumers.restore(id, stored)
      else if (stored.classic && !this.#groups.has(id)) {
        this.#groups.set(id, Group.restore(id, stored.classic, this.#groupOptions(id)))
      }
    }
    this.#loaded.add(partition)
  }

  /** Loads all groups: for lists, and for what must be known of each. */
  async loadAll(): Promise<void> {
    const count = this.#options.reader.partitionCount(offsetsTopic.name) ?? 0
    for (let partition = 0; partition < count; partition++) {
      if (!this.#loaded.has(partition)) await this.#load(partition)
    }
  }

  /** A group of the new protocol; undefined when there is none of that name. */
  consumerGroup(groupId: string): ConsumerGroup | undefined {
    return this.#consumers.get(groupId)
  }

  /** @param mayDescribe whether the client may see a topic: others never match its pattern */
  async consumerHeartbeat(
    groupId: string,
    request: ConsumerHeartbeat,
    mayDescribe: (topic: string) => boolean,
  ): Promise<ConsumerAnswer> {
    const refuse = (error: number, message: string): ConsumerAnswer => ({ ok: false, error, message })
    const classic = this.#groups.get(groupId)
    if (classic && !classic.idle) {
      const problem = request.memberEpoch === 0 ? await this.#upgrade(groupId, classic) : undefined
      if (problem || request.memberEpoch !== 0) return refuse(...(problem ?? notConsumers(groupId)))
      return this.consumerHeartbeat(groupId, request, mayDescribe)
    }
    if (!this.#consumers.get(groupId) && this.#isFull()) {
      return refuse(kafkaErrors.coordinatorNotAvailable, 'there is no room for another group')
    }
    if (classic) {
      this.#groups.delete(groupId)
      const error = await this.#log.write(groupId, [classicRecord(groupId, null)])
      if (error !== 0) return refuse(kafkaErrors.coordinatorNotAvailable, 'the group could not be written')
    }
    const memberId = request.memberId === '' ? randomUuid(this.#options.random) : request.memberId
    return this.#consumers.heartbeat(groupId, { ...request, memberId }, mayDescribe)
  }

  /** A member of the new protocol joins a classic group: the others stay in it as they are (bidirectional migration). */
  async #upgrade(groupId: string, group: Group): Promise<[error: number, message: string] | undefined> {
    const state = group.snapshot()
    const stored = group.members.size > 0 ? this.#classics.upgraded(group) : undefined
    if (!stored) return notConsumers(groupId)
    this.#groups.delete(groupId)
    // Those who wait for the old rebalance join the group as it is now.
    group.close(kafkaErrors.rebalanceInProgress)
    const error = await this.#consumers.adopt(groupId, stored, classicRecord(groupId, null))
    if (error === 0) return undefined
    if (!this.#groups.has(groupId))
      this.#groups.set(groupId, Group.restore(groupId, state, this.#groupOptions(groupId)))
    return [kafkaErrors.coordinatorNotAvailable, 'the group could not be written']
  }

  /** The last member of the new protocol has gone. */
  async #downgrade(groupId: string): Promise<void> {
    const consumers = this.#consumers.get(groupId)
    const state = consumers && this.#classics.downgraded(consumers, this.#options.clock)
    if (!state || this.#groups.has(groupId)) return
    const group = Group.restore(groupId, state, this.#groupOptions(groupId))
    this.#groups.set(groupId, group)
    const error = await this.#consumers.handOver(groupId, classicRecord(groupId, state))
    if (error === 0) return group.rebalance()
    group.close()
    if (this.#groups.get(groupId) === group) this.#groups.delete(groupId)
  }

  #isFull(): boolean {
    const { groupsMax } = this.#options.limits
    if (this.#groups.size + this.#consumers.size >= groupsMax) this.#forgetIdle()
    return this.#groups.size + this.#consumers.size >= groupsMax
  }

  join(groupId: string, request: JoinRequest): Promise<JoinAnswer> {
    const { limits } = this.#options
    const refuse = (error: number): Promise<JoinAnswer> => Promise.resolve(joinError(error, request.memberId))
    if (groupId === '' || groupId.length > limits.groupIdLengthMax) return refuse(kafkaErrors.invalidGroupId)
    const { sessionTimeoutMs, instanceId } = request
    if (instanceId !== null && (instanceId === '' || instanceId.length > limits.instanceIdLengthMax)) {
      return refuse(kafkaErrors.invalidRequest)
    }
    if (sessionTimeoutMs < limits.sessionTimeoutMsMin || sessionTimeoutMs > limits.sessionTimeoutMsMax) {
      return refuse(kafkaErrors.invalidSessionTimeout)
    }
    const bytes = request.protocols.reduce((sum, { metadata }) => sum + metadata.length, 0)
    if (bytes > limits.memberBytesMax) return refuse(kafkaErrors.recordListTooLarge)
    const consumers = this.#consumers.get(groupId)
    if (consumers && consumers.members.size > 0) {
      const limitMs = Math.min(Math.max(request.rebalanceTimeoutMs, 0), limits.rebalanceTimeoutMsMax)
      return this.#classics.join(consumers, { ...request, rebalanceTimeoutMs: limitMs })
    }
    if (consumers) return this.#becomeClassic(groupId, request)
    let group = this.#groups.get(groupId)
    if (!group) {
      if (request.memberId !== '') return refuse(kafkaErrors.unknownMemberId)
      if (this.#isFull()) return refuse(kafkaErrors.coordinatorNotAvailable)
      group = new Group(groupId, this.#groupOptions(groupId))
      this.#groups.set(groupId, group)
    }
    const rebalanceTimeoutMs = Math.min(Math.max(request.rebalanceTimeoutMs, 0), limits.rebalanceTimeoutMsMax)
    return group.join({ ...request, rebalanceTimeoutMs })
  }

  /** Nobody is in the group of the new protocol: what is kept of it goes first. */
  async #becomeClassic(groupId: string, request: JoinRequest): Promise<JoinAnswer> {
    const error = await this.#consumers.delete(groupId)
    return error === 0 ? this.join(groupId, request) : joinError(kafkaErrors.coordinatorNotAvailable, request.memberId)
  }

  #groupOptions(id: string): GroupOptions {
    const { clock, random, limits, settings, onMemberRemoved } = this.#options
    return {
      clock,
      initialDelayMs: settings.groupInitialDelayMs,
      membersMax: limits.groupMembersMax,
      newMemberId: (prefix) => `${prefix.slice(0, limits.instanceIdLengthMax)}-${randomUuid(random)}`,
      store: (state) => this.#log.write(id, [classicRecord(id, state)]),
      onRemoved: ({ id: memberId, clientId }, reason) => onMemberRemoved({ group: id, memberId, clientId, reason }),
    }
  }

  #forgetIdle(): void {
    for (const [id, group] of this.#groups) if (group.idle) this.#groups.delete(id)
  }

  sync(groupId: string, request: Parameters<Group['sync']>[0]): Promise<SyncAnswer> {
    const consumers = this.#consumers.get(groupId)
    if (consumers) return Promise.resolve(this.#classics.sync(consumers, request))
    const group = this.#groups.get(groupId)
    const { memberBytesMax } = this.#options.limits
    const tooLarge = request.assignments.some(({ assignment }) => assignment.length > memberBytesMax)
    const error = !group ? kafkaErrors.unknownMemberId : tooLarge ? kafkaErrors.recordListTooLarge : 0
    return error !== 0 ? Promise.resolve({ error, assignment: new Uint8Array(0) }) : group!.sync(request)
  }

  heartbeat(groupId: string, identity: MemberIdentity): number {
    const consumers = this.#consumers.get(groupId)
    if (consumers) return this.#classics.heartbeat(consumers, identity)
    const { memberId, instanceId, generation } = identity
    return this.#groups.get(groupId)?.heartbeat(memberId, instanceId, generation) ?? kafkaErrors.unknownMemberId
  }

  /** Also of a group of the new protocol, whose members an administrator takes out with this request. */
  leave(groupId: string, memberId: string, instanceId: string | null): number | Promise<number> {
    if (this.#consumers.get(groupId)) return this.#consumers.remove(groupId, memberId, instanceId)
    return this.#groups.get(groupId)?.leave(memberId, instanceId) ?? kafkaErrors.unknownMemberId
  }

  /**
   * Whether offsets may be committed for the group by this member, or by anyone when nobody is in it; within a transaction
   * by any producer that does not say whose member it is. @returns 0 or a Kafka error
   */
  mayCommit(groupId: string, identity: MemberIdentity, options: CommitOptions = {}): number {
    const { memberId, instanceId, generation } = identity
    const { transactional = false, version = 0, hasOffsets = false } = options
    const consumers = this.#consumers.get(groupId)
    if (consumers)
      return this.#classics.mayCommit(consumers, identity) ?? this.#mayCommitAsConsumer(consumers, identity, options)
    const group = this.#groups.get(groupId)
    if (!group) {
      if (generation < 0) return 0
      // A group without members is one, and nobody is in it.
      if (hasOffsets) return kafkaErrors.unknownMemberId
      return version >= 9 ? kafkaErrors.groupIdNotFound : kafkaErrors.illegalGeneration
    }
    if (!transactional) return group.mayCommit(memberId, instanceId, generation)
    const isNamed = generation >= 0 || memberId !== '' || instanceId !== null
    const error = isNamed ? group.mayCommit(memberId, instanceId, generation) : 0
    // A transaction's offsets count at its end: a rebalance under way does not matter.
    return error === kafkaErrors.rebalanceInProgress ? 0 : error
  }

  #mayCommitAsConsumer(
    group: ConsumerGroup,
    { memberId, instanceId, generation }: MemberIdentity,
    { transactional = false, version = 0, partitions = [] }: CommitOptions,
  ): number {
    if (generation < 0 && group.members.size === 0) return 0
    if (transactional && generation < 0 && memberId === '' && instanceId === null) return 0
    if (!group.members.has(memberId)) return kafkaErrors.unknownMemberId
    // Older requests have no word for a member's epoch.
    if (!transactional && version < 9) return kafkaErrors.unsupportedVersion
    const ids = partitions.map(({ topic, partition }) => ({
      topicId: this.#options.reader.topic(topic)?.id ?? '',
      partition,
    }))
    return group.epochProblem(memberId, generation, ids)
  }

  /** Whether a member may ask for its group's offsets with the epoch that it says. @returns 0 or a Kafka error */
  mayFetch(groupId: string, memberId: string | null, memberEpoch: number): number {
    const group = this.#consumers.get(groupId)
    // Only members of the new protocol say who they are.
    if (!group || (memberId === null && memberEpoch < 0)) return 0
    return group.epochProblem(memberId ?? '', memberEpoch, null)
  }

  commit(groupId: string, changes: readonly OffsetChange[]): Promise<number> {
    return this.offsets.change(groupId, changes)
  }

  /** Of a classic group; 'Dead' when there is none. */
  async describe(groupId: string): Promise<GroupDescription> {
    const group = this.#groups.get(groupId)
    if (group && !group.idle) {
      const { state, protocolType, protocolName, members } = group
      return {
        state,
        protocolType,
        protocolName: state === 'Stable' ? protocolName : '',
        members: [...members.values()],
      }
    }
    const known = group !== undefined || (await this.offsets.offsetsOf(groupId)) !== undefined
    const protocolType = group?.protocolType ?? ''
    return { state: known ? 'Empty' : 'Dead', protocolType, protocolName: '', members: [] }
  }

  /** Groups with members or with committed offsets. */
  async list(): Promise<GroupListing[]> {
    await this.loadAll()
    const listed = new Map<string, GroupListing>()
    const type = 'classic'
    for (const id of (await this.offsets.groups()).keys())
      listed.set(id, { id, type, protocolType: '', state: 'Empty' })
    for (const { id, protocolType, state } of this.#groups.values()) listed.set(id, { id, type, protocolType, state })
    for (const { id, state } of this.#consumers.all()) {
      listed.set(id, { id, type: 'consumer', protocolType: 'consumer', state })
    }
    return [...listed.values()]
  }

  /** Takes the group and its offsets away. @returns 0, 68 (not empty), 69 (unknown) or the log's error */
  async delete(groupId: string): Promise<number> {
    const group = this.#groups.get(groupId)
    const consumers = this.#consumers.get(groupId)
    const isInUse = (): boolean => (group?.members.size ?? 0) > 0 || (consumers?.members.size ?? 0) > 0
    if (isInUse()) return kafkaErrors.nonEmptyGroup
    const offsets = await this.offsets.offsetsOf(groupId)
    if (isInUse()) return kafkaErrors.nonEmptyGroup
    if (!group && !offsets && !consumers) return kafkaErrors.groupIdNotFound
    const changes: OffsetChange[] = []
    for (const [topic, partitions] of offsets ?? []) {
      for (const partition of partitions.keys()) changes.push({ topic, partition, value: null })
    }
    const error =
      (await this.#consumers.delete(groupId)) ||
      (group ? await this.#log.write(groupId, [classicRecord(groupId, null)]) : 0) ||
      (await this.offsets.change(groupId, changes))
    if (error === 0 && group?.idle) this.#groups.delete(groupId)
    return error
  }

  /** Loads all groups beside other work, so that sessions end and offsets expire of groups that nobody asks for. */
  start(): void {
    const { clock, settings } = this.#options
    const look = (): void => {
      this.#cancelExpiry = clock.after(settings.offsetsRetentionCheckMs, () => {
        // What cannot be read now may be read at the next look.
        void this.expireOffsets()
          .catch(() => {})
          .finally(() => {
            if (!this.#isClosed) look()
          })
      })
    }
    look()
    // A damaged partition is told to whoever asks for its groups.
    this.loadAll().catch(() => {})
  }

  /**
   * Takes away offsets of groups that nobody has been in for the time that offsets are kept, and groups of which nothing is left.
   * Offsets that no member ever wrote count from their commit; those of pipelines, which are no members, stay.
   */
  async expireOffsets(): Promise<void> {
    await this.loadAll()
    const known = new Set([...(await this.offsets.groups()).keys(), ...this.#groups.keys()])
    for (const { id } of this.#consumers.all()) known.add(id)
    for (const id of known) if (!id.startsWith('millrace.')) await this.#expire(id)
    await this.offsets.sweep()
  }

  async #expire(id: string): Promise<void> {
    const { clock, settings } = this.#options
    const endMs = clock.nowMs() - settings.offsetsRetentionMs
    const group = this.#groups.get(id)
    const consumers = this.#consumers.get(id)
    const emptyMs = consumers ? this.#consumers.emptyMs(id) : group?.emptyMs
    const isInUse = (): boolean => {
      const [one, other] = [this.#groups.get(id), this.#consumers.get(id)]
      return (one !== undefined && !one.idle) || (other?.members.size ?? 0) > 0
    }
    if (isInUse()) return
    const expired = await this.offsets.expire(id, (_topic, _partition, { commitMs }) => {
      return !isInUse() && Math.max(commitMs, emptyMs ?? 0) <= endMs
    })
    if (expired < 0 || (emptyMs ?? 0) > endMs || (await this.offsets.offsetsOf(id)) || isInUse()) return
    if (consumers) await this.#consumers.delete(id)
    else if (group && this.#groups.get(id) === group) {
      this.#groups.delete(id)
      await this.#log.write(id, [classicRecord(id, null)])
    }
  }

  close(): void {
    this.#isClosed = true
    this.#log.close()
    this.#cancelExpiry()
    this.#consumers.close()
    for (const group of this.#groups.values()) group.close()
    this.#groups.clear()
  }
}

const notConsumers = (groupId: string): [error: number, message: string] => [
  kafkaErrors.groupIdNotFound,
  `the group '${groupId}' has members that are no consumers of the classic protocol`,
]

function randomUuid(random: Random): string {
  const bytes = random.bytes(16)
  bytes[6] = (bytes[6]! & 15) | 64
  bytes[8] = (bytes[8]! & 63) | 128
  const hex = Buffer.from(bytes).toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}
