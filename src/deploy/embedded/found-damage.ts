// Places where a reader met damaged bytes while the node ran, kept in one small file, so that the next start says them again
// and not only the next reader. Invariant: a place that was remembered is said only when it is still damaged, so nobody has to
// tell this file of a repair, a restore, or a topic that is gone. What the log finds as it opens is the log's own to remember.
import { decodeText, encodeText, MillraceError, readWholeFile, replaceFile, type Disk } from '../../base/index.ts'
import type { LogReader } from '../../log/index.ts'
import { readRecordBatchHeader } from '../../model/index.ts'

const fileName = 'found-damage.json'
/** Places that are remembered; enough to say that a disk is failing. */
const placesMax = 100
/** Read per look, and behind a place before it counts as whole: the largest segment, and a batch. */
const lookBytes = 4 << 20
const walkBytesMax = 128 << 20

interface Place {
  readonly topic: string
  readonly topicId: string
  readonly partition: number
  readonly offset: number
  readonly file: string
  readonly position: number
}

export interface FoundDamageParts {
  /** The data folder's. */
  readonly disk: Disk
  readonly reader: LogReader
  /** A remembered place is damaged still. */
  readonly onStill: (error: MillraceError) => void
}

export class FoundDamage {
  readonly #parts: FoundDamageParts
  /** By file and position. */
  readonly #places = new Map<string, Place>()
  /** Remembered places that may be whole now: read on from here. */
  readonly #walks: { readonly key: string; next: number; walked: number }[] = []

  /** Reads the file and looks at each place once; the rest of its segment is read by looks. */
  constructor(parts: FoundDamageParts) {
    this.#parts = parts
    for (const place of readPlaces(parts.disk)) {
      const key = keyOf(place)
      this.#places.set(key, place)
      if (this.#read(place, place.offset, 1) !== 'damaged')
        this.#walks.push({ key, next: segmentOffset(place), walked: 0 })
    }
  }

  /** A reader met an MR-LOG-001. */
  note(error: MillraceError): void {
    const { topic, partition, offset, file, position } = error.details
    const topicId = this.#parts.reader.topic(String(topic))?.id
    if (topicId === undefined || this.#places.size >= placesMax) return
    const place = {
      topic: String(topic),
      topicId,
      partition: Number(partition),
      offset: Number(offset),
      file: String(file),
      position: Number(position),
    }
    if (this.#places.has(keyOf(place))) return
    this.#places.set(keyOf(place), place)
    this.#write()
  }

  /** Reads a bounded piece of what was remembered; called each second. A place that is whole is forgotten. */
  look(): void {
    const walk = this.#walks[0]
    if (!walk) return
    const found = this.#read(this.#places.get(walk.key)!, walk.next, lookBytes)
    if (typeof found === 'object') {
      walk.next = found.next
      walk.walked += found.bytes
      if (walk.walked < walkBytesMax) return
    }
    this.#walks.shift()
    if (found === 'damaged') return
    this.#places.delete(walk.key)
    this.#write()
  }

  /** What is damaged is said. @returns 'end': nothing more is there; else how far was read */
  #read({ topic, topicId, partition }: Place, from: number, bytesMax: number): 'damaged' | 'end' | Progress {
    const { reader, onStill } = this.#parts
    if (reader.topic(topic)?.id !== topicId) return 'end'
    try {
      const start = Math.max(from, reader.startOffset(topic, partition))
      if (start > reader.highWatermark(topic, partition)) return 'end'
      const bytes = reader.readUncommitted(topic, partition, start, bytesMax)
      let next = start
      for (let at = 0; at < bytes.length;) {
        const header = readRecordBatchHeader(bytes, at)
        next = header.baseOffset + header.lastOffsetDelta + 1
        at += header.size
      }
      return bytes.length === 0 ? 'end' : { next, bytes: bytes.length }
    } catch (error) {
      if (!(error instanceof MillraceError)) throw error
      if (error.code !== 'MR-LOG-001') return 'end'
      onStill(error)
      return 'damaged'
    }
  }

  #write(): void {
    const text = `${JSON.stringify({ places: [...this.#places.values()] })}\n`
    try {
      replaceFile(this.#parts.disk, fileName, encodeText(text))
    } catch (error) {
      // A disk that takes no more is said elsewhere; the next reader finds the place again.
      if (!(error instanceof MillraceError)) throw error
    }
  }
}

interface Progress {
  readonly next: number
  readonly bytes: number
}

const keyOf = ({ file, position }: Place): string => `${file}:${position}`

/** Where the place's segment begins; the place itself when its file is a folder, as where a segment is missing. */
function segmentOffset({ file, offset }: Place): number {
  const [, base] = /\/(\d+)\.\d+\.segment$/.exec(file) ?? []
  return base === undefined ? offset : Number(base)
}

/** None from a file that cannot be understood: it only repeats what reading tells. */
function readPlaces(disk: Disk): Place[] {
  const bytes = readWholeFile(disk, fileName)
  if (!bytes) return []
  try {
    const { places } = JSON.parse(decodeText(bytes)) as { places: Place[] }
    return places.slice(0, placesMax).filter(isPlace)
  } catch {
    return []
  }
}

const isPlace = ({ topic, topicId, partition, offset, file, position }: Place): boolean =>
  [topic, topicId, file].every((one) => typeof one === 'string') &&
  [partition, offset, position].every((one) => Number.isSafeInteger(one))
