// Pages of one column chunk: levels, then values, PLAIN or by dictionary; version 1 pages, which every reader knows, each
// with a CRC. Reference: parquet-format README "Data Pages", Encodings.md; parquet.thrift PageHeader.
import { crc32, zstdCompressSync, constants } from 'node:zlib'
import { ByteWriter } from '../../base/index.ts'
import type { TablesLimits } from '../limits.ts'
import { bitWidthOf, encodeHybrid } from './hybrid.ts'
import type { LeafValues } from './leaf-values.ts'
import { ThriftWriter } from './thrift.ts'

export const encoding = { plain: 0, rle: 3, rleDictionary: 8 } as const
export const codec = { none: 0, zstd: 6 } as const
export type Codec = keyof typeof codec
export const pageType = { data: 0, dictionary: 2 } as const

export interface Chunk {
  /** Header and body of every page, in order. */
  readonly parts: readonly Uint8Array[]
  readonly size: number
  readonly uncompressedSize: number
  /** From the chunk's start; 0 without a dictionary. */
  readonly dataPageAt: number
  readonly hasDictionary: boolean
}

/** Encodes all values of a leaf as one chunk. */
export function encodeChunk(values: LeafValues, codecName: Codec, limits: TablesLimits): Chunk {
  const dictionary = values.leaf.store === 'bytes' ? buildDictionary(values, limits) : undefined
  const pages = new PageSink(codecName)
  if (dictionary) {
    const body = new ByteWriter(dictionary.bytes + dictionary.count * 4)
    const { lanes, offsets } = values
    for (let i = 0; i < dictionary.count; i++) {
      const first = dictionary.firsts[i]!
      plainBytes(lanes as Uint8Array, offsets!, first, first + 1, body)
    }
    pages.dictionary(body.finish(), dictionary.count)
  }
  const dataPageAt = pages.size
  let entry = 0
  let value = 0
  const body = new ByteWriter(limits.pageBytesMax + 65536)
  for (const end of pageEnds(values, limits)) {
    body.reset()
    levels(values.repetition, entry, end, values.leaf.repetitionMax, body)
    levels(values.definition, entry, end, values.leaf.definitionMax, body)
    const valueEnd = value + presentIn(values, entry, end)
    if (dictionary) {
      const width = bitWidthOf(dictionary.count - 1)
      body.uint8(width)
      encodeHybrid(dictionary.indexes, value, valueEnd, width, body)
    } else plain(values, value, valueEnd, body)
    pages.data(body.finish(), end - entry, dictionary ? encoding.rleDictionary : encoding.plain)
    entry = end
    value = valueEnd
  }
  return {
    parts: pages.parts,
    size: pages.size,
    uncompressedSize: pages.uncompressedSize,
    dataPageAt,
    hasDictionary: dictionary !== undefined,
  }
}

class PageSink {
  readonly parts: Uint8Array[] = []
  readonly #codec: Codec
  size = 0
  uncompressedSize = 0

  constructor(codecName: Codec) {
    this.#codec = codecName
  }

  data(body: Uint8Array, count: number, valueEncoding: number): void {
    this.#page(body, pageType.data, (header) =>
      header.struct(5, () => {
        header.int32(1, count)
        header.int32(2, valueEncoding)
        header.int32(3, encoding.rle)
        header.int32(4, encoding.rle)
      }),
    )
  }

  dictionary(body: Uint8Array, count: number): void {
    this.#page(body, pageType.dictionary, (header) =>
      header.struct(7, () => {
        header.int32(1, count)
        header.int32(2, encoding.plain)
      }),
    )
  }

  #page(body: Uint8Array, type: number, rest: (header: ThriftWriter) => void): void {
    const stored =
      this.#codec === 'zstd'
        ? zstdCompressSync(body, { params: { [constants.ZSTD_c_compressionLevel]: 1 } })
        : body.slice()
    const header = new ThriftWriter()
    header.int32(1, type)
    header.int32(2, body.length)
    header.int32(3, stored.length)
    header.int32(4, crc32(stored) | 0)
    rest(header)
    const head = header.finish()
    this.parts.push(head, stored)
    this.size += head.length + stored.length
    this.uncompressedSize += head.length + body.length
  }
}

function levels(list: Uint8Array | null, from: number, to: number, max: number, out: ByteWriter): void {
  if (!list) return
  const at = out.length
  out.int32(0)
  encodeHybrid(list, from, to, bitWidthOf(max), out)
  out.setInt32(at, swap(out.length - at - 4))
}

/** Little-endian in a big-endian writer. */
function swap(value: number): number {
  return ((value & 255) << 24) | ((value & 0xff00) << 8) | ((value >>> 8) & 0xff00) | (value >>> 24)
}

function presentIn(values: LeafValues, from: number, to: number): number {
  const { definition, leaf } = values
  if (!definition) return to - from
  let n = 0
  for (let i = from; i < to; i++) if (definition[i] === leaf.definitionMax) n++
  return n
}

/** Ends of pages as entry indexes; a page never splits a row. At least one page, so that an empty chunk is readable. */
function pageEnds(values: LeafValues, limits: TablesLimits): number[] {
  const { count, repetition, definition, leaf, offsets } = values
  const ends: number[] = []
  const fixed = leaf.store === 'bytes' ? 4 : leaf.store === 'int128' ? 16 : 8
  let rows = 0
  let bytes = 0
  let value = 0
  for (let i = 0; i < count; i++) {
    const begins = !repetition || repetition[i] === 0
    if (begins && (rows >= limits.pageRowsMax || bytes >= limits.pageBytesMax)) {
      ends.push(i)
      rows = 0
      bytes = 0
    }
    if (begins) rows++
    if (definition && definition[i] !== leaf.definitionMax) continue
    bytes += offsets ? fixed + offsets[value + 1]! - offsets[value]! : fixed
    value++
  }
  ends.push(count)
  return ends
}

function plain(values: LeafValues, from: number, to: number, out: ByteWriter): void {
  const { leaf, lanes } = values
  switch (leaf.store) {
    case 'bytes':
      return plainBytes(lanes as Uint8Array, values.offsets!, from, to, out)
    case 'bool': {
      for (let i = from; i < to; i += 8) {
        let byte = 0
        for (let k = 0; k < 8 && i + k < to; k++) byte |= (lanes[i + k] as number) << k
        out.uint8(byte)
      }
      return
    }
    case 'int128':
      return plainWide(lanes as BigInt64Array, from, to, leaf.width, out)
    default: {
      // Lanes of a little-endian machine are PLAIN as they lie; only short decimals are narrowed.
      const slice =
        leaf.physical === 'INT32' && lanes instanceof BigInt64Array
          ? Int32Array.from(lanes.subarray(from, to), Number)
          : lanes.subarray(from, to)
      out.raw(new Uint8Array(slice.buffer, slice.byteOffset, slice.byteLength))
    }
  }
}

/** Low and high lanes as `width` big-endian bytes each. */
function plainWide(lanes: BigInt64Array, from: number, to: number, width: number, out: ByteWriter): void {
  const whole = new Uint8Array(16)
  const view = new DataView(whole.buffer)
  const tail = whole.subarray(16 - width)
  const bytes = new Uint8Array((to - from) * width)
  for (let i = from; i < to; i++) {
    view.setBigInt64(0, lanes[i * 2 + 1]!)
    view.setBigInt64(8, lanes[i * 2]!)
    bytes.set(tail, (i - from) * width)
  }
  out.raw(bytes)
}

function plainBytes(bytes: Uint8Array, offsets: Int32Array, from: number, to: number, out: ByteWriter): void {
  for (let i = from; i < to; i++) {
    const start = offsets[i]!
    const end = offsets[i + 1]!
    out.int32(swap(end - start))
    out.raw(bytes.subarray(start, end))
  }
}

interface Dictionary {
  readonly count: number
  readonly bytes: number
  /** Which value showed each entry first. */
  readonly firsts: Int32Array
  /** Entry of each value. */
  readonly indexes: Int32Array
}

/** undefined when it would not pay: too many distinct values. */
function buildDictionary(values: LeafValues, limits: TablesLimits): Dictionary | undefined {
  const { present } = values
  if (present === 0) return undefined
  const bytes = values.lanes as Uint8Array
  const offsets = values.offsets!
  let capacity = 1024
  while (capacity < Math.min(present, limits.dictionaryEntriesMax) * 2) capacity *= 2
  const slots = new Int32Array(capacity).fill(-1)
  const firsts = new Int32Array(Math.min(present, limits.dictionaryEntriesMax))
  const indexes = new Int32Array(present)
  let count = 0
  let size = 0
  for (let i = 0; i < present; i++) {
    const start = offsets[i]!
    const end = offsets[i + 1]!
    let slot = hashRange(bytes, start, end) & (capacity - 1)
    let entry = slots[slot]!
    while (entry >= 0 && !sameRange(bytes, start, end, offsets[firsts[entry]!]!, offsets[firsts[entry]! + 1]!)) {
      slot = (slot + 1) & (capacity - 1)
      entry = slots[slot]!
    }
    if (entry < 0) {
      size += end - start
      if (count === firsts.length || size > limits.dictionaryBytesMax) return undefined
      // Nearly all distinct after a first look: the dictionary would only add to the values.
      if (i >= 1024 && count > i * 0.75) return undefined
      entry = count++
      firsts[entry] = i
      slots[slot] = entry
    }
    indexes[i] = entry
  }
  return { count, bytes: size, firsts, indexes }
}

function hashRange(bytes: Uint8Array, start: number, end: number): number {
  let h = 0x811c9dc5
  for (let i = start; i < end; i++) h = Math.imul(h ^ bytes[i]!, 0x01000193)
  return (h ^ (h >>> 15)) >>> 0
}

function sameRange(bytes: Uint8Array, a: number, aEnd: number, b: number, bEnd: number): boolean {
  if (aEnd - a !== bEnd - b) return false
  for (let i = a, k = b; i < aEnd; i++, k++) if (bytes[i] !== bytes[k]) return false
  return true
}
