// All groups as consoles and metrics show them: their members with what each has, and what was committed. Nobody's rights are
// looked at here: the caller is the node itself.
import { WireReader } from '../../wire/index.ts'
import type { ServerReader } from '../log-face.ts'
import type { GroupCoordinator } from './coordinator.ts'
import type { ConsumerMember } from './consumer-group.ts'
import type { Member } from './group.ts'

export interface GroupMember {
  readonly id: string
  /** null: not a static one. */
  readonly instanceId: string | null
  readonly clientId: string
  readonly host: string
  /** By topic; empty while it has nothing. */
  readonly partitions: ReadonlyMap<string, readonly number[]>
}

export interface GroupOverview {
  readonly id: string
  readonly type: 'classic' | 'consumer'
  /** 'consumer' for consumers; empty when only offsets are known. */
  readonly protocolType: string
  /** The assignor; empty while there is none. */
  readonly protocol: string
  readonly state: string
  readonly members: readonly GroupMember[]
  /** By topic and partition. */
  readonly offsets: ReadonlyMap<string, ReadonlyMap<number, { readonly offset: number; readonly commitMs: number }>>
}

export async function overviewOf(groups: GroupCoordinator, reader: ServerReader): Promise<GroupOverview[]> {
  const found: GroupOverview[] = []
  for (const { id, type, protocolType, state } of await groups.list()) {
    const offsets = (await groups.offsets.offsetsOf(id)) ?? new Map()
    const consumers = type === 'consumer' ? groups.consumerGroup(id) : undefined
    if (consumers) {
      const members = Array.from(consumers.members.values(), (member) => consumerMember(member, reader))
      found.push({ id, type, protocolType, state, protocol: consumers.assignor, members, offsets })
      continue
    }
    const { protocolName, members } = await groups.describe(id)
    const shown = members.map((member) => classicMember(member, protocolType, state === 'Stable'))
    found.push({ id, type, protocolType, state, protocol: protocolName, members: shown, offsets })
  }
  return found
}

function consumerMember(member: ConsumerMember, reader: ServerReader): GroupMember {
  const { id, instanceId, clientId, clientHost: host } = member
  const partitions = new Map<string, readonly number[]>()
  for (const [topicId, held] of member.assigned) {
    const topic = reader.topicById(topicId)
    if (topic) partitions.set(topic.name, [...held.keys()])
  }
  return { id, instanceId, clientId, host, partitions }
}

function classicMember(member: Member, protocolType: string, isStable: boolean): GroupMember {
  const { id, instanceId, clientId, clientHost: host, assignment } = member
  const partitions = isStable && protocolType === 'consumer' ? partitionsIn(assignment) : new Map<string, number[]>()
  return { id, instanceId, clientId, host, partitions }
}

/** Of a consumer's assignment (ConsumerProtocolAssignment, any version); empty when a client wrote something else. */
function partitionsIn(assignment: Uint8Array): Map<string, number[]> {
  const found = new Map<string, number[]>()
  if (assignment.length === 0) return found
  try {
    const reader = new WireReader(assignment)
    reader.int16()
    const topics = reader.array(0, false, (r) => ({
      topic: r.string(false),
      partitions: r.array(0, false, (one) => one.int32()),
    }))
    for (const { topic, partitions } of topics) found.set(topic, partitions)
    return found
  } catch {
    return new Map()
  }
}
