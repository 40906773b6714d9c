// A checkpoint: a picture of the whole state at one place of the journal. What it names is synced before it is written,
// and stays on disk until a newer checkpoint no longer names it. The file holds the picture twice, so that no single
// damaged page loses it: two halves, each a header and JSON, padded to whole pages.
import { assert, crc32c, decodeText, encodeText, readWholeFile, replaceFile, type Disk } from '../base/index.ts'
import type { StateFile } from '../model/index.ts'
import { decodeFileHeader, encodeFileHeader, fileHeaderBytes } from './file-header.ts'
import { alignPage } from './journal-frame.ts'
import { firstEpochs, type LeaderEpochs } from './leader-epochs.ts'
import type { Damage, TopicInfo } from './log-types.ts'
import { addTopic, emptyState, type LogState, type Partition } from './state.ts'
import { setProducer } from './transactions.ts'

export const checkpointPath = 'log/checkpoint'
/** Beside a restored log: the number of its restores, as text; one more than its checkpoint knows. */
export const restoredPath = 'log/restored'

interface PartitionPicture {
  readonly start: number
  readonly end: number
  /** Base offset, generation, size, newest timestamp, first append; the last is missing where an older program wrote it. */
  readonly segments: readonly (readonly [number, number, number, number, number?])[]
  /** Id, epoch, last heard of, then first sequence, last sequence and offset of each batch. */
  readonly producers: readonly (readonly number[])[]
  /** From version 2 on. Id, begin of the open transaction (-1: none), coordinator epoch; of producers that have either. */
  readonly transactional?: readonly (readonly [number, number, number])[]
  /** From version 2 on. Producer id, first and last offset, last stable offset then. */
  readonly aborted?: readonly (readonly [number, number, number, number])[]
  readonly damage?: Damage
  /** Left out where there has been one epoch only; older programs neither write nor need it. */
  readonly epochs?: LeaderEpochs
  /** Offset, and delete horizon (null: none). Left out before any compaction; older programs begin anew then. */
  readonly cleaned?: readonly [number, number | null]
}

interface Picture {
  /** The journal file that goes on from here. */
  readonly journal: number
  readonly nextSequence: number
  readonly nextProducerId: number
  /** Left out when there were none. */
  readonly restores?: number
  /** Journal number, salt, first sequence. Older programs leave it out. */
  readonly starts?: readonly (readonly [number, string, number])[]
  readonly topics: readonly (TopicInfo & { readonly partitions: readonly PartitionPicture[] })[]
  readonly owners: readonly {
    readonly owner: string
    readonly epoch: number
    readonly position: string
    readonly stateFiles: readonly StateFile[]
  }[]
  readonly brokenOwners: readonly string[]
}

/** The file's bytes. O(state). */
export function encodeCheckpoint(state: LogState, place: { journal: number; nextSequence: number }): Uint8Array {
  const picture: Picture = {
    ...place,
    nextProducerId: state.nextProducerId,
    ...(state.restores > 0 ? { restores: state.restores } : {}),
    starts: state.starts.map(({ journal, salt, sequence }) => [journal, salt, sequence] as const),
    topics: [...state.byName.values()].map(({ name, id, partitionCount, configs, internal, partitions }) => ({
      name,
      id,
      partitionCount,
      configs,
      internal,
      partitions: partitions.map((partition) => ({
        start: partition.start,
        end: partition.end,
        segments: partition.segments.map(
          (s) => [s.baseOffset, s.generation, s.size, s.maxTimestampMs, s.firstMs] as const,
        ),
        producers: [...partition.producers].map(([producer, p]) => [
          producer,
          p.epoch,
          p.touchedMs,
          ...p.batches.flatMap((b) => [b.first, b.last, b.offset]),
        ]),
        ...transactionsOf(partition),
        ...(partition.damage ? { damage: partition.damage } : {}),
        ...(partition.epochs === firstEpochs ? {} : { epochs: partition.epochs }),
        ...cleanedOf(partition),
      })),
    })),
    owners: [...state.owners].map(([owner, last]) => ({
      owner,
      epoch: last.epoch,
      position: Buffer.from(last.position).toString('base64'),
      stateFiles: last.stateFiles,
    })),
    brokenOwners: [...state.brokenOwners],
  }
  const json = encodeText(JSON.stringify(picture))
  const half = alignPage(fileHeaderBytes + json.length)
  const bytes = new Uint8Array(2 * half)
  const header = encodeFileHeader('MRCP', { length: json.length, crc: crc32c(json) })
  for (const at of [0, half]) {
    bytes.set(header, at)
    bytes.set(json, at + fileHeaderBytes)
  }
  return bytes
}

function transactionsOf({ producers, aborted }: Partition): Pick<PartitionPicture, 'transactional' | 'aborted'> {
  const transactional = [...producers].filter(([, p]) => p.openFrom >= 0 || p.coordinatorEpoch >= 0)
  return {
    ...(transactional.length > 0
      ? { transactional: transactional.map(([id, p]) => [id, p.openFrom, p.coordinatorEpoch] as const) }
      : {}),
    ...(aborted.length > 0
      ? { aborted: aborted.map((a) => [a.producerId, a.firstOffset, a.lastOffset, a.stableOffset] as const) }
      : {}),
  }
}

function cleanedOf({ cleaned: { to, horizonMs } }: Partition): Pick<PartitionPicture, 'cleaned'> {
  return to === 0 ? {} : { cleaned: [to, horizonMs === Infinity ? null : horizonMs] }
}

/** Replaces the checkpoint; durable on return. */
export function writeCheckpoint(disk: Disk, bytes: Uint8Array): void {
  replaceFile(disk, checkpointPath, bytes)
}

export interface Checkpoint {
  readonly state: LogState
  readonly journal: number
  readonly nextSequence: number
}

/** 'missing' when there is none, 'damaged' when neither half is whole. Throws MR-BASE-006 for a newer format. */
export function readCheckpoint(disk: Disk): Checkpoint | 'missing' | 'damaged' {
  const bytes = readWholeFile(disk, checkpointPath)
  if (!bytes) return 'missing'
  for (const half of [bytes.subarray(0, bytes.length >> 1), bytes.subarray(bytes.length >> 1)]) {
    const fields = decodeFileHeader(half, 'MRCP', checkpointPath)
    if (!fields) continue
    const json = half.subarray(fileHeaderBytes, fileHeaderBytes + Number(fields['length']))
    if (crc32c(json) === fields['crc']) return restore(JSON.parse(decodeText(json)) as Picture)
  }
  return 'damaged'
}

function restore(picture: Picture): Checkpoint {
  const state = emptyState()
  state.nextProducerId = picture.nextProducerId
  state.restores = picture.restores ?? 0
  state.starts = (picture.starts ?? []).map(([journal, salt, sequence]) => ({ journal, salt, sequence }))
  for (const { partitions, ...info } of picture.topics) {
    const topic = addTopic(state, info)
    assert(partitions.length === topic.partitions.length, 'a picture has all partitions')
    partitions.forEach((from, i) => {
      const partition = topic.partitions[i]!
      partition.start = from.start
      partition.end = from.end
      partition.damage = from.damage
      partition.epochs = from.epochs ?? firstEpochs
      if (from.cleaned) partition.cleaned = { to: from.cleaned[0], horizonMs: from.cleaned[1] ?? Infinity }
      partition.segments = from.segments.map(([baseOffset, generation, size, maxTimestampMs, firstMs = -1]) => ({
        baseOffset,
        generation,
        size,
        maxTimestampMs,
        created: true,
        firstMs,
      }))
      for (const [id, epoch, touchedMs, ...rest] of from.producers) {
        const batches = []
        for (let b = 0; b < rest.length; b += 3)
          batches.push({ first: rest[b]!, last: rest[b + 1]!, offset: rest[b + 2]! })
        partition.producers.set(id!, {
          epoch: epoch!,
          touchedMs: touchedMs!,
          batches,
          openFrom: -1,
          coordinatorEpoch: -1,
        })
      }
      for (const [id, openFrom, coordinatorEpoch] of from.transactional ?? []) {
        const known = partition.producers.get(id)
        assert(known !== undefined, 'a transaction has its producer')
        setProducer(state, partition, id, { ...known, openFrom, coordinatorEpoch })
      }
      partition.aborted = (from.aborted ?? []).map(([producerId, firstOffset, lastOffset, stableOffset]) => ({
        producerId,
        firstOffset,
        lastOffset,
        stableOffset,
      }))
      state.abortedCount += partition.aborted.length
    })
  }
  for (const { owner, epoch, position, stateFiles } of picture.owners) {
    state.owners.set(owner, { epoch, position: new Uint8Array(Buffer.from(position, 'base64')), stateFiles })
  }
  for (const owner of picture.brokenOwners) state.brokenOwners.add(owner)
  return { state, journal: picture.journal, nextSequence: picture.nextSequence }
}
