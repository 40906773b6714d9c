// A segment: the changed entries of all slots of a pipeline over some epochs, immutable. Small segments are merged into larger ones.
// Layout (big-endian): magic "MRSTATE1" (8 bytes), u16 format version, u16 least reader version, u32 section count, i64 first
// epoch, i64 last epoch; per section: uvarint id length, id, u16 layout version, uvarint group count, then per key group with
// entries: u8 group, uvarint bytes, entries {uvarint key bytes, key, uvarint value bytes + 1 (0: removed), value} sorted by
// key; at the end u32 CRC-32C of all before it. Sections are sorted by id. Invariant: a key appears at most once in a segment.
import { assert, ByteReader, BytesError, ByteWriter, compareBytes, crc32c } from '../../base/index.ts'

const magic = 'MRSTATE1'
export const segmentFormatVersion = 1
const segmentReaderVersionMin = 1

export interface SegmentSection {
  readonly id: string
  readonly layoutVersion: number
  /** Per key group: its entries' bytes. */
  readonly groups: ReadonlyMap<number, Uint8Array>
}

export interface Segment {
  readonly firstEpoch: number
  readonly lastEpoch: number
  readonly sections: readonly SegmentSection[]
}

/** Collects one slot's entries, which come sorted by group and key. */
export class SectionBuilder {
  readonly id: string
  readonly layoutVersion: number
  readonly #groups = new Map<number, Uint8Array>()
  readonly #entries = new ByteWriter(4096)
  #group = -1

  constructor(id: string, layoutVersion: number) {
    this.id = id
    this.layoutVersion = layoutVersion
  }

  put(group: number, key: Uint8Array, value: Uint8Array): void {
    this.#key(group, key)
    this.#entries.uvarint(value.length + 1)
    this.#entries.raw(value)
  }

  remove(group: number, key: Uint8Array): void {
    this.#key(group, key)
    this.#entries.uvarint(0)
  }

  #key(group: number, key: Uint8Array): void {
    assert(group >= this.#group, 'entries come in the order of their groups')
    if (group !== this.#group) this.#closeGroup(group)
    this.#entries.uvarint(key.length)
    this.#entries.raw(key)
  }

  #closeGroup(next: number): void {
    if (this.#entries.length > 0) this.#groups.set(this.#group, this.#entries.copy())
    this.#entries.reset()
    this.#group = next
  }

  finish(): SegmentSection {
    this.#closeGroup(-1)
    return { id: this.id, layoutVersion: this.layoutVersion, groups: this.#groups }
  }
}

export function encodeSegment(segment: Segment): Uint8Array {
  const writer = new ByteWriter(8192)
  const sections = segment.sections.toSorted((a, b) => (a.id < b.id ? -1 : 1))
  writeSegmentHead(writer, { ...segment, sectionCount: sections.length })
  for (const section of sections) {
    const id = new TextEncoder().encode(section.id)
    writer.uvarint(id.length)
    writer.raw(id)
    writer.uint16(section.layoutVersion)
    writer.uvarint(section.groups.size)
    for (const [group, bytes] of [...section.groups].toSorted((a, b) => a[0] - b[0])) {
      writer.uint8(group)
      writer.uvarint(bytes.length)
      writer.raw(bytes)
    }
  }
  writer.uint32(crc32c(writer.finish()))
  return writer.copy()
}

export interface SegmentHead {
  readonly firstEpoch: number
  readonly lastEpoch: number
  readonly sectionCount: number
}

export function writeSegmentHead(writer: ByteWriter, { firstEpoch, lastEpoch, sectionCount }: SegmentHead): void {
  writer.text(magic)
  writer.uint16(segmentFormatVersion)
  writer.uint16(segmentReaderVersionMin)
  writer.uint32(sectionCount)
  writer.int64FromNumber(firstEpoch)
  writer.int64FromNumber(lastEpoch)
}

/** Throws BytesError when it is none that this program reads. */
export function readSegmentHead(reader: ByteReader): SegmentHead {
  const head = readHead(reader)
  if ('newer' in head) throw new BytesError(`a format of version ${head.newer}`, 8)
  return head
}

function readHead(reader: ByteReader): SegmentHead | { readonly newer: number } {
  if (reader.remaining < 36 || reader.text(8) !== magic) throw new BytesError('no state file', 0)
  const version = reader.uint16()
  const least = reader.uint16()
  if (least > segmentFormatVersion) return { newer: version }
  const sectionCount = reader.uint32()
  return { sectionCount, firstEpoch: reader.int64AsNumber(), lastEpoch: reader.int64AsNumber() }
}

/**
 * Checks and opens a segment; sections are views of `bytes`. Throws BytesError when the bytes are damaged.
 * @returns 'newer' when only a newer program can read it, with the version found
 */
export function decodeSegment(bytes: Uint8Array): Segment | { readonly newer: number } {
  const reader = new ByteReader(bytes)
  const head = readHead(reader)
  if ('newer' in head) return head
  const body = bytes.subarray(0, bytes.length - 4)
  const stored = new ByteReader(bytes, bytes.length - 4).uint32()
  if (crc32c(body) !== stored) throw new BytesError('the checksum is not that of the content', bytes.length - 4)
  const sections: SegmentSection[] = []
  for (let s = 0; s < head.sectionCount; s++) {
    const id = reader.text(reader.uvarint())
    const layoutVersion = reader.uint16()
    const groupCount = reader.uvarint()
    const groups = new Map<number, Uint8Array>()
    for (let g = 0; g < groupCount; g++) {
      const group = reader.uint8()
      groups.set(group, reader.take(reader.uvarint()))
    }
    sections.push({ id, layoutVersion, groups })
  }
  if (reader.remaining !== 4) throw new BytesError('bytes after the last section', reader.position)
  return { firstEpoch: head.firstEpoch, lastEpoch: head.lastEpoch, sections }
}

/** Calls with each entry of a section's group in order; value is null where the entry was removed. Views of the segment. */
export function readEntries(entries: Uint8Array, visit: (key: Uint8Array, value: ByteReader | null) => void): void {
  const cursor = new EntryCursor(entries)
  while (cursor.next()) visit(cursor.key, cursor.value === null ? null : new ByteReader(cursor.value))
}

class EntryCursor {
  key: Uint8Array = new Uint8Array(0)
  value: Uint8Array | null = null
  readonly #reader: ByteReader
  constructor(entries: Uint8Array) {
    this.#reader = new ByteReader(entries)
  }
  next(): boolean {
    const reader = this.#reader
    if (reader.remaining === 0) return false
    this.key = reader.take(reader.uvarint())
    const size = reader.uvarint()
    this.value = size === 0 ? null : reader.take(size - 1)
    return true
  }
}

/** Merges segments, oldest first: the newest entry of a key stays. @param dropRemoved true when nothing older remains */
export function mergeSegments(segments: readonly Segment[], dropRemoved: boolean): Segment {
  const ids = [...new Set(segments.flatMap((segment) => segment.sections.map((s) => s.id)))].toSorted()
  const sections: SegmentSection[] = []
  const out = new ByteWriter(4096)
  for (const id of ids) {
    const inputs = segments.flatMap((segment) => segment.sections.filter((s) => s.id === id))
    const { layoutVersion } = inputs.at(-1)!
    assert(
      inputs.every((s) => s.layoutVersion === layoutVersion),
      'segments of a slot have one layout',
    )
    const groups = new Map<number, Uint8Array>()
    for (const group of new Set(inputs.flatMap((s) => [...s.groups.keys()]))) {
      const lists = inputs.flatMap((s) => s.groups.get(group) ?? [])
      if (lists.length === 1 && !dropRemoved) {
        groups.set(group, lists[0]!)
        continue
      }
      out.reset()
      mergeEntries(lists, dropRemoved, out)
      if (out.length > 0) groups.set(group, out.copy())
    }
    if (groups.size > 0) sections.push({ id, layoutVersion, groups })
  }
  return { firstEpoch: segments[0]!.firstEpoch, lastEpoch: segments.at(-1)!.lastEpoch, sections }
}

/** Appends the merged entries of one key group to `out`; lists come oldest first. */
export function mergeEntries(lists: readonly Uint8Array[], dropRemoved: boolean, out: ByteWriter): void {
  const cursors = lists.map((list) => new EntryCursor(list))
  const open = cursors.map((cursor) => cursor.next())
  for (;;) {
    let least = -1
    for (let c = 0; c < cursors.length; c++) {
      // On equal keys the newest wins, so a later cursor takes over.
      if (open[c] && (least < 0 || compareBytes(cursors[c]!.key, cursors[least]!.key) <= 0)) least = c
    }
    if (least < 0) return
    const { key, value } = cursors[least]!
    if (value !== null || !dropRemoved) {
      out.uvarint(key.length)
      out.raw(key)
      if (value === null) out.uvarint(0)
      else {
        out.uvarint(value.length + 1)
        out.raw(value)
      }
    }
    for (let c = 0; c < cursors.length; c++) {
      if (c !== least && open[c] && compareBytes(cursors[c]!.key, key) === 0) open[c] = cursors[c]!.next()
    }
    open[least] = cursors[least]!.next()
  }
}
