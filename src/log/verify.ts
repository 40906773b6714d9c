// Checks every byte of a log that counts: segments batch by batch, the journal since the checkpoint, state files of the last
// commits. Reads only, and beside a running node: what a checkpoint names stays until the next one, so problems that come with
// a newer checkpoint are looked at again.
import { compareBytes, crc32c, readWholeFile, type Disk, type DiskFile } from '../base/index.ts'
import { recordBatchAt } from '../model/index.ts'
import { checkpointPath, readCheckpoint } from './checkpoint.ts'
import { decodeFileHeader, fileHeaderBytes } from './file-header.ts'
import { listJournals, readBody, scanJournals, type ScannedFrame } from './journal-scan.ts'
import { segmentStart, walkBatches } from './segments.ts'
import { pathOf, type LogState, type Partition, type Segment } from './state.ts'

const attempts = 5

export interface LogProblem {
  /** undefined when it is not one partition's. */
  readonly topic: string | undefined
  readonly partition: number | undefined
  readonly file: string
  /** Byte in the file; -1 when it is the file as a whole. */
  readonly position: number
  /** The first offset that cannot be read there; undefined when it is not about records. */
  readonly offset: number | undefined
  readonly reason: string
}

export interface LogVerdict {
  readonly partitions: number
  readonly segments: number
  readonly batches: number
  readonly bytes: number
  /** Frames of the journal since the checkpoint. */
  readonly frames: number
  readonly stateFiles: number
  readonly problems: readonly LogProblem[]
}

/** O(bytes of the log); holds one batch in memory. Throws what the disk throws, MR-BASE-006 for a newer format. */
export function verifyLog(disk: Disk): LogVerdict {
  for (let attempt = 1; ; attempt++) {
    const before = readWholeFile(disk, checkpointPath)
    const verdict = new Verification(disk).run()
    const after = readWholeFile(disk, checkpointPath)
    const isSame = before !== undefined && after !== undefined && compareBytes(before, after) === 0
    // State files go with the commit that drops them, which needs no checkpoint.
    const mayPass = !isSame || verdict.problems.every(({ file }) => !file.startsWith('log/'))
    if (verdict.problems.length === 0 || !mayPass || attempt === attempts) return verdict
  }
}

class Verification {
  readonly #disk: Disk
  readonly #problems: LogProblem[] = []
  #segments = 0
  #batches = 0
  #bytes = 0

  constructor(disk: Disk) {
    this.#disk = disk
  }

  run(): LogVerdict {
    const checkpoint = readCheckpoint(this.#disk)
    if (checkpoint === 'missing' || checkpoint === 'damaged') {
      this.#note(checkpointPath, `it is ${checkpoint}`)
      return this.#verdict({ partitions: 0, frames: 0, stateFiles: 0 })
    }
    const { state, journal, nextSequence } = checkpoint
    let partitions = 0
    for (const topic of state.byName.values()) {
      for (const partition of topic.partitions) {
        partitions++
        this.#partition(partition)
      }
    }
    const frames = this.#journal(journal, nextSequence)
    return this.#verdict({ partitions, frames: frames.length, stateFiles: this.#stateFiles(state, frames) })
  }

  #verdict(counts: { partitions: number; frames: number; stateFiles: number }): LogVerdict {
    return {
      ...counts,
      segments: this.#segments,
      batches: this.#batches,
      bytes: this.#bytes,
      problems: this.#problems,
    }
  }

  #note(file: string, reason: string, place: Partial<LogProblem> = {}): void {
    this.#problems.push({
      topic: undefined,
      partition: undefined,
      position: -1,
      offset: undefined,
      ...place,
      file,
      reason,
    })
  }

  #partition(partition: Partition): void {
    const of = { topic: partition.topic.name, partition: partition.index }
    const { damage } = partition
    if (damage) this.#note(damage.file, damage.reason, { ...of, position: damage.position, offset: damage.offset })
    for (const [i, segment] of partition.segments.entries()) {
      this.#segments++
      const path = pathOf(partition, segment)
      const problem = (reason: string, position = -1, offset = segment.baseOffset): void =>
        this.#note(path, reason, { ...of, position, offset })
      if (!this.#disk.exists(path)) {
        problem('the file is missing')
        continue
      }
      const file = this.#disk.open(path, 'read')
      try {
        const next = partition.segments[i + 1]?.baseOffset
        this.#segment(file, segment, { path, next, problem })
      } finally {
        file.close()
      }
    }
  }

  #segment(
    file: DiskFile,
    segment: Segment,
    options: {
      path: string
      next: number | undefined
      problem: (reason: string, position?: number, offset?: number) => void
    },
  ): void {
    const { path, next, problem } = options
    const header = new Uint8Array(fileHeaderBytes)
    if (file.read(header, 0) < header.length || !decodeFileHeader(header, 'MRSG', path))
      return problem('its header is damaged', 0)
    if (file.size() < segment.size) problem(`the file has ${file.size()} bytes, not ${segment.size}`, file.size())
    const end = Math.min(segment.size, file.size())
    let expected = segment.baseOffset
    let isBroken = false
    let buffer = new Uint8Array(64 << 10)
    const stopped = walkBatches(file, { start: segmentStart, end }, (position, size, baseOffset, nextOffset) => {
      if (buffer.length < size) buffer = new Uint8Array(size)
      const batch = buffer.subarray(0, size)
      const whole = file.read(batch, position) === size && hasItsChecksum(batch)
      // Compaction leaves gaps, nothing else does.
      const follows = segment.generation > 0 ? baseOffset >= expected : baseOffset === expected
      if (whole && follows && (next === undefined || nextOffset <= next)) {
        expected = nextOffset
        this.#batches++
        this.#bytes += size
        return true
      }
      isBroken = true
      problem(
        whole ? `offset ${expected} should follow, ${baseOffset} does` : 'a batch’s checksum is wrong',
        position,
        expected,
      )
      return false
    })
    if (!isBroken && stopped < end) problem('there is no record batch', stopped, expected)
    if (!isBroken && stopped >= end && segment.generation === 0 && next !== undefined && expected !== next)
      problem(`it ends before offset ${expected}, the next one begins at ${next}`, end, expected)
  }

  /**
   * Damage is what is wrong at or below the highest sequence that is known to be synced.
   * @returns all frames that are there: the last one may be synced too, which nothing tells
   */
  #journal(number: number, nextSequence: number): readonly ScannedFrame[] {
    const journals = listJournals(this.#disk).files.filter((one) => one.number >= number)
    if (journals[0]?.number !== number) {
      this.#note('log/journal', `journal ${number} is missing`)
      return []
    }
    const scan = scanJournals(this.#disk, journals, nextSequence)
    const frames = scan.frames.filter(({ sequence }) => sequence <= scan.syncedSequence)
    for (const { path } of journals) {
      const file = this.#disk.open(path, 'read')
      try {
        for (const frame of frames) if (frame.path === path) this.#frame(file, frame)
      } finally {
        file.close()
      }
    }
    return scan.frames
  }

  #frame(file: DiskFile, frame: ScannedFrame): void {
    const { path, position, sequence } = frame
    if (!frame.intact) this.#note(path, `frame ${sequence} is damaged`, { position })
    for (const entry of frame.entries ?? []) {
      if (entry.kind !== 'append' || readBody(file, position, entry)) continue
      this.#note(path, `frame ${sequence}: the checksum of an append is wrong`, { position, offset: entry.baseOffset })
    }
  }

  #stateFiles(state: LogState, frames: readonly ScannedFrame[]): number {
    const last = new Map([...state.owners].map(([owner, { stateFiles }]) => [owner, stateFiles]))
    for (const { entries } of frames)
      for (const entry of entries ?? []) if (entry.kind === 'commit') last.set(entry.owner, entry.stateFiles)
    let count = 0
    for (const [owner, files] of last) {
      for (const { path, size, crc } of files) {
        count++
        const bytes = readWholeFile(this.#disk, path)
        if (!bytes) this.#note(path, `state of ${owner}: the file is missing`)
        else if (bytes.length !== size || crc32c(bytes) !== crc)
          this.#note(path, `state of ${owner}: size or checksum are not the committed ones`)
      }
    }
    return count
  }
}

/** Of a whole batch: base offset and leader epoch are not covered, since a broker places them. */
function hasItsChecksum(batch: Uint8Array): boolean {
  const stored = new DataView(batch.buffer, batch.byteOffset, batch.length).getUint32(recordBatchAt.crc)
  return crc32c(batch.subarray(recordBatchAt.attributes)) === stored
}
