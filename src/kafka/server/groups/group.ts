// One classic consumer group: who is in it, and where its rebalance stands. Time comes in by the clock, answers go out by
// promises; nothing here knows of connections or bytes. A group that is restored from its record goes on in its generation, so
// members notice no restart; what dies with the process is only a rebalance under way, which its members begin anew.
//
//   Empty → PreparingRebalance (members join) → CompletingRebalance (the leader assigns) → Stable
//
// Invariants: an answer to a join or sync under way is given exactly once, whatever happens to the member; the generation
// grows with each completed join; a static member's instance id has one holder.
// Reference: Kafka's classic group (KIP-62 timeouts, KIP-134 delay, KIP-345 static members, KIP-394 member ids, KIP-814).
import type { Clock } from '../../../base/index.ts'
import { kafkaErrors } from '../../wire/index.ts'
import type { ClassicGroupState } from './group-records.ts'

export type GroupState = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable'

export interface Protocol {
  readonly name: string
  readonly metadata: Uint8Array
}

export interface JoinRequest {
  readonly memberId: string
  readonly instanceId: string | null
  readonly clientId: string
  readonly clientHost: string
  readonly sessionTimeoutMs: number
  readonly rebalanceTimeoutMs: number
  readonly protocolType: string
  readonly protocols: readonly Protocol[]
  /** Version 4 and up: a first join is answered with an id to join with. */
  readonly requiresKnownId: boolean
  /** Version 9 and up: a returning static leader may be told to keep the assignment. */
  readonly maySkipAssignment: boolean
}

export interface JoinAnswer {
  readonly error: number
  readonly memberId: string
  readonly generation: number
  readonly protocolType: string | null
  readonly protocolName: string | null
  readonly leader: string
  readonly skipAssignment: boolean
  readonly members: readonly { memberId: string; groupInstanceId: string | null; metadata: Uint8Array }[]
}

export interface SyncAnswer {
  readonly error: number
  readonly assignment: Uint8Array
}

export interface Member {
  id: string
  readonly instanceId: string | null
  clientId: string
  clientHost: string
  sessionTimeoutMs: number
  rebalanceTimeoutMs: number
  protocols: readonly Protocol[]
  assignment: Uint8Array
  /** Answers of requests that wait. */
  joining: ((answer: JoinAnswer) => void) | undefined
  syncing: ((answer: SyncAnswer) => void) | undefined
  lastSeenMs: number
  cancelExpiry: () => void
}

export interface GroupOptions {
  readonly clock: Clock
  readonly initialDelayMs: number
  readonly membersMax: number
  newMemberId(prefix: string): string
  /** Keeps the group as it is now; an assignment is given out when that is durable. @returns 0 or a Kafka error */
  store(state: ClassicGroupState): Promise<number>
  /** A word for the operator: a member was put out, and why. */
  onRemoved(member: Member, reason: string): void
}

const noBytes = new Uint8Array(0)
const nothing = (): void => {}

export function joinError(error: number, memberId = ''): JoinAnswer {
  return {
    error,
    memberId,
    generation: -1,
    protocolType: null,
    protocolName: null,
    leader: '',
    skipAssignment: false,
    members: [],
  }
}

export class Group {
  readonly id: string
  readonly members = new Map<string, Member>()
  readonly #options: GroupOptions
  readonly #instances = new Map<string, string>()
  /** Ids given out whose holders have not joined yet, with what forgets them. */
  readonly #expected = new Map<string, () => void>()
  #state: GroupState = 'Empty'
  #generation = 0
  #leader = ''
  #protocolType: string | null = null
  #protocolName: string | null = null
  #cancelDeadline: () => void = nothing
  #emptyMs: number
  /** Counts assignments under way, so that a late one is told from the newest. */
  #round = 0
  /** The first join of an empty group waits for others this long. */
  #gathering = false

  constructor(id: string, options: GroupOptions) {
    this.id = id
    this.#options = options
    this.#emptyMs = options.clock.nowMs()
  }

  /** As its record has it: members are in the generation that it names, and have their whole session from now on. */
  static restore(id: string, state: ClassicGroupState, options: GroupOptions): Group {
    const group = new Group(id, options)
    group.#generation = state.generation
    group.#protocolType = state.protocolType === '' ? null : state.protocolType
    group.#emptyMs = state.stateMs
    if (state.members.length === 0) return group
    group.#state = 'Stable'
    group.#protocolName = state.protocolName
    group.#leader = state.leader ?? ''
    for (const { metadata, ...stored } of state.members) {
      const protocols = [{ name: state.protocolName ?? '', metadata }]
      const lastSeenMs = options.clock.monotonicMs()
      const waiting = { joining: undefined, syncing: undefined, lastSeenMs, cancelExpiry: nothing }
      const member: Member = { ...stored, protocols, ...waiting }
      group.members.set(member.id, member)
      if (member.instanceId !== null) group.#instances.set(member.instanceId, member.id)
      group.#armExpiry(member)
    }
    return group
  }

  #store(assignments?: ReadonlyMap<string, Uint8Array>): Promise<number> {
    return this.#options.store(this.snapshot(assignments))
  }

  /** As its record has it. */
  snapshot(assignments?: ReadonlyMap<string, Uint8Array>): ClassicGroupState {
    const protocolName = this.#protocolName
    return {
      protocolType: this.protocolType,
      generation: this.#generation,
      protocolName,
      leader: this.#leader === '' ? null : this.#leader,
      stateMs: this.#options.clock.nowMs(),
      members: [...this.members.values()].map((member) => ({
        id: member.id,
        instanceId: member.instanceId,
        clientId: member.clientId,
        clientHost: member.clientHost,
        rebalanceTimeoutMs: member.rebalanceTimeoutMs,
        sessionTimeoutMs: member.sessionTimeoutMs,
        metadata: member.protocols.find(({ name }) => name === protocolName)?.metadata ?? noBytes,
        assignment: (assignments ? assignments.get(member.id) : member.assignment) ?? noBytes,
      })),
    }
  }

  /** Since when nobody is in it, by the wall clock. */
  get emptyMs(): number | undefined {
    return this.idle ? this.#emptyMs : undefined
  }
  get state(): GroupState {
    return this.#state
  }
  get generation(): number {
    return this.#generation
  }
  get protocolType(): string {
    return this.#protocolType ?? ''
  }
  get protocolName(): string {
    return this.#protocolName ?? ''
  }
  /** True when nothing but committed offsets, kept elsewhere, is left of it. */
  get idle(): boolean {
    return this.members.size === 0 && this.#expected.size === 0
  }

  /** Resolves when the rebalance that the member takes part in has a generation. */
  join(request: JoinRequest): Promise<JoinAnswer> {
    const { memberId, instanceId } = request
    if (!this.#accepts(request)) return Promise.resolve(joinError(kafkaErrors.inconsistentGroupProtocol, memberId))
    if (memberId === '') return this.#joinNew(request)
    const error = this.#identify(memberId, instanceId, true)
    if (error !== 0) return Promise.resolve(joinError(error, memberId))
    const forget = this.#expected.get(memberId)
    if (forget) {
      forget()
      this.#expected.delete(memberId)
      return this.#add(memberId, request)
    }
    return this.#rejoin(this.members.get(memberId)!, request)
  }

  #joinNew(request: JoinRequest): Promise<JoinAnswer> {
    const { instanceId } = request
    const known = instanceId === null ? undefined : this.#instances.get(instanceId)
    if (known === undefined && this.members.size + this.#expected.size >= this.#options.membersMax) {
      return Promise.resolve(joinError(kafkaErrors.groupMaxSizeReached))
    }
    const id = this.#options.newMemberId(instanceId ?? request.clientId)
    if (known !== undefined) return this.#replaceStatic(this.members.get(known)!, id, request)
    if (instanceId !== null || !request.requiresKnownId) return this.#add(id, request)
    const cancel = this.#options.clock.after(request.sessionTimeoutMs, () => {
      this.#expected.delete(id)
      this.#completeJoinIfAll()
    })
    this.#expected.set(id, cancel)
    return Promise.resolve(joinError(kafkaErrors.memberIdRequired, id))
  }

  #add(id: string, request: JoinRequest): Promise<JoinAnswer> {
    const { instanceId, clientId, clientHost, sessionTimeoutMs, rebalanceTimeoutMs, protocols } = request
    const member: Member = {
      id,
      instanceId,
      clientId,
      clientHost,
      sessionTimeoutMs,
      rebalanceTimeoutMs,
      protocols,
      assignment: noBytes,
      joining: undefined,
      syncing: undefined,
      lastSeenMs: this.#options.clock.monotonicMs(),
      cancelExpiry: nothing,
    }
    if (this.members.size === 0) this.#protocolType = request.protocolType
    this.members.set(id, member)
    if (instanceId !== null) this.#instances.set(instanceId, id)
    this.#armExpiry(member)
    return this.#await(member)
  }

  /** A known instance with a new id: the old holder is fenced; nothing moves when the subscription is the same. */
  #replaceStatic(member: Member, id: string, request: JoinRequest): Promise<JoinAnswer> {
    const same = sameProtocols(member.protocols, request.protocols)
    const before = member.id
    member.joining?.(joinError(kafkaErrors.fencedInstanceId, before))
    member.syncing?.({ error: kafkaErrors.fencedInstanceId, assignment: noBytes })
    member.joining = undefined
    member.syncing = undefined
    this.members.delete(before)
    member.id = id
    this.members.set(id, member)
    this.#instances.set(member.instanceId!, id)
    this.#update(member, request)
    const leads = this.#leader === before
    if (leads) this.#leader = id
    if (this.#state !== 'Stable' || !same) return this.#await(member)
    // An old client that is told it leads would assign anew, while the others would not ask for it: it is told the old id.
    const answer: JoinAnswer =
      leads && !request.maySkipAssignment
        ? { ...this.#joined(member), leader: before, members: [] }
        : { ...this.#joined(member), skipAssignment: leads }
    // After a restart the instance must be this member.
    return this.#store().then((error) => (error === 0 ? answer : joinError(kafkaErrors.coordinatorNotAvailable, id)))
  }

  #rejoin(member: Member, request: JoinRequest): Promise<JoinAnswer> {
    const same = sameProtocols(member.protocols, request.protocols)
    this.#update(member, request)
    // A lost answer, or a follower that asks again: nothing changed, so it gets what it had.
    if (same && this.#state === 'CompletingRebalance') return Promise.resolve(this.#joined(member))
    if (same && this.#state === 'Stable' && member.id !== this.#leader) return Promise.resolve(this.#joined(member))
    return this.#await(member)
  }

  #update(member: Member, request: JoinRequest): void {
    member.clientId = request.clientId
    member.clientHost = request.clientHost
    member.sessionTimeoutMs = request.sessionTimeoutMs
    member.rebalanceTimeoutMs = request.rebalanceTimeoutMs
    member.protocols = request.protocols
    this.#seen(member)
  }

  #await(member: Member): Promise<JoinAnswer> {
    const answer = new Promise<JoinAnswer>((resolve) => {
      member.joining?.(joinError(kafkaErrors.unknownMemberId, member.id))
      member.joining = resolve
    })
    if (this.#state !== 'PreparingRebalance') this.#prepare()
    this.#completeJoinIfAll()
    return answer
  }

  #prepare(): void {
    const first = this.#state === 'Empty'
    for (const member of this.members.values()) {
      member.syncing?.({ error: kafkaErrors.rebalanceInProgress, assignment: noBytes })
      member.syncing = undefined
    }
    this.#state = 'PreparingRebalance'
    this.#round++
    this.#gathering = first && this.#options.initialDelayMs > 0
    let waitMs = 0
    for (const member of this.members.values()) waitMs = Math.max(waitMs, member.rebalanceTimeoutMs)
    if (this.#gathering) waitMs = Math.min(waitMs, this.#options.initialDelayMs)
    this.#cancelDeadline()
    this.#cancelDeadline = this.#options.clock.after(waitMs, () => this.#completeJoin())
  }

  #completeJoinIfAll(): void {
    if (this.#state !== 'PreparingRebalance' || this.#gathering || this.#expected.size > 0) return
    for (const member of this.members.values()) if (!member.joining) return
    this.#completeJoin()
  }

  /** All have joined, or the time for it is over: those who did not are out, except static ones, who have their session. */
  #completeJoin(): void {
    this.#cancelDeadline()
    this.#gathering = false
    for (const member of Array.from(this.members.values())) {
      if (!member.joining && member.instanceId === null) {
        this.#drop(member, `did not rejoin within ${member.rebalanceTimeoutMs} ms (rebalance timeout)`)
      }
    }
    this.#generation++
    if (this.members.size === 0) return this.#becomeEmpty()
    const joined = [...this.members.values()].filter((member) => member.joining)
    if (joined.length === 0) {
      // Only static members that are away: try again when the time is over once more.
      this.#state = 'Stable'
      return this.#prepare()
    }
    if (!this.members.get(this.#leader)?.joining) this.#leader = joined[0]!.id
    this.#protocolName = this.#choose()
    this.#state = 'CompletingRebalance'
    let waitMs = 0
    for (const member of joined) {
      waitMs = Math.max(waitMs, member.rebalanceTimeoutMs)
      this.#seen(member)
      const answer = this.#joined(member)
      member.joining!(answer)
      member.joining = undefined
    }
    this.#cancelDeadline = this.#options.clock.after(waitMs, () => this.#expireSync())
  }

  #becomeEmpty(): void {
    this.#state = 'Empty'
    this.#leader = ''
    this.#protocolName = null
    this.#emptyMs = this.#options.clock.nowMs()
    this.#cancelDeadline()
    // Should it fail, a restart finds members whose sessions end.
    void this.#store()
  }

  #joined(member: Member): JoinAnswer {
    const leads = member.id === this.#leader
    const members = leads
      ? [...this.members.values()].map((one) => ({
          memberId: one.id,
          groupInstanceId: one.instanceId,
          metadata: one.protocols.find((protocol) => protocol.name === this.#protocolName)?.metadata ?? noBytes,
        }))
      : []
    return {
      error: 0,
      memberId: member.id,
      generation: this.#generation,
      protocolType: this.#protocolType,
      protocolName: this.#protocolName,
      leader: this.#leader,
      skipAssignment: false,
      members,
    }
  }

  /** Members who have joined but not asked for their assignment in time are out; static ones have their session. */
  #expireSync(): void {
    if (this.#state !== 'CompletingRebalance') return
    const late = [...this.members.values()].filter((member) => !member.syncing && member.instanceId === null)
    if (late.length === 0) return
    for (const member of late)
      this.#drop(member, `did not sync within ${member.rebalanceTimeoutMs} ms (rebalance timeout)`)
    if (this.members.size === 0) return this.#becomeEmpty()
    this.#prepare()
    this.#completeJoinIfAll()
  }

  sync(request: {
    memberId: string
    instanceId: string | null
    generation: number
    protocolType: string | null
    protocolName: string | null
    assignments: readonly { memberId: string; assignment: Uint8Array }[]
  }): Promise<SyncAnswer> {
    const refuse = (error: number): Promise<SyncAnswer> => Promise.resolve({ error, assignment: noBytes })
    const error = this.#identify(request.memberId, request.instanceId, false)
    if (error !== 0) return refuse(error)
    const member = this.members.get(request.memberId)!
    if (request.generation !== this.#generation) return refuse(kafkaErrors.illegalGeneration)
    const otherType = request.protocolType !== null && request.protocolType !== this.#protocolType
    const otherName = request.protocolName !== null && request.protocolName !== this.#protocolName
    if (otherType || otherName) return refuse(kafkaErrors.inconsistentGroupProtocol)
    this.#seen(member)
    if (this.#state === 'PreparingRebalance') return refuse(kafkaErrors.rebalanceInProgress)
    if (this.#state === 'Stable') return Promise.resolve({ error: 0, assignment: member.assignment })
    const answer = new Promise<SyncAnswer>((resolve) => {
      member.syncing?.({ error: kafkaErrors.rebalanceInProgress, assignment: noBytes })
      member.syncing = resolve
    })
    if (member.id === this.#leader) this.#assign(request.assignments)
    return answer
  }

  /** Gives the assignments out when they are durable, unless the group has moved on by then. */
  #assign(assignments: readonly { memberId: string; assignment: Uint8Array }[]): void {
    // Those whose sync is still to come find the assignment then; if they are gone, their session ends.
    this.#cancelDeadline()
    // Views of the request's frame: copied, as they outlive it.
    const given = new Map(assignments.map(({ memberId, assignment }) => [memberId, assignment.slice()]))
    const round = ++this.#round
    void this.#store(given).then((error) => {
      if (this.#state !== 'CompletingRebalance' || this.#round !== round) return
      if (error !== 0) return this.#failAssignment(error)
      this.#state = 'Stable'
      for (const member of this.members.values()) {
        member.assignment = given.get(member.id) ?? noBytes
        member.syncing?.({ error: 0, assignment: member.assignment })
        member.syncing = undefined
      }
    })
  }

  /** It could not be written: who waits for it is told, and all join anew. */
  #failAssignment(error: number): void {
    const tooLarge = error === kafkaErrors.messageTooLarge || error === kafkaErrors.recordListTooLarge
    const told = tooLarge ? kafkaErrors.unknownServerError : kafkaErrors.coordinatorNotAvailable
    for (const member of this.members.values()) {
      member.assignment = noBytes
      member.syncing?.({ error: told, assignment: noBytes })
      member.syncing = undefined
    }
    this.#prepare()
  }

  heartbeat(memberId: string, instanceId: string | null, generation: number): number {
    const error = this.#identify(memberId, instanceId, false)
    if (error !== 0) return error
    const member = this.members.get(memberId)!
    if (generation !== this.#generation) return kafkaErrors.illegalGeneration
    this.#seen(member)
    return this.#state === 'PreparingRebalance' ? kafkaErrors.rebalanceInProgress : 0
  }

  /** @param memberId '' when the member is named by its instance alone */
  leave(memberId: string, instanceId: string | null): number {
    const id = memberId === '' && instanceId !== null ? this.#instances.get(instanceId) : memberId
    if (id === undefined) return kafkaErrors.unknownMemberId
    const error = this.#identify(id, instanceId, true)
    if (error !== 0) return error
    const forget = this.#expected.get(id)
    if (forget) {
      forget()
      this.#expected.delete(id)
      this.#completeJoinIfAll()
      return 0
    }
    this.#remove(this.members.get(id)!)
    return 0
  }

  /** Whether this member may commit offsets in this generation. */
  mayCommit(memberId: string, instanceId: string | null, generation: number): number {
    if (generation < 0) return this.members.size === 0 ? 0 : kafkaErrors.unknownMemberId
    const error = this.#identify(memberId, instanceId, false)
    if (error !== 0) return error
    if (generation !== this.#generation) return kafkaErrors.illegalGeneration
    this.#seen(this.members.get(memberId)!)
    return this.#state === 'CompletingRebalance' ? kafkaErrors.rebalanceInProgress : 0
  }

  /** All members are to join anew. */
  rebalance(): void {
    if (this.members.size > 0 && this.#state !== 'PreparingRebalance') this.#prepare()
  }

  /** Ends all that is under way: the server stops, or the group goes on elsewhere. */
  close(error: number = kafkaErrors.coordinatorNotAvailable): void {
    this.#cancelDeadline()
    for (const forget of this.#expected.values()) forget()
    for (const member of this.members.values()) {
      member.cancelExpiry()
      member.joining?.(joinError(error, member.id))
      member.syncing?.({ error, assignment: noBytes })
    }
    this.members.clear()
  }

  #identify(memberId: string, instanceId: string | null, orExpected: boolean): number {
    if (instanceId !== null) {
      const holder = this.#instances.get(instanceId)
      if (holder === undefined) return kafkaErrors.unknownMemberId
      if (holder !== memberId) return kafkaErrors.fencedInstanceId
    }
    if (this.members.has(memberId) || (orExpected && this.#expected.has(memberId))) return 0
    return kafkaErrors.unknownMemberId
  }

  #accepts(request: JoinRequest): boolean {
    if (request.protocols.length === 0 || request.protocolType === '') return false
    const others = [...this.members.values()].filter((member) => member.id !== request.memberId)
    if (others.length === 0) return true
    if (request.protocolType !== this.#protocolType) return false
    return request.protocols.some(({ name }) => others.every((member) => member.protocols.some((p) => p.name === name)))
  }

  /** Each member votes for the first of its protocols that all have; most votes win, ties by the leader's order. */
  #choose(): string {
    const members = [...this.members.values()]
    const common = (name: string): boolean => members.every((member) => member.protocols.some((p) => p.name === name))
    const votes = new Map<string, number>()
    for (const member of [this.members.get(this.#leader)!, ...members]) {
      const vote = member.protocols.find(({ name }) => common(name))?.name ?? ''
      votes.set(vote, (votes.get(vote) ?? 0) + (member.id === this.#leader ? 0 : 1))
    }
    const leaderVote = this.members.get(this.#leader)!.protocols.find(({ name }) => common(name))!.name
    votes.set(leaderVote, (votes.get(leaderVote) ?? 0) + 1)
    let best = leaderVote
    for (const [name, count] of votes) if (count > votes.get(best)!) best = name
    return best
  }

  #seen(member: Member): void {
    member.lastSeenMs = this.#options.clock.monotonicMs()
  }

  /** One timer a member, set anew only when it fires: a heartbeat only notes the time. */
  #armExpiry(member: Member, waitMs = member.sessionTimeoutMs): void {
    member.cancelExpiry = this.#options.clock.after(waitMs, () => {
      // A member whose join or sync waits here cannot send heartbeats.
      if (member.joining || member.syncing) return this.#armExpiry(member)
      const leftMs = member.lastSeenMs + member.sessionTimeoutMs - this.#options.clock.monotonicMs()
      if (leftMs > 0) return this.#armExpiry(member, leftMs)
      this.#remove(member, `sent no heartbeat for ${member.sessionTimeoutMs} ms (session timeout)`)
    })
  }

  /** @param reason why it was put out; absent when it left by itself */
  #drop(member: Member, reason?: string): void {
    member.cancelExpiry()
    member.joining?.(joinError(kafkaErrors.unknownMemberId, member.id))
    member.syncing?.({ error: kafkaErrors.unknownMemberId, assignment: noBytes })
    member.joining = undefined
    member.syncing = undefined
    this.members.delete(member.id)
    if (member.instanceId !== null) this.#instances.delete(member.instanceId)
    if (reason !== undefined) this.#options.onRemoved(member, reason)
  }

  #remove(member: Member, reason?: string): void {
    this.#drop(member, reason)
    if (this.#state === 'Empty') return
    if (this.members.size === 0 && this.#expected.size === 0) {
      this.#generation++
      return this.#becomeEmpty()
    }
    if (this.#state !== 'PreparingRebalance') this.#prepare()
    this.#completeJoinIfAll()
  }
}

function sameProtocols(a: readonly Protocol[], b: readonly Protocol[]): boolean {
  return (
    a.length === b.length &&
    a.every((protocol, i) => protocol.name === b[i]!.name && Buffer.compare(protocol.metadata, b[i]!.metadata) === 0)
  )
}
