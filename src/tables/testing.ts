// For this room's tests: topics in memory, a disk that dies at a chosen operation and then loses or tears what was not synced,
// and a clock that is stepped.
import { createMemoryDisk, MillraceError, type Clock, type Disk, type DiskFile, type Random } from '../base/index.ts'
import {
  encodeRecordBatch,
  placeRecordBatch,
  readRecordBatchHeader,
  type RecordInput,
  type SchemaIds,
  type TopicReader,
} from '../model/index.ts'

export class MemoryTopics implements TopicReader {
  readonly #topics = new Map<string, { batches: Uint8Array[]; end: number; start: number }[]>()

  create(topic: string, partitions: number): void {
    this.#topics.set(
      topic,
      Array.from({ length: partitions }, () => ({ batches: [], end: 0, start: 0 })),
    )
  }
  /** One batch of records. */
  append(topic: string, partition: number, records: readonly Omit<RecordInput, 'timestampMs'>[]): void {
    this.appendBatch(topic, partition, encodeRecordBatch(records.map((r) => ({ ...r, timestampMs: 0 }))))
  }
  appendBatch(topic: string, partition: number, batch: Uint8Array): void {
    const log = this.#topics.get(topic)![partition]!
    placeRecordBatch(batch, log.end, 0)
    log.batches.push(batch)
    log.end += readRecordBatchHeader(batch).lastOffsetDelta + 1
  }
  partitionCount(topic: string): number | undefined {
    return this.#topics.get(topic)?.length
  }
  startOffset(topic: string, partition: number): number {
    return this.#topics.get(topic)![partition]!.start
  }
  endOffset(topic: string, partition: number): number {
    return this.#topics.get(topic)![partition]!.end
  }
  /** As if retention had removed what is below. */
  setStart(topic: string, partition: number, start: number): void {
    this.#topics.get(topic)![partition]!.start = start
  }
  read(topic: string, partition: number, offset: number, bytesMax: number): Uint8Array {
    const parts: Uint8Array[] = []
    let size = 0
    for (const batch of this.#topics.get(topic)![partition]!.batches) {
      const header = readRecordBatchHeader(batch)
      if (header.baseOffset + header.lastOffsetDelta < offset) continue
      if (size > 0 && size + batch.length > bytesMax) break
      parts.push(batch)
      size += batch.length
    }
    return new Uint8Array(Buffer.concat(parts))
  }
}

export const noSchemas: SchemaIds = { byId: () => undefined, latest: () => undefined }

export class SteppedClock implements Clock {
  timeMs = 1_700_000_000_000
  nowMs(): number {
    return this.timeMs
  }
  monotonicMs(): number {
    return this.timeMs
  }
  after(): () => void {
    return () => {}
  }
}

/** xorshift: the same numbers for the same seed. */
export function seededRandom(seed: number): Random {
  let state = seed | 1
  const uint32 = (): number => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state >>> 0
  }
  return {
    uint32,
    fraction: () => uint32() / 4294967296,
    bytes: (size) => Uint8Array.from({ length: size }, () => uint32() & 255),
  }
}

export class Killed extends Error {}

/**
 * A disk in memory that counts changes and dies at one of them; restart() gives what a power cut may leave: contents that were
 * not synced are cut to half, names whose folder was not synced are gone.
 */
export class MortalDisk implements Disk {
  #disk = createMemoryDisk()
  /** Contents as of the last sync, by path; what a restart finds. */
  readonly #durable = new Map<string, Uint8Array>()
  readonly #synced = new Map<string, Uint8Array>()
  changes = 0
  dieAt = Infinity

  #change(): void {
    if (this.changes >= this.dieAt) throw new Killed()
    this.changes++
  }
  open(path: string, mode: 'read' | 'write' | 'create'): DiskFile {
    if (mode === 'create' && !this.#disk.exists(path)) this.#change()
    const file = this.#disk.open(path, mode)
    return {
      ...file,
      write: (bytes, position) => {
        this.#change()
        file.write(bytes, position)
      },
      sync: () => {
        this.#change()
        const content = new Uint8Array(file.size())
        file.read(content, 0)
        this.#synced.set(path, content)
        if (this.#durable.has(path)) this.#durable.set(path, content)
      },
    }
  }
  exists(path: string): boolean {
    return this.#disk.exists(path)
  }
  list(folder: string): string[] {
    return this.#disk.list(folder)
  }
  makeFolder(folder: string): void {
    this.#disk.makeFolder(folder)
  }
  rename(from: string, to: string): void {
    this.#change()
    this.#disk.rename(from, to)
  }
  remove(path: string): void {
    this.#change()
    this.#disk.remove(path)
    for (const known of this.#durable.keys())
      if (known === path || known.startsWith(`${path}/`)) this.#durable.delete(known)
  }
  syncFolder(folder: string): void {
    this.#change()
    for (const name of this.#disk.list(folder)) {
      const path = `${folder}/${name}`
      const synced = this.#synced.get(path)
      if (synced) this.#durable.set(path, synced)
    }
  }
  /** Power comes back: the disk lives again with what was durable, and some torn leftovers. */
  restart(): void {
    const old = this.#disk
    this.#disk = createMemoryDisk()
    const put = (path: string, bytes: Uint8Array): void => {
      this.#disk.makeFolder(path.slice(0, path.lastIndexOf('/')))
      const file = this.#disk.open(path, 'create')
      file.write(bytes, 0)
      file.close()
    }
    for (const [path, bytes] of this.#durable) put(path, bytes)
    for (const folder of folders(old, '')) {
      for (const name of old.list(folder)) {
        const path = `${folder}/${name}`
        if (this.#durable.has(path) || !path.includes('.')) continue
        const file = old.open(path, 'read')
        const half = new Uint8Array(file.size() >> 1)
        file.read(half, 0)
        put(path, half)
      }
    }
    this.changes = 0
    this.dieAt = Infinity
  }
}

function folders(disk: Disk, at: string): string[] {
  const inner = disk.list(at).map((name) => (at === '' ? name : `${at}/${name}`))
  return [
    at,
    ...inner.filter((path) => !path.slice(path.lastIndexOf('/')).includes('.')).flatMap((path) => folders(disk, path)),
  ].filter((path) => path !== '')
}

export function isMillraceError(error: unknown, code: string): boolean {
  return error instanceof MillraceError && error.code === code
}
