// All groups of this node: classic membership in memory, committed offsets in their topic. Membership does not survive a
// restart: members meet an unknown id (25), join anew, and go on from their offsets.
import type { Clock, Random } from '../../../base/index.ts'
import { kafkaErrors } from '../../wire/index.ts'
import type { KafkaServerLimits, KafkaServerSettings } from '../limits.ts'
import { Group, joinError } from './group.ts'
import type { JoinAnswer, JoinRequest, Member, SyncAnswer } from './group.ts'
import type { OffsetChange, OffsetStore } from './offsets.ts'

export interface CoordinatorOptions {
  readonly clock: Clock
  readonly random: Random
  readonly limits: KafkaServerLimits
  readonly settings: KafkaServerSettings
  readonly offsets: OffsetStore
  /** A member was put out of its group: for the operator. */
  onMemberRemoved(event: { group: string; memberId: string; clientId: string; reason: string }): void
}

export interface GroupDescription {
  readonly state: 'Dead' | 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable'
  readonly protocolType: string
  readonly protocolName: string
  readonly members: readonly Member[]
}

export interface MemberIdentity {
  readonly memberId: string
  readonly instanceId: string | null
  readonly generation: number
}

export class GroupCoordinator {
  readonly offsets: OffsetStore
  readonly #options: CoordinatorOptions
  readonly #groups = new Map<string, Group>()

  constructor(options: CoordinatorOptions) {
    this.#options = options
    this.offsets = options.offsets
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
    let group = this.#groups.get(groupId)
    if (!group) {
      if (request.memberId !== '') return refuse(kafkaErrors.unknownMemberId)
      if (this.#groups.size >= limits.groupsMax) this.#forgetIdle()
      if (this.#groups.size >= limits.groupsMax) return refuse(kafkaErrors.coordinatorNotAvailable)
      group = this.#create(groupId)
      this.#groups.set(groupId, group)
    }
    const rebalanceTimeoutMs = Math.min(Math.max(request.rebalanceTimeoutMs, 0), limits.rebalanceTimeoutMsMax)
    return group.join({ ...request, rebalanceTimeoutMs })
  }

  #create(id: string): Group {
    const { clock, random, limits, settings, onMemberRemoved } = this.#options
    return new Group(id, {
      clock,
      initialDelayMs: settings.groupInitialDelayMs,
      membersMax: limits.groupMembersMax,
      newMemberId: (prefix) => `${prefix.slice(0, limits.instanceIdLengthMax)}-${randomUuid(random)}`,
      onRemoved: ({ id: memberId, clientId }, reason) => onMemberRemoved({ group: id, memberId, clientId, reason }),
    })
  }

  #forgetIdle(): void {
    for (const [id, group] of this.#groups) if (group.idle) this.#groups.delete(id)
  }

  sync(groupId: string, request: Parameters<Group['sync']>[0]): Promise<SyncAnswer> {
    const group = this.#groups.get(groupId)
    const { memberBytesMax } = this.#options.limits
    const tooLarge = request.assignments.some(({ assignment }) => assignment.length > memberBytesMax)
    const error = !group ? kafkaErrors.unknownMemberId : tooLarge ? kafkaErrors.recordListTooLarge : 0
    return error !== 0 ? Promise.resolve({ error, assignment: new Uint8Array(0) }) : group!.sync(request)
  }

  heartbeat(groupId: string, { memberId, instanceId, generation }: MemberIdentity): number {
    return this.#groups.get(groupId)?.heartbeat(memberId, instanceId, generation) ?? kafkaErrors.unknownMemberId
  }

  leave(groupId: string, memberId: string, instanceId: string | null): number {
    return this.#groups.get(groupId)?.leave(memberId, instanceId) ?? kafkaErrors.unknownMemberId
  }

  /**
   * Whether offsets may be committed for the group by this member, or by anyone when nobody is in it; within a transaction
   * by any producer that does not say whose member it is.
   */
  mayCommit(groupId: string, { memberId, instanceId, generation }: MemberIdentity, transactional = false): number {
    const group = this.#groups.get(groupId)
    if (!group) return generation < 0 ? 0 : kafkaErrors.illegalGeneration
    if (!transactional) return group.mayCommit(memberId, instanceId, generation)
    const isNamed = generation >= 0 || memberId !== '' || instanceId !== null
    const error = isNamed ? group.mayCommit(memberId, instanceId, generation) : 0
    // A transaction's offsets count at its end: a rebalance under way does not matter.
    return error === kafkaErrors.rebalanceInProgress ? 0 : error
  }

  commit(groupId: string, changes: readonly OffsetChange[]): Promise<number> {
    return this.offsets.change(groupId, changes)
  }

  /** 'Dead' when there is no such group. */
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
  async list(): Promise<{ id: string; protocolType: string; state: string }[]> {
    const listed = new Map<string, { id: string; protocolType: string; state: string }>()
    for (const id of (await this.offsets.groups()).keys()) listed.set(id, { id, protocolType: '', state: 'Empty' })
    for (const { id, protocolType, state } of this.#groups.values()) listed.set(id, { id, protocolType, state })
    return [...listed.values()]
  }

  /** Takes the group and its offsets away. @returns 0, 68 (not empty), 69 (unknown) or the log's error */
  async delete(groupId: string): Promise<number> {
    const group = this.#groups.get(groupId)
    if (group && group.members.size > 0) return kafkaErrors.nonEmptyGroup
    const offsets = await this.offsets.offsetsOf(groupId)
    if (!group && !offsets) return kafkaErrors.groupIdNotFound
    const changes: OffsetChange[] = []
    for (const [topic, partitions] of offsets ?? []) {
      for (const partition of partitions.keys()) changes.push({ topic, partition, value: null })
    }
    const error = await this.offsets.change(groupId, changes)
    if (error === 0 && group?.idle) this.#groups.delete(groupId)
    return error
  }

  close(): void {
    for (const group of this.#groups.values()) group.close()
    this.#groups.clear()
  }
}

function randomUuid(random: Random): string {
  const bytes = random.bytes(16)
  bytes[6] = (bytes[6]! & 15) | 64
  bytes[8] = (bytes[8]! & 63) | 128
  const hex = Buffer.from(bytes).toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}
