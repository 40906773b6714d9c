// What the cleaner found to be done, done to the log beside writing: a segment begun because the one before had its time,
// compacted files taken into use, a damaged partition taken offline. Nothing here is journalled: until a checkpoint names it
// a crash goes back to what was before, which is as right.
import { isDiskFull } from './full-disk.ts'
import type { Journal } from './journal.ts'
import type { Checkpointer } from './checkpointer.ts'
import type { Cleaner, CleanerWork } from './cleaner.ts'
import { moveStart } from './recover.ts'
import { indexPathOf, segmentStart, type SegmentFiles } from './segments.ts'
import type { SharePublisher } from './share.ts'
import { partitionFolder, pathOf, type LogState, type Partition, type Segment } from './state.ts'

export interface UpkeepOptions {
  readonly state: LogState
  readonly files: SegmentFiles
  readonly journal: Journal
  readonly checkpointer: Checkpointer
  readonly publisher: SharePublisher
  readonly cleaner: Cleaner
}

/** Does what was found; moving the start is the core's, as it is journalled. Throws what the disk throws, except that it is full. */
export function keepUp(work: Exclude<CleanerWork, { kind: 'start' }>, options: UpkeepOptions): void {
  const { publisher, checkpointer, journal } = options
  switch (work.kind) {
    case 'roll':
      return roll(work.partition, options)
    case 'passed':
      return dropPassed(work.partition, options)
    case 'replaced': {
      work.partition.segmentsVersion++
      checkpointer.throwAway(work.oldPaths)
      checkpointer.noteWritten(work.folder)
      if (work.scrubs) journal.scrub()
      return publisher.publishPartition(work.partition)
    }
    case 'damaged': {
      const { partition, reason } = work
      const { topic, index, start: offset } = partition
      const file = partitionFolder(topic.id, index)
      partition.damage = { topic: topic.name, partition: index, offset, file, position: 0, reason }
      return publisher.publishPartition(partition)
    }
    default:
  }
}

/**
 * Begins an empty segment, so that the one before is sealed and can be compacted. Replay makes it anew from the first append
 * to it; without one it is swept away, and the segment before is written to again.
 */
function roll(partition: Partition, { files, publisher, cleaner }: UpkeepOptions): void {
  const sealed = partition.segments.at(-1)!
  const segment: Segment = {
    baseOffset: partition.end,
    generation: 0,
    size: segmentStart,
    maxTimestampMs: -1,
    created: false,
    firstMs: -1,
  }
  try {
    files.trim(partition, sealed)
    files.write(partition, segment, new Uint8Array(0), segmentStart)
  } catch (error) {
    if (!isDiskFull(error)) throw error
    files.takeBack(partition, segment)
    return cleaner.postpone()
  }
  partition.segments = [...partition.segments, segment]
  partition.segmentsVersion++
  cleaner.noteSealed(partition, sealed)
  publisher.publishPartition(partition)
}

/** Takes away segments before the start; where all are, an empty one takes their place first. */
function dropPassed(partition: Partition, options: UpkeepOptions): void {
  if (partition.segments.length === 1) roll(partition, options)
  const dropped = partition.segments.length > 1 ? moveStart(options.state, partition, partition.start) : []
  if (dropped.length === 0) return
  const paths = dropped.map((segment) => pathOf(partition, segment))
  options.checkpointer.throwAway(paths.flatMap((path) => [path, indexPathOf(path)]))
  options.publisher.publishPartition(partition)
}

/** Readers look anew at what lies there: files that compaction replaced are gone. */
export function noteRemoved(paths: readonly string[], state: LogState, publisher: SharePublisher): void {
  const folders = new Set(paths.map((path) => path.slice(0, path.lastIndexOf('/'))))
  for (const folder of folders) {
    const [id = '', index = ''] = folder.slice(folder.lastIndexOf('/') + 1).split('.')
    const partition = state.byId.get(id)?.partitions[Number(index)]
    if (!partition) continue
    partition.segmentsVersion++
    publisher.publishPartition(partition)
  }
}
