// What crosses the rings between a client and the log worker: a kind, a number that pairs reply with request, and fields.
// A message larger than a fragment crosses in several ring frames, so that a ring need not hold the largest message.
import { assert, ByteReader, ByteWriter, concatBytes, type RingWriter } from '../base/index.ts'
import type { CommitGroup, CommitOutcome, TopicPartition } from '../model/index.ts'
import { decodeLastCommit, encodeLastCommit, readText, writeText } from './journal-frame.ts'
import { ringLimits } from './limits.ts'
import type { EndTransaction, NewRecords, NewTopic, Refusal } from './log-types.ts'

export type Request =
  | ({ readonly kind: 'append'; readonly fromZero: boolean } & NewRecords)
  | { readonly kind: 'appendAll'; readonly appends: readonly NewRecords[] }
  | { readonly kind: 'endTransaction'; readonly end: EndTransaction }
  | { readonly kind: 'openTransactions' }
  | ({ readonly kind: 'producers' } & TopicPartition)
  | { readonly kind: 'commit'; readonly group: CommitGroup }
  | { readonly kind: 'createTopic'; readonly topic: NewTopic }
  | { readonly kind: 'deleteTopic'; readonly name: string }
  | { readonly kind: 'alterTopic'; readonly name: string; readonly configs: Readonly<Record<string, string>> }
  | { readonly kind: 'addPartitions'; readonly name: string; readonly count: number }
  | { readonly kind: 'deleteRecords'; readonly topic: string; readonly partition: number; readonly before: number }
  | { readonly kind: 'nextProducerId' }
  /** From now on this client wants to hear of advances. */
  | { readonly kind: 'follow' }

const requestCodes = {
  append: 1,
  commit: 2,
  createTopic: 3,
  deleteTopic: 4,
  alterTopic: 5,
  addPartitions: 6,
  deleteRecords: 7,
  nextProducerId: 8,
  follow: 9,
  appendAll: 10,
  endTransaction: 11,
  openTransactions: 12,
  producers: 13,
} as const

/** Whole outcomes, whatever was asked: each field is there for the requests that have it. */
export type Reply =
  | {
      readonly ok: true
      readonly offset: number
      readonly logAppendTimeMs: number
      readonly logStartOffset: number
      readonly id: string
      readonly commit: CommitOutcome | undefined
      /** Of requests whose answer is a list: plain values. */
      readonly data: unknown
    }
  | (Refusal & { readonly commit: CommitOutcome | undefined })

/** Number 0 is a note, not a reply: partitions whose readable end grew, by slot. */
export interface Advance {
  readonly slot: number
  readonly endOffset: number
}

/** What is encoded here is copied on at once: one writer serves a thread. */
const scratch = new ByteWriter(1024)
function clearedWriter(): ByteWriter {
  scratch.reset()
  return scratch
}

/** The parts of a request's bytes, valid until the next message is encoded; the batches of an append are not copied. */
export function encodeRequest(number: number, request: Request): Uint8Array[] {
  const writer = request.kind === 'append' ? clearedWriter() : new ByteWriter(128)
  writer.uint8(requestCodes[request.kind])
  writer.uint32(number)
  switch (request.kind) {
    case 'append':
      writeText(writer, request.topic)
      writer.int32(request.partition)
      writer.uint8(request.fromZero ? 1 : 0)
      return [writer.finish(), request.batches]
    case 'appendAll':
      encodeAppends(writer, request.appends)
      break
    case 'endTransaction':
      encodeEnd(writer, request.end)
      break
    case 'producers':
      writeText(writer, request.topic)
      writer.int32(request.partition)
      break
    case 'commit':
      encodeGroup(writer, request.group)
      break
    case 'createTopic':
      writer.text(JSON.stringify(request.topic))
      break
    case 'deleteTopic':
      writer.text(request.name)
      break
    case 'alterTopic':
      writer.text(JSON.stringify(request))
      break
    case 'addPartitions':
      writer.int32(request.count)
      writer.text(request.name)
      break
    case 'deleteRecords':
      writeText(writer, request.topic)
      writer.int32(request.partition)
      writer.int64FromNumber(request.before)
      break
    default:
      break
  }
  return [writer.finish()]
}

/** Views into `bytes`: valid as long as those are. */
export function decodeRequest(bytes: Uint8Array): { number: number; request: Request } {
  const reader = new ByteReader(bytes)
  const code = reader.uint8()
  const number = reader.uint32()
  const rest = (): string => reader.text(reader.remaining)
  switch (code) {
    case requestCodes.append:
      return {
        number,
        request: {
          kind: 'append',
          topic: readText(reader),
          partition: reader.int32(),
          fromZero: reader.uint8() === 1,
          batches: reader.take(reader.remaining),
        },
      }
    case requestCodes.appendAll:
      return { number, request: { kind: 'appendAll', appends: decodeAppends(reader) } }
    case requestCodes.endTransaction:
      return { number, request: { kind: 'endTransaction', end: decodeEnd(reader) } }
    case requestCodes.openTransactions:
      return { number, request: { kind: 'openTransactions' } }
    case requestCodes.producers:
      return { number, request: { kind: 'producers', topic: readText(reader), partition: reader.int32() } }
    case requestCodes.commit:
      return { number, request: { kind: 'commit', group: decodeGroup(reader) } }
    case requestCodes.createTopic:
      return { number, request: { kind: 'createTopic', topic: JSON.parse(rest()) as NewTopic } }
    case requestCodes.deleteTopic:
      return { number, request: { kind: 'deleteTopic', name: rest() } }
    case requestCodes.alterTopic:
      return { number, request: JSON.parse(rest()) as Request }
    case requestCodes.addPartitions:
      return { number, request: { kind: 'addPartitions', count: reader.int32(), name: rest() } }
    case requestCodes.deleteRecords:
      return {
        number,
        request: {
          kind: 'deleteRecords',
          topic: readText(reader),
          partition: reader.int32(),
          before: reader.int64AsNumber(),
        },
      }
    case requestCodes.nextProducerId:
      return { number, request: { kind: 'nextProducerId' } }
    default:
      assert(code === requestCodes.follow, `a request's kind is known (${code})`)
      return { number, request: { kind: 'follow' } }
  }
}

function encodeGroup(writer: ByteWriter, group: CommitGroup): void {
  writeText(writer, group.owner)
  encodeLastCommit(writer, group)
  writer.uint32(group.groupOffsets.length)
  for (const one of group.groupOffsets) {
    writeText(writer, one.group)
    writeText(writer, one.topic)
    writer.int32(one.partition)
    writer.int64FromNumber(one.offset)
    writeText(writer, one.metadata)
  }
  encodeAppends(writer, group.appends)
}

function encodeAppends(writer: ByteWriter, appends: readonly NewRecords[]): void {
  writer.uint32(appends.length)
  for (const one of appends) {
    writeText(writer, one.topic)
    writer.int32(one.partition)
    writer.uint32(one.batches.length)
    writer.raw(one.batches)
  }
}

function decodeAppends(reader: ByteReader): NewRecords[] {
  return Array.from({ length: reader.uint32() }, () => ({
    topic: readText(reader),
    partition: reader.int32(),
    batches: reader.take(reader.uint32()),
  }))
}

function encodeEnd(writer: ByteWriter, end: EndTransaction): void {
  const { producerId, producerEpoch, coordinatorEpoch, commits, partitions, raisesEpoch = false } = end
  writer.int64(producerId)
  writer.int16(producerEpoch)
  writer.int32(coordinatorEpoch)
  writer.uint8((commits ? 1 : 0) | (raisesEpoch ? 2 : 0))
  writeText(writer, partitions ? JSON.stringify(partitions) : '')
  encodeAppends(writer, end.appends)
}

function decodeEnd(reader: ByteReader): EndTransaction {
  const producerId = reader.int64()
  const producerEpoch = reader.int16()
  const coordinatorEpoch = reader.int32()
  const flags = reader.uint8()
  const named = readText(reader)
  const partitions = named === '' ? {} : { partitions: JSON.parse(named) as TopicPartition[] }
  return {
    producerId,
    producerEpoch,
    coordinatorEpoch,
    commits: (flags & 1) !== 0,
    raisesEpoch: (flags & 2) !== 0,
    ...partitions,
    appends: decodeAppends(reader),
  }
}

function decodeGroup(reader: ByteReader): CommitGroup {
  const owner = readText(reader)
  const last = decodeLastCommit(reader)
  const groupOffsets = Array.from({ length: reader.uint32() }, () => ({
    group: readText(reader),
    topic: readText(reader),
    partition: reader.int32(),
    offset: reader.int64AsNumber(),
    metadata: readText(reader),
  }))
  return { owner, ...last, groupOffsets, appends: decodeAppends(reader) }
}

/** Valid until the next message is encoded. */
export function encodeReply(number: number, reply: Reply): Uint8Array {
  const writer = reply.ok && (reply.data ?? reply.commit) !== undefined ? new ByteWriter(256) : clearedWriter()
  writer.uint32(number)
  writer.uint8(reply.ok ? 1 : 0)
  if (reply.ok) {
    writer.int64FromNumber(reply.offset)
    writer.int64FromNumber(reply.logAppendTimeMs)
    writer.int64FromNumber(reply.logStartOffset)
    writeText(writer, reply.id)
  } else {
    writer.int16(reply.error)
    writeText(writer, reply.message)
  }
  const rest = reply.ok ? (reply.data ?? reply.commit) : reply.commit
  if (rest !== undefined) {
    writer.uint8(reply.ok && reply.data !== undefined ? 1 : 0)
    writer.text(JSON.stringify(rest))
  }
  return writer.finish()
}

/** Valid until the next message is encoded. */
export function encodeAdvances(advances: readonly Advance[]): Uint8Array {
  const writer = clearedWriter()
  writer.uint32(0)
  for (const { slot, endOffset } of advances) {
    writer.uint32(slot)
    writer.int64FromNumber(endOffset)
  }
  return writer.finish()
}

/** A reply, or a note of advances. */
export function decodeReply(bytes: Uint8Array): { number: number; reply: Reply } | { advances: Advance[] } {
  const reader = new ByteReader(bytes)
  const number = reader.uint32()
  if (number === 0) {
    const advances: Advance[] = []
    while (reader.remaining > 0) advances.push({ slot: reader.uint32(), endOffset: reader.int64AsNumber() })
    return { advances }
  }
  if (reader.uint8() === 1) {
    const offset = reader.int64AsNumber()
    const logAppendTimeMs = reader.int64AsNumber()
    const logStartOffset = reader.int64AsNumber()
    const id = readText(reader)
    return { number, reply: { ok: true, offset, logAppendTimeMs, logStartOffset, id, ...readRest(reader) } }
  }
  const error = reader.int16()
  const message = readText(reader)
  return { number, reply: { ok: false, error, message, commit: readRest(reader).commit } }
}

function readRest(reader: ByteReader): { commit: CommitOutcome | undefined; data: unknown } {
  if (reader.remaining === 0) return { commit: undefined, data: undefined }
  const isData = reader.uint8() === 1
  const value: unknown = JSON.parse(reader.text(reader.remaining))
  return isData ? { commit: undefined, data: value } : { commit: value as CommitOutcome, data: undefined }
}

const wholeMark = new Uint8Array([0])
const moreMark = new Uint8Array([1])
const lastMark = new Uint8Array([2])

/** Sends messages of any size through a ring, in order; holds what does not fit, up to a limit that the caller watches. */
export class MessageSender {
  readonly #ring: RingWriter
  readonly #waiting: { bytes: Uint8Array; at: number }[] = []
  #pendingBytes = 0

  constructor(ring: RingWriter) {
    this.#ring = ring
  }

  get pendingBytes(): number {
    return this.#pendingBytes
  }

  /** Copies the parts: into the ring, or, when that is full, into memory. @param quiet see RingWriter.tryWrite */
  send(parts: readonly Uint8Array[], quiet = false): void {
    let size = 0
    for (const part of parts) size += part.length
    if (this.#waiting.length === 0 && size <= this.#pieceBytes && this.#ring.tryWrite([wholeMark, ...parts], quiet))
      return
    const bytes = new Uint8Array(size)
    let at = 0
    for (const part of parts) {
      bytes.set(part, at)
      at += part.length
    }
    this.#waiting.push({ bytes, at: 0 })
    this.#pendingBytes += size
    this.pump()
  }

  get #pieceBytes(): number {
    return Math.min(ringLimits.fragmentBytes, this.#ring.frameBytesMax - 1)
  }

  /** Moves on what waits. */
  pump(): void {
    for (let first = this.#waiting[0]; first; first = this.#waiting[0]) {
      const piece = first.bytes.subarray(first.at, first.at + this.#pieceBytes)
      const isLast = first.at + piece.length === first.bytes.length
      const mark = isLast ? (first.at === 0 ? wholeMark : lastMark) : moreMark
      if (!this.#ring.tryWrite([mark, piece])) return
      first.at += piece.length
      if (isLast) {
        this.#waiting.shift()
        this.#pendingBytes -= first.bytes.length
      }
    }
  }
}

/** Puts fragments together again. */
export class MessageAssembler {
  #parts: Uint8Array[] = []

  /** @param frame as read from the ring @returns the whole message: a view of the frame when it came in one piece */
  take(frame: Uint8Array): Uint8Array | undefined {
    const mark = frame[0]!
    const payload = frame.subarray(1)
    if (mark === 0) return payload
    this.#parts.push(payload.slice())
    if (mark === 1) return undefined
    const whole = concatBytes(this.#parts)
    this.#parts = []
    return whole
  }
}
