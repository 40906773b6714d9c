// Groups as records of __consumer_offsets, in Kafka's own schemas, so that its tools read them: the parts of a consumer group of
// the new protocol, and the state of a classic group. Each record is the whole of what its key names; a null value takes it away.
// Invariant: restoring what was written gives the same group. Reference: the coordinator's record schemas (ConsumerGroup…Key/Value,
// GroupMetadataValue v3).
import { BytesError } from '../../../base/index.ts'
import { WireReader, WireWriter } from '../../wire/index.ts'
import type { Target } from './assignors.ts'
import type { ClassicFace, ConsumerMember } from './consumer-group.ts'
import type { Assignment, MemberAssignment, MemberState } from './reconcile.ts'

export interface GroupRecord {
  readonly key: Uint8Array
  readonly value: Uint8Array | null
}

const kinds = { classic: 2, group: 3, member: 5, targets: 6, target: 7, current: 8, pattern: 16 } as const
type Kind = keyof typeof kinds

/** MemberState codes of the stored records. */
const states: readonly MemberState[] = ['stable', 'unrevoked', 'unreleased']

function bytesOf(write: (writer: WireWriter) => void): Uint8Array {
  const writer = new WireWriter(128)
  write(writer)
  return new Uint8Array(Buffer.concat(writer.finish()))
}

function keyOf(kind: Kind, group: string, name?: string): Uint8Array {
  return bytesOf((w) => {
    w.int16(kinds[kind])
    w.string(false, group)
    if (name !== undefined) w.string(false, name)
  })
}

/** A value of version 0 in the flexible encoding; `write` ends with its tagged fields. */
const valueOf = (write: (writer: WireWriter) => void): Uint8Array =>
  bytesOf((w) => {
    w.int16(0)
    write(w)
  })

const noTags = (w: WireWriter): void => w.uvarint(0)

/** Makes the records of one consumer group. */
export function groupRecords(group: string) {
  return {
    group: (value: { epoch: number; hash: bigint } | null): GroupRecord => ({
      key: keyOf('group', group),
      value:
        value &&
        valueOf((w) => {
          w.int32(value.epoch)
          if (value.hash === 0n) return noTags(w)
          w.uvarint(1)
          w.tagged(0, (inner) => inner.int64(value.hash))
        }),
    }),
    member: (id: string, member: ConsumerMember | null): GroupRecord => ({
      key: keyOf('member', group, id),
      value: member && valueOf((w) => writeMember(w, member)),
    }),
    targets: (epoch: number | null): GroupRecord => ({
      key: keyOf('targets', group),
      value:
        epoch === null
          ? null
          : valueOf((w) => {
              w.int32(epoch)
              noTags(w)
            }),
    }),
    target: (id: string, target: Target | null): GroupRecord => ({
      key: keyOf('target', group, id),
      value:
        target &&
        valueOf((w) => {
          w.array(0, true, [...target], (inner, _version, [topicId, partitions]) => {
            inner.uuid(topicId)
            inner.array(0, true, partitions, (one, _v, partition) => one.int32(partition))
            noTags(inner)
          })
          noTags(w)
        }),
    }),
    current: (id: string, member: MemberAssignment | null): GroupRecord => ({
      key: keyOf('current', group, id),
      value: member && valueOf((w) => writeCurrent(w, member)),
    }),
    pattern: (text: string, names: readonly string[] | null): GroupRecord => ({
      key: keyOf('pattern', group, text),
      value:
        names &&
        valueOf((w) => {
          w.array(0, true, names, (inner, _version, name) => inner.string(true, name))
          // Version of the topics and time of the look: of no meaning here, as each start looks anew.
          w.int64(0n)
          w.int64(0n)
          noTags(w)
        }),
    }),
  }
}

function writeMember(w: WireWriter, member: ConsumerMember): void {
  w.string(true, member.instanceId)
  w.string(true, member.rackId)
  w.string(true, member.clientId)
  w.string(true, member.clientHost)
  w.array(0, true, member.topics, (inner, _version, name) => inner.string(true, name))
  w.string(true, member.pattern === '' ? null : member.pattern)
  w.int32(member.rebalanceTimeoutMs)
  w.string(true, member.assignor)
  const { classic } = member
  if (!classic) return noTags(w)
  w.uvarint(1)
  w.tagged(0, (tag) => {
    tag.int8(1)
    tag.int32(classic.sessionTimeoutMs)
    tag.array(0, true, classic.protocols, (inner, _version, { name, metadata }) => {
      inner.string(true, name)
      inner.bytes(true, metadata)
      noTags(inner)
    })
    noTags(tag)
  })
}

function writeCurrent(w: WireWriter, member: MemberAssignment): void {
  w.int32(member.epoch)
  w.int32(member.previousEpoch)
  w.int8(states.indexOf(member.state))
  for (const held of [member.assigned, member.revoking]) {
    w.array(0, true, [...held], (inner, _version, [topicId, partitions]) => {
      inner.uuid(topicId)
      inner.array(0, true, [...partitions.keys()], (one, _v, partition) => one.int32(partition))
      inner.uvarint(1)
      inner.tagged(0, (tag) => tag.array(0, true, [...partitions.values()], (one, _v, epoch) => one.int32(epoch)))
    })
  }
  noTags(w)
}

// ---- classic groups

export interface ClassicGroupState {
  readonly protocolType: string
  readonly generation: number
  readonly protocolName: string | null
  readonly leader: string | null
  readonly stateMs: number
  readonly members: readonly {
    readonly id: string
    readonly instanceId: string | null
    readonly clientId: string
    readonly clientHost: string
    readonly rebalanceTimeoutMs: number
    readonly sessionTimeoutMs: number
    /** Of the chosen protocol. */
    readonly metadata: Uint8Array
    readonly assignment: Uint8Array
  }[]
}

/** The record of a classic group (GroupMetadataValue, version 3). */
export function classicRecord(group: string, state: ClassicGroupState | null): GroupRecord {
  const write = (
    w: WireWriter,
    { protocolType, generation, protocolName, leader, stateMs, members }: ClassicGroupState,
  ): void => {
    w.int16(3)
    w.string(false, protocolType)
    w.int32(generation)
    w.string(false, protocolName)
    w.string(false, leader)
    w.long(stateMs)
    w.array(0, false, members, (inner, _version, member) => {
      inner.string(false, member.id)
      inner.string(false, member.instanceId)
      inner.string(false, member.clientId)
      inner.string(false, member.clientHost)
      inner.int32(member.rebalanceTimeoutMs)
      inner.int32(member.sessionTimeoutMs)
      inner.bytes(false, member.metadata)
      inner.bytes(false, member.assignment)
    })
  }
  return { key: keyOf('classic', group), value: state && bytesOf((w) => write(w, state)) }
}

function readClassic(value: Uint8Array): ClassicGroupState | undefined {
  const r = new WireReader(value)
  const version = r.int16()
  if (version > 3) return undefined
  const protocolType = r.string(false)
  const generation = r.int32()
  const protocolName = r.stringOrNull(false)
  const leader = r.stringOrNull(false)
  const stateMs = version >= 2 ? r.long() : -1
  const members = r.array(version, false, (one) => {
    const id = one.string(false)
    const instanceId = version >= 3 ? one.stringOrNull(false) : null
    const clientId = one.string(false)
    const clientHost = one.string(false)
    const rebalanceTimeoutMs = version >= 1 ? one.int32() : -1
    const sessionTimeoutMs = one.int32()
    const metadata = one.bytes(false).slice()
    const assignment = one.bytes(false).slice()
    const timeoutMs = rebalanceTimeoutMs < 0 ? sessionTimeoutMs : rebalanceTimeoutMs
    return {
      id,
      instanceId,
      clientId,
      clientHost,
      rebalanceTimeoutMs: timeoutMs,
      sessionTimeoutMs,
      metadata,
      assignment,
    }
  })
  return { protocolType, generation, protocolName, leader, stateMs, members }
}

// ---- reading

type MemberMetadata = Omit<ConsumerMember, keyof MemberAssignment | 'id'>

/** What the records of one group say, read in the order of the log. */
export class StoredGroup {
  classic: ClassicGroupState | undefined
  /** Whether it is a group of the new protocol. */
  isConsumer = false
  /** When anything of it was last written. */
  writtenMs = 0
  epoch = 0
  hash = 0n
  targetEpoch = 0
  readonly members = new Map<string, MemberMetadata>()
  readonly targets = new Map<string, Target>()
  readonly current = new Map<string, MemberAssignment>()
  readonly patterns = new Map<string, readonly string[]>()
}

/**
 * Takes one record of the topic into `groups`; offsets and kinds that are not known are passed over.
 * Throws BytesError on lying lengths.
 */
export function readGroupRecord(
  groups: Map<string, StoredGroup>,
  key: Uint8Array,
  value: Uint8Array | null,
  timestampMs = 0,
): void {
  const keys = new WireReader(key)
  const code = keys.int16()
  const kind = (Object.keys(kinds) as Kind[]).find((one) => kinds[one] === code)
  if (kind === undefined) return
  const id = keys.string(false)
  let group = groups.get(id)
  if (!group) groups.set(id, (group = new StoredGroup()))
  group.writtenMs = Math.max(group.writtenMs, timestampMs)
  if (kind === 'classic') {
    group.classic = value ? readClassic(value) : undefined
    return
  }
  const name = kind === 'group' || kind === 'targets' ? '' : keys.string(false)
  if (value) {
    const r = new WireReader(value)
    const version = r.int16()
    if (version !== 0) throw new BytesError(`version ${version} of a group's record`, 0)
    readPart(group, kind, name, r)
  } else removePart(group, kind, name)
}

function removePart(group: StoredGroup, kind: Exclude<Kind, 'classic'>, name: string): void {
  if (kind === 'group') {
    group.isConsumer = false
    group.epoch = 0
    group.hash = 0n
  } else if (kind === 'targets') group.targetEpoch = 0
  else if (kind === 'member') group.members.delete(name)
  else if (kind === 'target') group.targets.delete(name)
  else if (kind === 'current') group.current.delete(name)
  else group.patterns.delete(name)
}

function readPart(group: StoredGroup, kind: Exclude<Kind, 'classic'>, name: string, r: WireReader): void {
  switch (kind) {
    case 'group':
      group.isConsumer = true
      group.epoch = r.int32()
      group.hash = 0n
      readTags(r, (tag) => {
        if (tag === 0) group.hash = r.int64()
      })
      break
    case 'targets':
      group.targetEpoch = r.int32()
      break
    case 'member':
      group.members.set(name, readMember(r))
      break
    case 'target': {
      const topics = r.array(0, true, (one) => {
        const topicId = one.uuid()
        const partitions = one.array(0, true, (partition) => partition.int32())
        one.skipTags()
        return [topicId, partitions] as const
      })
      group.targets.set(name, new Map(topics))
      break
    }
    case 'current':
      group.current.set(name, readCurrent(r))
      break
    case 'pattern':
      group.patterns.set(
        name,
        r.array(0, true, (one) => one.string(true)),
      )
  }
}

function readTags(r: WireReader, read: (tag: number) => void): void {
  for (let count = r.uvarint(); count > 0; count--) {
    const tag = r.uvarint()
    const end = r.taggedEnd()
    read(tag)
    r.skipTo(end)
  }
}

function readMember(r: WireReader): MemberMetadata {
  const instanceId = r.stringOrNull(true)
  const rackId = r.stringOrNull(true)
  const clientId = r.string(true)
  const clientHost = r.string(true)
  const topics = r.array(0, true, (one) => one.string(true))
  const pattern = r.stringOrNull(true) ?? ''
  const rebalanceTimeoutMs = r.int32()
  const assignor = r.stringOrNull(true)
  let classic: ClassicFace | null = null
  readTags(r, (tag) => {
    if (tag === 0 && r.int8() >= 0) classic = readClassicFace(r)
  })
  return { instanceId, rackId, clientId, clientHost, topics, pattern, rebalanceTimeoutMs, assignor, classic }
}

function readClassicFace(r: WireReader): ClassicFace {
  const sessionTimeoutMs = r.int32()
  const protocols = r.array(0, true, (one) => {
    const name = one.string(true)
    const metadata = one.bytes(true).slice()
    one.skipTags()
    return { name, metadata }
  })
  return { sessionTimeoutMs, protocols }
}

function readCurrent(r: WireReader): MemberAssignment {
  const epoch = r.int32()
  const previousEpoch = r.int32()
  const state = states[r.int8()] ?? 'stable'
  const assigned = readHeld(r, epoch)
  const revoking = readHeld(r, epoch)
  return { epoch, previousEpoch, state, assigned, revoking }
}

/** @param epoch of partitions whose own is not stored (records of before KIP-1251) */
function readHeld(r: WireReader, epoch: number): Assignment {
  const topics = r.array(0, true, (one) => {
    const topicId = one.uuid()
    const partitions = one.array(0, true, (partition) => partition.int32())
    let epochs: number[] | null = null
    readTags(one, (tag) => {
      if (tag === 0) epochs = one.arrayOrNull(0, true, (each) => each.int32())
    })
    const known: number[] | null = epochs
    return [topicId, new Map(partitions.map((partition, i) => [partition, known?.[i] ?? epoch]))] as const
  })
  return new Map(topics)
}
