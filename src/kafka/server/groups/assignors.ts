// The two ways in which the server shares partitions among the members of a consumer group (KIP-848): `uniform` gives all
// the same number and moves as few as it can, `range` gives each member neighbouring partitions of each topic. Pure: the same
// group gives the same assignment. Invariant: each partition of a subscribed topic goes to exactly one subscriber of it.
// Reference: KIP-848, "Server side assignors".

/** Topic id → partitions, ascending. */
export type Target = ReadonlyMap<string, readonly number[]>

export interface AssignorMember {
  readonly id: string
  readonly instanceId: string | null
  /** Ids of topics that exist. */
  readonly topics: ReadonlySet<string>
  /** What the last target gave it; kept where that is fair. */
  readonly last: Target
}

export interface AssignorTopic {
  readonly id: string
  readonly partitionCount: number
}

export type Assignor = (
  members: readonly AssignorMember[],
  topics: readonly AssignorTopic[],
) => ReadonlyMap<string, Target>

/** By name, the default first. */
export const assignors: ReadonlyMap<string, Assignor> = new Map([
  ['uniform', assignUniform],
  ['range', assignRange],
])
export const defaultAssignor = 'uniform'

type Drafts = Map<string, Map<string, number[]>>

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

function draftsOf(members: readonly AssignorMember[]): Drafts {
  return new Map(members.map(({ id }) => [id, new Map<string, number[]>()]))
}

function give(drafts: Drafts, member: string, topic: string, partition: number): void {
  const topics = drafts.get(member)!
  const partitions = topics.get(topic)
  if (partitions) partitions.push(partition)
  else topics.set(topic, [partition])
}

function finished(drafts: Drafts): ReadonlyMap<string, Target> {
  for (const topics of drafts.values()) for (const partitions of topics.values()) partitions.sort((a, b) => a - b)
  return drafts
}

/** O(members × topics + partitions). Topics with equal subscribers and partition counts are shared alike, for joins. */
function assignRange(
  members: readonly AssignorMember[],
  topics: readonly AssignorTopic[],
): ReadonlyMap<string, Target> {
  // Static members first, by their instance, so that a restart under a new member id changes nothing.
  const inOrder = members.toSorted((a, b) =>
    a.instanceId !== null && b.instanceId !== null
      ? compare(a.instanceId, b.instanceId)
      : a.instanceId !== null
        ? -1
        : b.instanceId !== null
          ? 1
          : compare(a.id, b.id),
  )
  const drafts = draftsOf(members)
  for (const { id, partitionCount } of topics) {
    const takers = inOrder.filter((member) => member.topics.has(id))
    let next = 0
    takers.forEach((member, i) => {
      const count = Math.floor(partitionCount / takers.length) + (i < partitionCount % takers.length ? 1 : 0)
      for (let end = next + count; next < end; next++) give(drafts, member.id, id, next)
    })
  }
  return finished(drafts)
}

/** O((members + partitions) × log) where all subscribe alike; else also one pass a moved partition. */
function assignUniform(
  members: readonly AssignorMember[],
  topics: readonly AssignorTopic[],
): ReadonlyMap<string, Target> {
  const inOrder = members.toSorted((a, b) => compare(a.id, b.id))
  const first = inOrder[0]
  if (!first) return new Map()
  const alike = inOrder.every(
    ({ topics: own }) => own.size === first.topics.size && [...own].every((topic) => first.topics.has(topic)),
  )
  const wanted = topics.filter(({ id }) => inOrder.some((member) => member.topics.has(id)))
  return alike ? assignAlike(inOrder, wanted) : assignUnlike(inOrder, wanted)
}

function assignAlike(
  members: readonly AssignorMember[],
  topics: readonly AssignorTopic[],
): ReadonlyMap<string, Target> {
  const total = topics.reduce((sum, { partitionCount }) => sum + partitionCount, 0)
  const quota = Math.floor(total / members.length)
  let extras = total % members.length
  const drafts = draftsOf(members)
  const taken = new Map(topics.map(({ id, partitionCount }) => [id, new Uint8Array(partitionCount)]))
  const counts = new Map<string, number>()
  for (const { id, last } of members) {
    let count = 0
    for (const [topic, partitions] of last) {
      const flags = taken.get(topic)
      if (!flags) continue
      for (const partition of partitions) {
        if (partition >= flags.length || flags[partition] !== 0) continue
        if (count > quota || (count === quota && extras === 0)) continue
        if (count === quota) extras--
        flags[partition] = 1
        count++
        give(drafts, id, topic, partition)
      }
    }
    counts.set(id, count)
  }
  let at = 0
  const takerOfNext = (): string => {
    for (; at < members.length; at++) {
      const { id } = members[at]!
      const count = counts.get(id)!
      if (count > quota || (count === quota && extras === 0)) continue
      if (count === quota) extras--
      counts.set(id, count + 1)
      return id
    }
    // All below their quota come first; unreachable, as quotas sum up to the total.
    return members[0]!.id
  }
  // Those below the quota first: an extra one is only given when none of them is left.
  const spare = extras
  extras = 0
  const open: [string, number][] = []
  for (const { id, partitionCount } of topics) {
    const flags = taken.get(id)!
    for (let partition = 0; partition < partitionCount; partition++)
      if (flags[partition] === 0) open.push([id, partition])
  }
  const missing = members.reduce((sum, { id }) => sum + Math.max(0, quota - counts.get(id)!), 0)
  open.forEach(([topic, partition], i) => {
    if (i === missing) {
      extras = spare
      at = 0
    }
    give(drafts, takerOfNext(), topic, partition)
  })
  return finished(drafts)
}

/** Sticky first, then the least loaded subscriber, then moves from the most loaded while they make it more even. */
function assignUnlike(
  members: readonly AssignorMember[],
  topics: readonly AssignorTopic[],
): ReadonlyMap<string, Target> {
  const subscribers = new Map(topics.map(({ id }) => [id, members.filter((member) => member.topics.has(id))]))
  const holders = new Map(
    topics.map(({ id, partitionCount }) => [id, Array.from<string | undefined>({ length: partitionCount })]),
  )
  const load = new Map(members.map(({ id }) => [id, 0]))
  const add = (id: string, change: number): void => void load.set(id, load.get(id)! + change)
  for (const { id, topics: own, last } of members) {
    for (const [topic, partitions] of last) {
      const places = own.has(topic) ? holders.get(topic) : undefined
      if (!places) continue
      for (const partition of partitions) {
        if (partition >= places.length || places[partition] !== undefined) continue
        places[partition] = id
        add(id, 1)
      }
    }
  }
  const least = (candidates: readonly AssignorMember[]): string =>
    candidates.reduce((best, one) => (load.get(one.id)! < load.get(best)! ? one.id : best), candidates[0]!.id)
  // Topics with few subscribers have least choice: they come first.
  const inOrder = topics.toSorted((a, b) => subscribers.get(a.id)!.length - subscribers.get(b.id)!.length)
  for (const { id } of inOrder) {
    const places = holders.get(id)!
    for (let partition = 0; partition < places.length; partition++) {
      if (places[partition] !== undefined) continue
      const taker = least(subscribers.get(id)!)
      places[partition] = taker
      add(taker, 1)
    }
  }
  // Each move lowers the sum of squares, so this ends.
  for (let moved = true; moved;) {
    moved = false
    for (const { id } of inOrder) {
      const places = holders.get(id)!
      for (let partition = 0; partition < places.length; partition++) {
        const taker = least(subscribers.get(id)!)
        if (load.get(places[partition]!)! - load.get(taker)! < 2) continue
        add(places[partition]!, -1)
        add(taker, 1)
        places[partition] = taker
        moved = true
      }
    }
  }
  const drafts = draftsOf(members)
  for (const [topic, places] of holders) places.forEach((id, partition) => give(drafts, id!, topic, partition))
  return finished(drafts)
}
