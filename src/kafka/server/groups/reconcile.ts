// How one member of a consumer group (KIP-848) comes from what it has to what it shall have: what it must give up first, then
// what is free, then what others still hold. Pure. Invariant: a partition is given only when nobody else holds it, neither as
// assigned nor as one yet to be given up.
// Reference: KIP-848, "Member assignment state machine"; KIP-1251 for the epoch kept with each partition.
import type { Target } from './assignors.ts'

/** Topic id → partition → the target's epoch at which it was given (a commit from before is a zombie's). */
export type Assignment = ReadonlyMap<string, ReadonlyMap<number, number>>

/** Topic id and partitions, as a member reports what it owns. */
export type Owned = readonly { readonly topicId: string; readonly partitions: readonly number[] }[]

export type MemberState = 'stable' | 'unrevoked' | 'unreleased'

export interface MemberAssignment {
  readonly epoch: number
  readonly previousEpoch: number
  readonly state: MemberState
  readonly assigned: Assignment
  /** Still held by the member, which has been told to give them up. */
  readonly revoking: Assignment
}

export interface ReconcileInput {
  readonly targetEpoch: number
  readonly target: Target
  /** Ids of the topics that the member subscribes to now. */
  readonly subscribed: ReadonlySet<string>
  /** Topics that it no longer subscribes to are taken away though the target's epoch is reached. */
  readonly subscriptionChanged: boolean
  /** null: not said in this heartbeat. */
  readonly owned: Owned | null
  /** Whether another member has the partition. */
  isHeld(topicId: string, partition: number): boolean
}

export const noPartitions: Assignment = new Map()

/** The member's next step; the same object when there is none. */
export function reconcile<M extends MemberAssignment>(member: M, input: ReconcileInput): M {
  if (member.state === 'stable') {
    if (member.epoch !== input.targetEpoch) return towardsTarget(member, input)
    return input.subscriptionChanged ? withoutUnsubscribed(member, input) : member
  }
  if (member.state === 'unrevoked' && stillOwns(input.owned, member.revoking)) {
    return input.subscriptionChanged ? withoutUnsubscribed(member, input) : member
  }
  return towardsTarget(member, input)
}

function stillOwns(owned: Owned | null, revoking: Assignment): boolean {
  if (owned === null) return true
  return owned.some(({ topicId, partitions }) => {
    const waited = revoking.get(topicId)
    return waited !== undefined && partitions.some((partition) => waited.has(partition))
  })
}

function withoutUnsubscribed<M extends MemberAssignment>(member: M, { subscribed, owned }: ReconcileInput): M {
  const assigned = new Map(member.assigned)
  const revoking = new Map(member.revoking)
  for (const [topicId, partitions] of member.assigned) {
    if (subscribed.has(topicId)) continue
    assigned.delete(topicId)
    revoking.set(topicId, new Map([...(revoking.get(topicId) ?? []), ...partitions]))
  }
  if (assigned.size === member.assigned.size) return member
  const moved = { ...member, assigned }
  return stillOwns(owned, revoking) ? { ...moved, state: 'unrevoked', revoking } : moved
}

function towardsTarget<M extends MemberAssignment>(member: M, input: ReconcileInput): M {
  const { target, targetEpoch, subscribed, owned, isHeld } = input
  const assigned = new Map<string, Map<number, number>>()
  const revoking = new Map<string, Map<number, number>>()
  const free: [string, number][] = []
  let waits = false
  const put = (into: Map<string, Map<number, number>>, topicId: string, partition: number, epoch: number): void => {
    const partitions = into.get(topicId)
    if (partitions) partitions.set(partition, epoch)
    else into.set(topicId, new Map([[partition, epoch]]))
  }
  const wantedOf = (topicId: string): ReadonlySet<number> =>
    new Set(subscribed.has(topicId) ? (target.get(topicId) ?? []) : [])
  for (const [topicId, partitions] of member.assigned) {
    const wanted = wantedOf(topicId)
    for (const [partition, epoch] of partitions) {
      put(wanted.has(partition) ? assigned : revoking, topicId, partition, epoch)
    }
  }
  for (const topicId of target.keys()) {
    for (const partition of wantedOf(topicId)) {
      if (member.assigned.get(topicId)?.has(partition)) continue
      // What it is giving up itself may come back to it at once.
      const isOwn = member.revoking.get(topicId)?.has(partition) ?? false
      if (!isOwn && isHeld(topicId, partition)) waits = true
      else free.push([topicId, partition])
    }
  }
  if (revoking.size > 0 && stillOwns(owned, revoking)) {
    // It stays in its epoch until it no longer reports these.
    return { ...member, state: 'unrevoked', assigned, revoking }
  }
  for (const [topicId, partition] of free) put(assigned, topicId, partition, targetEpoch)
  return {
    ...member,
    state: waits ? 'unreleased' : 'stable',
    // Kept while the epoch stands: its reply may be lost more than once.
    previousEpoch: member.epoch === targetEpoch ? member.previousEpoch : member.epoch,
    epoch: targetEpoch,
    assigned,
    revoking: noPartitions,
  }
}

/** Whether nothing of it would have to be written. */
export function sameAssignment(a: MemberAssignment, b: MemberAssignment): boolean {
  return (
    a.epoch === b.epoch &&
    a.previousEpoch === b.previousEpoch &&
    a.state === b.state &&
    samePartitions(a.assigned, b.assigned) &&
    samePartitions(a.revoking, b.revoking)
  )
}

/** Whether both name the same partitions, whatever their epochs. */
export function samePartitions(a: Assignment, b: Assignment): boolean {
  if (a.size !== b.size) return false
  for (const [topicId, partitions] of a) {
    const others = b.get(topicId)
    if (!others || others.size !== partitions.size) return false
    for (const partition of partitions.keys()) if (!others.has(partition)) return false
  }
  return true
}

/** Whether all that is owned is assigned; false when not said. */
export function isSubset(owned: Owned | null, assigned: Assignment): boolean {
  return (
    owned !== null &&
    owned.every(({ topicId, partitions }) => {
      const known = assigned.get(topicId)
      return partitions.length === 0 || (known !== undefined && partitions.every((partition) => known.has(partition)))
    })
  )
}
