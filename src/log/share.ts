// What the log publishes in shared memory: readable ends of partitions (after the sync), the list of topics, the owners'
// last commits. One writer, any number of readers, nobody waits.
//
// A blob is guarded by a version that is odd while it is written. Race it prevents: a reader copies bytes while the writer
// replaces them; it then sees another version afterwards and copies again.
import { assert, ByteReader, ByteWriter, decodeText, encodeText } from '../base/index.ts'
import type { LastCommit } from '../model/index.ts'
import { AbortedPublisher, createAborted } from './aborted.ts'
import { decodeLastCommit, encodeLastCommit, readText, writeText } from './journal-frame.ts'
import { blobBytesMax } from './limits.ts'
import { firstEpochs, type LeaderEpochs } from './leader-epochs.ts'
import type { LogShare } from './log-types.ts'
import type { LogState, Partition } from './state.ts'
import { lastStableOffset } from './transactions.ts'

const slotWords = 6
const blobHeaderBytes = 16
/** Far more than a writer that lives needs; ends the loop when it does not live. */
const readAttemptsMax = 1_000_000
export const slotStatus = { unused: 0, online: 1, offline: 2, deleted: 3 } as const

/** Memory for a log that is about to be opened. @param folder absolute path of the data folder; '' in simulation */
export function createShare(folder: string, partitionsMax: number): LogShare {
  return {
    folder,
    slots: new SharedArrayBuffer(partitionsMax * slotWords * 8),
    topics: createBlob(),
    owners: createBlob(),
    aborted: createAborted(),
  }
}

const createBlob = (): SharedArrayBuffer => new SharedArrayBuffer(4096, { maxByteLength: blobBytesMax })

/** As published: topics with the slot of each partition. */
export interface PublishedTopic {
  readonly name: string
  readonly id: string
  readonly partitionCount: number
  readonly configs: Readonly<Record<string, string>>
  readonly internal: boolean
  readonly slots: readonly number[]
  /** Of each partition; left out where none had more than its first. */
  readonly epochs?: readonly LeaderEpochs[]
}

/** The writing side; one per log. */
export class SharePublisher {
  readonly #slots: BigInt64Array
  readonly #topics: SharedArrayBuffer
  readonly #owners: SharedArrayBuffer
  readonly #ownerBytes = new Map<string, Uint8Array>()
  readonly aborted: AbortedPublisher

  constructor(share: LogShare) {
    this.#slots = new BigInt64Array(share.slots)
    this.#topics = share.topics
    this.#owners = share.owners
    this.aborted = new AbortedPublisher(share.aborted)
  }

  /** Start, status and segments first, so that who sees the new end finds its file; what was aborted below it before that. */
  publishPartition(partition: Partition): void {
    const at = partition.slot * slotWords
    Atomics.store(this.#slots, at + 1, BigInt(partition.start))
    Atomics.store(this.#slots, at + 2, BigInt(partition.damage ? slotStatus.offline : slotStatus.online))
    Atomics.store(this.#slots, at + 3, BigInt(partition.segmentsVersion))
    Atomics.store(this.#slots, at + 4, BigInt(partition.damage?.offset ?? -1))
    Atomics.store(this.#slots, at, BigInt(partition.end))
    Atomics.store(this.#slots, at + 5, BigInt(lastStableOffset(partition)))
  }

  publishDeleted(partition: Partition): void {
    Atomics.store(this.#slots, partition.slot * slotWords + 2, BigInt(slotStatus.deleted))
  }

  publishTopics(state: LogState): void {
    const topics: PublishedTopic[] = [...state.byName.values()].map(
      ({ name, id, partitionCount, configs, internal, partitions }) => ({
        name,
        id,
        partitionCount,
        configs,
        internal,
        slots: partitions.map((p) => p.slot),
        ...(partitions.every((p) => p.epochs === firstEpochs) ? {} : { epochs: partitions.map((p) => p.epochs) }),
      }),
    )
    writeBlob(this.#topics, [encodeText(JSON.stringify(topics))])
  }

  /** @param changed owners whose last commit is new; all others are as published before */
  publishOwners(state: LogState, changed: Iterable<string>): void {
    for (const owner of changed) {
      const last = state.owners.get(owner)
      if (!last) continue
      const writer = new ByteWriter(64 + last.position.length)
      writeText(writer, owner)
      encodeLastCommit(writer, last)
      this.#ownerBytes.set(owner, writer.copy())
    }
    writeBlob(this.#owners, [...this.#ownerBytes.values()])
  }
}

/** The reading side of slots. */
export class SlotReader {
  readonly #slots: BigInt64Array

  constructor(share: LogShare) {
    this.#slots = new BigInt64Array(share.slots)
  }
  end(slot: number): number {
    return Number(Atomics.load(this.#slots, slot * slotWords))
  }
  /** The last stable offset. Published after the end, so that it is never above it. */
  stable(slot: number): number {
    return Number(Atomics.load(this.#slots, slot * slotWords + 5))
  }
  start(slot: number): number {
    return Number(Atomics.load(this.#slots, slot * slotWords + 1))
  }
  status(slot: number): number {
    return Number(Atomics.load(this.#slots, slot * slotWords + 2))
  }
  segmentsVersion(slot: number): number {
    return Number(Atomics.load(this.#slots, slot * slotWords + 3))
  }
  /** Where acknowledged records are damaged or missing; -1 when nowhere. */
  damagedFrom(slot: number): number {
    const known = this.status(slot) === slotStatus.offline
    return known ? Number(Atomics.load(this.#slots, slot * slotWords + 4)) : -1
  }
}

function writeBlob(memory: SharedArrayBuffer, parts: readonly Uint8Array[]): void {
  let size = 0
  for (const part of parts) size += part.length
  const need = blobHeaderBytes + size
  assert(need <= memory.maxByteLength, 'the blob fits its reserved memory')
  if (need > memory.byteLength) memory.grow(Math.min(memory.maxByteLength, Math.max(need, memory.byteLength * 2)))
  const words = new Int32Array(memory, 0, 2)
  const bytes = new Uint8Array(memory, blobHeaderBytes, size)
  Atomics.add(words, 0, 1)
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  Atomics.store(words, 1, size)
  Atomics.add(words, 0, 1)
}

/** A copy of the blob when it is newer than `version`; undefined when not. Version 0 is "never written". */
function readBlob(memory: SharedArrayBuffer, version: number): { version: number; bytes: Uint8Array } | undefined {
  const words = new Int32Array(memory, 0, 2)
  for (let attempt = 0; attempt < readAttemptsMax; attempt++) {
    const before = Atomics.load(words, 0)
    if (before === version) return undefined
    // The writer is at it; it takes microseconds.
    if (before & 1) continue
    const size = Atomics.load(words, 1)
    if (blobHeaderBytes + size > memory.byteLength) continue
    const bytes = new Uint8Array(memory, blobHeaderBytes, size).slice()
    if (Atomics.load(words, 0) === before) return { version: before, bytes }
  }
  // The writer died in the middle of it: what was read before stays true.
  return undefined
}

/** Topics as last published; looks at a version number only when nothing changed. */
export class TopicsReader {
  readonly #memory: SharedArrayBuffer
  #version = 0
  #topics: readonly PublishedTopic[] = []

  constructor(share: LogShare) {
    this.#memory = share.topics
  }
  /** The same array until something changed. */
  read(): readonly PublishedTopic[] {
    const blob = readBlob(this.#memory, this.#version)
    if (blob) {
      this.#version = blob.version
      this.#topics = JSON.parse(decodeText(blob.bytes)) as PublishedTopic[]
    }
    return this.#topics
  }
}

/** Owners' last commits as published. */
export class OwnersReader {
  readonly #memory: SharedArrayBuffer
  #version = 0
  #owners = new Map<string, LastCommit>()

  constructor(share: LogShare) {
    this.#memory = share.owners
  }
  last(owner: string): LastCommit | undefined {
    const blob = readBlob(this.#memory, this.#version)
    if (blob) {
      this.#version = blob.version
      this.#owners = new Map()
      for (const reader = new ByteReader(blob.bytes); reader.remaining > 0;) {
        const name = readText(reader)
        this.#owners.set(name, decodeLastCommit(reader))
      }
    }
    return this.#owners.get(owner)
  }
}
