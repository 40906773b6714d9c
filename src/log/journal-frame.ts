// One frame of the journal = one group commit: bodies (record batches, as they go into segments) and meta (what happened).
// Invariant: a frame takes effect whole or not at all. It begins at a multiple of 4096, so that writing it never rewrites
// a page that holds synced frames, and it repeats the meta of the frame before it, so that no single damaged page hides
// which partitions a frame touched.
//
// Header, big-endian: 0 magic, 4 CRC-32C of [8, 128), 8 salt, 16 sequence, 24 highest sequence known synced, 32 position
// in the file, 40 length, 44/48/52 meta at, length, CRC, 56/60/64 the same of the repeated meta, 72 position of the frame before.
import { assert, ByteReader, ByteWriter, crc32c } from '../base/index.ts'
import type { LastCommit, StateFile } from '../model/index.ts'

export const pageBytes = 4096
export const frameHeaderBytes = 128
const magic = 0x4d524a46

/** What one frame changes, in order. */
export type Entry =
  | {
      readonly kind: 'append'
      readonly topicId: string
      readonly partition: number
      readonly baseOffset: number
      /** The partition's end after it. */
      readonly nextOffset: number
      /** Where the body goes: the segment's base offset, and the position in its file. */
      readonly segmentBase: number
      readonly segmentPosition: number
      /** Where the body lies in this frame, and its CRC-32C. */
      readonly bodyAt: number
      readonly bodyLength: number
      readonly bodyCrc: number
      /** The writer's clock, for the expiry of producers. */
      readonly nowMs: number
    }
  | {
      readonly kind: 'topic'
      readonly id: string
      readonly name: string
      readonly partitionCount: number
      readonly configs: Readonly<Record<string, string>>
      readonly internal: boolean
    }
  | { readonly kind: 'delete'; readonly topicId: string }
  | ({ readonly kind: 'commit'; readonly owner: string } & LastCommit)
  | { readonly kind: 'producerIds'; readonly next: number }
  | { readonly kind: 'start'; readonly topicId: string; readonly partition: number; readonly offset: number }

export type AppendEntry = Extract<Entry, { kind: 'append' }>

const codes = { append: 1, topic: 2, delete: 3, commit: 4, producerIds: 5, start: 6 } as const

export const alignPage = (position: number): number => Math.ceil(position / pageBytes) * pageBytes

export interface FrameHeader {
  readonly salt: bigint
  readonly sequence: number
  readonly syncedSequence: number
  readonly position: number
  /** Bytes without the padding. */
  readonly length: number
  readonly metaAt: number
  readonly metaLength: number
  readonly metaCrc: number
  readonly previousMetaAt: number
  readonly previousMetaLength: number
  readonly previousMetaCrc: number
  readonly previousPosition: number
}

/** Gathers one frame. Owns its buffer; finish() gives a view that is valid until the next reset. */
export class FrameBuilder {
  bytes: Buffer = Buffer.alloc(1 << 20)
  #length = frameHeaderBytes
  /** Two that take turns: the meta of this frame, and that of the one before. */
  #writer = new ByteWriter(4096)
  #previous = new ByteWriter(4096)
  #previousPosition = 0

  get length(): number {
    return this.#length
  }

  /** Copies a body in. @returns where it lies */
  addBody(body: Uint8Array): number {
    const at = this.#length
    this.#room(at + body.length)
    this.bytes.set(body, at)
    this.#length = at + body.length
    return at
  }

  /** Takes back the bodies from `at` on. */
  cutBodies(at: number): void {
    assert(at >= frameHeaderBytes && at <= this.#length, 'only what was added is taken back')
    this.#length = at
  }

  #room(size: number): void {
    if (size <= this.bytes.length) return
    const grown = Buffer.alloc(Math.max(alignPage(size), this.bytes.length * 2))
    this.bytes.copy(grown, 0, 0, this.#length)
    this.bytes = grown
  }

  /** The whole frame, padded to a page. */
  finish(
    place: { salt: bigint; sequence: number; syncedSequence: number; position: number },
    entries: readonly Entry[],
  ): Uint8Array {
    this.#writer.reset()
    const meta = encodeEntries(this.#writer, entries)
    const previousMeta = this.#previous.finish()
    const metaAt = this.#length
    const previousMetaAt = metaAt + meta.length
    const length = previousMetaAt + previousMeta.length
    const padded = alignPage(length)
    this.#room(padded)
    const { bytes } = this
    bytes.set(meta, metaAt)
    bytes.set(previousMeta, previousMetaAt)
    bytes.fill(0, length, padded)
    bytes.fill(0, 0, frameHeaderBytes)
    bytes.writeUInt32BE(magic, 0)
    bytes.writeBigUInt64BE(place.salt, 8)
    bytes.writeBigInt64BE(BigInt(place.sequence), 16)
    bytes.writeBigInt64BE(BigInt(place.syncedSequence), 24)
    bytes.writeBigInt64BE(BigInt(place.position), 32)
    bytes.writeUInt32BE(length, 40)
    bytes.writeUInt32BE(metaAt, 44)
    bytes.writeUInt32BE(meta.length, 48)
    bytes.writeUInt32BE(crc32c(meta), 52)
    bytes.writeUInt32BE(previousMetaAt, 56)
    bytes.writeUInt32BE(previousMeta.length, 60)
    bytes.writeUInt32BE(crc32c(previousMeta), 64)
    bytes.writeBigInt64BE(BigInt(this.#previousPosition), 72)
    bytes.writeUInt32BE(crc32c(bytes.subarray(8, frameHeaderBytes)), 4)
    return bytes.subarray(0, padded)
  }

  /** Begins the next frame. @param written where the finished one now lies; undefined when it was given up */
  reset(written?: number): void {
    if (written !== undefined) {
      const spare = this.#previous
      this.#previous = this.#writer
      // One unusually large message must not keep its memory forever.
      this.#writer = spare.capacity > 1 << 20 ? new ByteWriter(4096) : spare
      this.#previousPosition = written
    }
    this.#length = frameHeaderBytes
    if (this.bytes.length > 32 << 20) this.bytes = Buffer.alloc(1 << 20)
  }
}

/** The header at the start of `page`, or undefined when there is none of this file at this position. */
export function readFrameHeader(page: Uint8Array, salt: bigint, position: number): FrameHeader | undefined {
  if (page.length < frameHeaderBytes) return undefined
  const view = new DataView(page.buffer, page.byteOffset, page.byteLength)
  if (view.getUint32(0) !== magic || view.getBigUint64(8) !== salt) return undefined
  if (view.getUint32(4) !== crc32c(page.subarray(8, frameHeaderBytes))) return undefined
  const reader = new ByteReader(page, 16)
  const header: FrameHeader = {
    salt,
    sequence: reader.int64AsNumber(),
    syncedSequence: reader.int64AsNumber(),
    position: reader.int64AsNumber(),
    length: reader.uint32(),
    metaAt: reader.uint32(),
    metaLength: reader.uint32(),
    metaCrc: reader.uint32(),
    previousMetaAt: reader.uint32(),
    previousMetaLength: reader.uint32(),
    previousMetaCrc: reader.uint32(),
    previousPosition: new ByteReader(page, 72).int64AsNumber(),
  }
  return header.position === position ? header : undefined
}

/** A topic id as 16 bytes; without memory of its own, since it is in each append. */
function writeId(writer: ByteWriter, id: string): void {
  for (let at = 0; at < id.length; at += 2) {
    if (id.charCodeAt(at) === dash) at++
    writer.uint8((hexDigit(id.charCodeAt(at)) << 4) | hexDigit(id.charCodeAt(at + 1)))
  }
}
const dash = 0x2d
const hexDigit = (code: number): number => (code < 0x40 ? code - 0x30 : (code | 0x20) - 0x57)

/** The id of 16 bytes. */
export function idFromBytes(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes).toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

function encodeEntries(writer: ByteWriter, entries: readonly Entry[]): Uint8Array {
  writer.uint32(entries.length)
  for (const entry of entries) {
    writer.uint8(codes[entry.kind])
    const lengthAt = writer.reserve(4)
    encodeEntry(writer, entry)
    writer.setInt32(lengthAt, writer.length - lengthAt - 4)
  }
  return writer.finish()
}

function encodeEntry(writer: ByteWriter, entry: Entry): void {
  switch (entry.kind) {
    case 'append':
      writeId(writer, entry.topicId)
      writer.int32(entry.partition)
      writer.int64FromNumber(entry.baseOffset)
      writer.int64FromNumber(entry.nextOffset)
      writer.int64FromNumber(entry.segmentBase)
      writer.int64FromNumber(entry.segmentPosition)
      writer.uint32(entry.bodyAt)
      writer.uint32(entry.bodyLength)
      writer.uint32(entry.bodyCrc)
      writer.int64FromNumber(entry.nowMs)
      break
    case 'topic': {
      const { id, name, partitionCount, configs, internal } = entry
      writer.text(JSON.stringify({ id, name, partitionCount, configs, internal }))
      break
    }
    case 'delete':
      writeId(writer, entry.topicId)
      break
    case 'commit':
      writeText(writer, entry.owner)
      encodeLastCommit(writer, entry)
      break
    case 'producerIds':
      writer.int64FromNumber(entry.next)
      break
    case 'start':
      writeId(writer, entry.topicId)
      writer.int32(entry.partition)
      writer.int64FromNumber(entry.offset)
      break
  }
}

/** The entries of a meta whose CRC was checked. Throws BytesError when the bytes end early. */
export function decodeEntries(meta: Uint8Array): Entry[] {
  const reader = new ByteReader(meta)
  const entries: Entry[] = []
  for (let count = reader.uint32(); count > 0; count--) {
    const code = reader.uint8()
    entries.push(decodeEntry(code, new ByteReader(reader.take(reader.uint32()))))
  }
  return entries
}

function decodeEntry(code: number, reader: ByteReader): Entry {
  switch (code) {
    case codes.append:
      return {
        kind: 'append',
        topicId: idFromBytes(reader.take(16)),
        partition: reader.int32(),
        baseOffset: reader.int64AsNumber(),
        nextOffset: reader.int64AsNumber(),
        segmentBase: reader.int64AsNumber(),
        segmentPosition: reader.int64AsNumber(),
        bodyAt: reader.uint32(),
        bodyLength: reader.uint32(),
        bodyCrc: reader.uint32(),
        nowMs: reader.int64AsNumber(),
      }
    case codes.topic:
      return {
        kind: 'topic',
        ...(JSON.parse(reader.text(reader.remaining)) as Omit<Extract<Entry, { kind: 'topic' }>, 'kind'>),
      }
    case codes.delete:
      return { kind: 'delete', topicId: idFromBytes(reader.take(16)) }
    case codes.commit:
      return { kind: 'commit', owner: readText(reader), ...decodeLastCommit(reader) }
    case codes.producerIds:
      return { kind: 'producerIds', next: reader.int64AsNumber() }
    case codes.start:
      return {
        kind: 'start',
        topicId: idFromBytes(reader.take(16)),
        partition: reader.int32(),
        offset: reader.int64AsNumber(),
      }
    default:
      throw new Error(`journal entry of kind ${code}: the file's version should have told`)
  }
}

export function writeText(writer: ByteWriter, text: string): void {
  const at = writer.reserve(4)
  writer.setInt32(at, writer.text(text))
}
export function readText(reader: ByteReader): string {
  return reader.text(reader.uint32())
}

/** An owner's last commit: epoch, position, state files; used in the journal, in rings and in shared memory. */
export function encodeLastCommit(writer: ByteWriter, commit: LastCommit): void {
  writer.int64FromNumber(commit.epoch)
  writer.uint32(commit.position.length)
  writer.raw(commit.position)
  writer.uint32(commit.stateFiles.length)
  for (const file of commit.stateFiles) {
    writeText(writer, file.path)
    writer.int64FromNumber(file.size)
    writer.uint32(file.crc)
  }
}
export function decodeLastCommit(reader: ByteReader): LastCommit {
  const epoch = reader.int64AsNumber()
  // A copy: not slice(), which for a Buffer is none.
  const position = new Uint8Array(reader.take(reader.uint32()))
  const stateFiles: StateFile[] = []
  for (let count = reader.uint32(); count > 0; count--) {
    stateFiles.push({ path: readText(reader), size: reader.int64AsNumber(), crc: reader.uint32() })
  }
  return { epoch, position, stateFiles }
}
