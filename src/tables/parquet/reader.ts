// Reads back the Parquet files that this room wrote: whole files, for copy-on-write, compaction and the key index. Columns are
// found by field id; a column that the file does not have is NULL. Other writers' files are read by DuckDB, not here.
// Invariant: every length is compared with the bytes there are before it is used; each page's CRC is checked.
import { crc32, zstdDecompressSync } from 'node:zlib'
import { assert, ByteReader, BytesError } from '../../base/index.ts'
import { batchRowsMax, ColumnBuilder, type Batch, type LogicalType, type Schema } from '../../model/index.ts'
import type { StructField } from '../iceberg/types.ts'
import { bitWidthOf, decodeHybrid } from './hybrid.ts'
import { LeafValues } from './leaf-values.ts'
import { codec, encoding, pageType } from './pages.ts'
import { physical, shapeOfSchema, type Leaf } from './shape.ts'
import { readThriftStruct, thriftNumber, thriftStruct, thriftStructs, type ThriftStruct } from './thrift.ts'

/** A file's bytes by place. `read` gives exactly `size` bytes, or throws. */
export interface RandomAccess {
  readonly size: number
  read(position: number, size: number): Uint8Array
}

export function bytesAccess(bytes: Uint8Array): RandomAccess {
  return {
    size: bytes.length,
    read(position, size) {
      if (position < 0 || size < 0 || position + size > bytes.length)
        throw new BytesError(`${size} bytes at ${position}`, bytes.length)
      return bytes.subarray(position, position + size)
    },
  }
}

interface FileLeaf {
  readonly fieldId: number
  readonly physical: number
  readonly definitionMax: number
  readonly repetitionMax: number
}
export interface ParquetFooter {
  readonly rowCount: number
  readonly leaves: readonly FileLeaf[]
  readonly rowGroups: readonly ThriftStruct[]
}

const pageBytesMax = 256 << 20

/** Reads a footer. @throws BytesError when it is not a Parquet file, or damaged */
export function readFooter(file: RandomAccess): ParquetFooter {
  if (file.size < 12) throw new BytesError('too short for Parquet', 0)
  const tail = file.read(file.size - 8, 8)
  if (String.fromCharCode(...tail.subarray(4)) !== 'PAR1')
    throw new BytesError('no Parquet magic at the end', file.size - 4)
  const length = new DataView(tail.buffer, tail.byteOffset).getUint32(0, true)
  if (length > file.size - 12) throw new BytesError(`a footer of ${length} bytes`, file.size - 8)
  const footer = readThriftStruct(new ByteReader(file.read(file.size - 8 - length, length)))
  const elements = thriftStructs(footer, 2)
  const leaves: FileLeaf[] = []
  let at = 1
  const visit = (definition: number, repetition: number): void => {
    const element = elements[at++]
    if (!element) throw new BytesError('the schema ends early', at)
    const kind = thriftNumber(element, 3)
    const d = definition + (kind === 0 ? 0 : 1)
    const r = repetition + (kind === 2 ? 1 : 0)
    const children = thriftNumber(element, 5, 0)
    if (children === 0)
      leaves.push({
        fieldId: thriftNumber(element, 9, -1),
        physical: thriftNumber(element, 1),
        definitionMax: d,
        repetitionMax: r,
      })
    for (let i = 0; i < children; i++) visit(d, r)
  }
  const root = elements[0]
  if (!root) throw new BytesError('no schema', 0)
  for (let i = thriftNumber(root, 5, 0); i > 0; i--) visit(0, 0)
  return { rowCount: thriftNumber(footer, 3), leaves, rowGroups: thriftStructs(footer, 4) }
}

/**
 * Reads all rows of some columns as batches of at most 2,048 rows, in file order.
 * @param schema the columns wanted; `fields` give their ids, by name
 * @param visit gets each batch and the file row that it begins at
 * @throws BytesError when the file is damaged
 */
export function readParquet(
  file: RandomAccess,
  schema: Schema,
  fields: readonly StructField[],
  visit: (batch: Batch, firstRow: number) => void,
): void {
  const footer = readFooter(file)
  const shape = shapeOfSchema(schema, fields)
  let firstRow = 0
  for (const group of footer.rowGroups) {
    const rowCount = thriftNumber(group, 3)
    const chunks = thriftStructs(group, 1)
    const columns = schema.fields.map((field, column) => {
      const leaves = shape.leaves.filter((leaf) => leaf.column === column)
      const cursors = leaves.map((leaf) => cursorOf(file, footer, chunks, leaf))
      return columnReader(field.type, cursors)
    })
    for (let from = 0; from < rowCount; from += batchRowsMax) {
      const size = Math.min(batchRowsMax, rowCount - from)
      visit({ schema, rowCount: size, kinds: null, columns: columns.map((read) => read(size)) }, firstRow + from)
    }
    firstRow += rowCount
  }
  if (firstRow !== footer.rowCount)
    throw new BytesError(`${firstRow} rows, the footer says ${footer.rowCount}`, file.size)
}

function cursorOf(
  file: RandomAccess,
  footer: ParquetFooter,
  chunks: readonly ThriftStruct[],
  leaf: Leaf,
): Cursor | undefined {
  const index = footer.leaves.findIndex((l) => l.fieldId === leaf.fieldId)
  if (index < 0) return undefined
  const found = footer.leaves[index]!
  const same =
    found.physical === physical[leaf.physical] &&
    found.definitionMax === leaf.definitionMax &&
    found.repetitionMax === leaf.repetitionMax
  if (!same || !chunks[index]) throw new BytesError(`field ${leaf.fieldId} is not stored as the table's schema says`, 0)
  return new Cursor(decodeChunk(file, thriftStruct(chunks[index], 3), leaf))
}

function decodeChunk(file: RandomAccess, meta: ThriftStruct, leaf: Leaf): LeafValues {
  const dataAt = thriftNumber(meta, 9)
  const start = thriftNumber(meta, 11, dataAt)
  const bytes = file.read(start, thriftNumber(meta, 7))
  const codecId = thriftNumber(meta, 4)
  const total = thriftNumber(meta, 5)
  if (total < 0) throw new BytesError(`${total} values in a chunk of field ${leaf.fieldId}`, start)
  const values = new LeafValues(leaf, Math.min(total, 1 << 20) + 1)
  const reader = new ByteReader(bytes)
  let dictionary: LeafValues | undefined
  while (values.count < total) {
    const header = readThriftStruct(reader)
    const size = thriftNumber(header, 2)
    const stored = reader.take(thriftNumber(header, 3))
    if (size > pageBytesMax) throw new BytesError(`a page of ${size} bytes`, reader.position)
    if ((crc32(stored) | 0) !== thriftNumber(header, 4))
      throw new BytesError(`a page of field ${leaf.fieldId} fails its CRC`, start + reader.position)
    const body = new ByteReader(inflate(codecId, stored, size))
    if (thriftNumber(header, 1) === pageType.dictionary) {
      dictionary = new LeafValues(leaf)
      readPlain(body, dictionary, thriftNumber(thriftStruct(header, 7), 1))
    } else readDataPage(body, thriftStruct(header, 5), values, dictionary)
  }
  if (values.count !== total)
    throw new BytesError(`field ${leaf.fieldId} has ${values.count} values, ${total} were announced`, start)
  return values
}

function inflate(codecId: number, stored: Uint8Array, size: number): Uint8Array {
  if (codecId === codec.none) return stored
  if (codecId !== codec.zstd) throw new BytesError(`codec ${codecId} is not written here`, 0)
  const out = unzip(stored, size)
  if (out.length !== size) throw new BytesError(`a page of ${out.length} bytes, ${size} were announced`, 0)
  return new Uint8Array(out.buffer, out.byteOffset, out.byteLength)
}

function unzip(stored: Uint8Array, size: number): Uint8Array {
  try {
    return zstdDecompressSync(stored, { maxOutputLength: Math.max(size, 1) })
  } catch (error) {
    throw new BytesError(`a compressed page is damaged (${(error as Error).message})`, 0)
  }
}

function readDataPage(
  body: ByteReader,
  header: ThriftStruct,
  values: LeafValues,
  dictionary: LeafValues | undefined,
): void {
  const { leaf } = values
  const count = thriftNumber(header, 1)
  if (count > 8 * pageBytesMax) throw new BytesError(`${count} values in a page`, body.position)
  values.reserve(count)
  const at = values.count
  let present = count
  if (values.repetition)
    decodeHybrid(
      lengthPrefixed(body),
      count,
      bitWidthOf(leaf.repetitionMax),
      values.repetition.subarray(at, at + count),
    )
  if (values.definition) {
    const definition = values.definition.subarray(at, at + count)
    decodeHybrid(lengthPrefixed(body), count, bitWidthOf(leaf.definitionMax), definition)
    present = 0
    for (let i = 0; i < count; i++) if (definition[i] === leaf.definitionMax) present++
  }
  values.count += count
  if (thriftNumber(header, 2) === encoding.plain) return readPlain(body, values, present)
  if (!dictionary?.offsets) throw new BytesError('a page refers to a dictionary that is not there', body.position)
  const width = body.uint8()
  const indexes = new Int32Array(present)
  decodeHybrid(body, present, width, indexes)
  const bytes = dictionary.lanes as Uint8Array
  const offsets = dictionary.offsets
  for (let i = 0; i < present; i++) {
    const entry = indexes[i]!
    if (entry >= dictionary.present) throw new BytesError(`dictionary entry ${entry}`, body.position)
    appendOne(values, bytes, offsets[entry]!, offsets[entry + 1]!)
  }
}

function lengthPrefixed(body: ByteReader): ByteReader {
  return new ByteReader(body.take(littleEndian(body)))
}

function littleEndian(body: ByteReader): number {
  const b = body.take(4)
  return (b[0]! | (b[1]! << 8) | (b[2]! << 16) | (b[3]! << 24)) >>> 0
}

function appendOne(values: LeafValues, bytes: Uint8Array, from: number, to: number): void {
  values.reserveBytes(to - from)
  ;(values.lanes as Uint8Array).set(bytes.subarray(from, to), values.bytesLength)
  values.bytesLength += to - from
  values.offsets![++values.present] = values.bytesLength
}

function readPlain(body: ByteReader, values: LeafValues, present: number): void {
  const { leaf } = values
  // The count is compared with the bytes before room is made for it.
  const least = leaf.store === 'bool' ? present / 8 : leaf.store === 'int128' ? present * leaf.width : present * 4
  if (least > body.remaining) throw new BytesError(`${present} values in ${body.remaining} bytes`, body.position)
  values.reserve(present)
  const at = values.present
  const { lanes } = values
  switch (leaf.store) {
    case 'bytes':
      for (let i = 0; i < present; i++) {
        const size = littleEndian(body)
        const from = body.position
        body.skip(size)
        appendOne(values, body.bytes, from, from + size)
      }
      return
    case 'bool': {
      const bits = body.take((present + 7) >> 3)
      for (let i = 0; i < present; i++) lanes[at + i] = (bits[i >> 3]! >> (i & 7)) & 1
      break
    }
    case 'int128':
      readWide(body.take(present * leaf.width), leaf.width, lanes as BigInt64Array, at)
      break
    default: {
      const short = leaf.physical === 'INT32' && lanes instanceof BigInt64Array
      const size = short ? 4 : lanes.BYTES_PER_ELEMENT
      const raw = body.take(present * size).slice()
      if (short) lanes.set(BigInt64Array.from(new Int32Array(raw.buffer), BigInt), at)
      else (lanes as Float64Array).set(new (lanes.constructor as Float64ArrayConstructor)(raw.buffer), at)
    }
  }
  values.present += present
}

/** Big-endian values of `width` bytes into low and high lanes. */
function readWide(bytes: Uint8Array, width: number, lanes: BigInt64Array, at: number): void {
  const whole = new Uint8Array(16)
  const view = new DataView(whole.buffer)
  for (let from = 0, lane = at * 2; from < bytes.length; from += width, lane += 2) {
    whole.fill(bytes[from]! > 127 ? 255 : 0, 0, 16 - width)
    for (let k = 0; k < width; k++) whole[16 - width + k] = bytes[from + k]!
    lanes[lane] = view.getBigInt64(8)
    lanes[lane + 1] = view.getBigInt64(0)
  }
}

/** Where assembling stands in one leaf's values. */
class Cursor {
  readonly values: LeafValues
  entry = 0
  value = 0
  constructor(values: LeafValues) {
    this.values = values
  }
  get definition(): number {
    return this.values.definition ? this.values.definition[this.entry]! : 0
  }
  /** Repetition level of the next entry; 0 past the end. */
  get repetition(): number {
    return this.values.repetition && this.entry < this.values.count ? this.values.repetition[this.entry]! : 0
  }
}

type ReadColumn = (rows: number) => Batch['columns'][number]

function columnReader(type: LogicalType, cursors: readonly (Cursor | undefined)[]): ReadColumn {
  const builder = new ColumnBuilder(type)
  return (rows) => {
    if (cursors.some((c) => !c)) {
      assert(type.nullable, 'a column that old files lack is nullable')
      for (let i = 0; i < rows; i++) builder.appendNull()
    } else
      for (let i = 0; i < rows; i++)
        assemble(type, builder, cursors as readonly Cursor[], { definition: 0, repeats: 0 })
    return builder.finish()
  }
}

/** One value of `type` from the leaves below it, which all stand at its first entry. */
function assemble(
  type: LogicalType,
  builder: ColumnBuilder,
  cursors: readonly Cursor[],
  above: { definition: number; repeats: number },
): void {
  const first = cursors[0]!
  const here = above.definition + (type.nullable ? 1 : 0)
  if (type.nullable && first.definition < here) {
    builder.appendNull()
    for (const cursor of cursors) cursor.entry++
    return
  }
  if (type.kind === 'ROW') {
    let at = 0
    type.fields.forEach((field, i) => {
      const count = leafCount(field.type)
      assemble(field.type, builder.children[i]!, cursors.slice(at, at + count), {
        definition: here,
        repeats: above.repeats,
      })
      at += count
    })
    return builder.appendStructEnd()
  }
  if (type.kind === 'ARRAY' || type.kind === 'MAP')
    return assembleList(type, builder, cursors, { definition: here, repeats: above.repeats })
  appendLeaf(first, builder)
  first.entry++
}

function assembleList(
  type: LogicalType & { kind: 'ARRAY' | 'MAP' },
  builder: ColumnBuilder,
  cursors: readonly Cursor[],
  here: { definition: number; repeats: number },
): void {
  const first = cursors[0]!
  if (first.definition === here.definition) {
    for (const cursor of cursors) cursor.entry++
    return builder.appendListEnd()
  }
  const inner = { definition: here.definition + 1, repeats: here.repeats + 1 }
  const entries = builder.children[0]!
  do {
    if (type.kind === 'ARRAY') assemble(type.element, entries, cursors, inner)
    else {
      const keys = leafCount(type.key)
      assemble(type.key, entries.children[0]!, cursors.slice(0, keys), inner)
      assemble(type.value, entries.children[1]!, cursors.slice(keys), inner)
      entries.appendStructEnd()
    }
  } while (first.repetition === inner.repeats)
  builder.appendListEnd()
}

function leafCount(type: LogicalType): number {
  if (type.kind === 'ROW') return type.fields.reduce((sum, f) => sum + leafCount(f.type), 0)
  if (type.kind === 'ARRAY') return leafCount(type.element)
  if (type.kind === 'MAP') return leafCount(type.key) + leafCount(type.value)
  return 1
}

function appendLeaf(cursor: Cursor, builder: ColumnBuilder): void {
  const { values } = cursor
  const { leaf, lanes } = values
  const i = cursor.value++
  if (i >= values.present) throw new BytesError(`field ${leaf.fieldId} has too few values`, 0)
  switch (leaf.store) {
    case 'bytes':
      return builder.appendBytes(lanes as Uint8Array, values.offsets![i]!, values.offsets![i + 1]!)
    case 'bool':
      return builder.appendBoolean(lanes[i] === 1)
    case 'int128':
      return builder.appendBigInt(
        ((lanes as BigInt64Array)[i * 2 + 1]! << 64n) | BigInt.asUintN(64, (lanes as BigInt64Array)[i * 2]!),
      )
    case 'int64': {
      const value = (lanes as BigInt64Array)[i]! / BigInt(leaf.factor)
      return builder.layout === 'int32' ? builder.appendNumber(Number(value)) : builder.appendBigInt(value)
    }
    default:
      return builder.appendNumber(lanes[i] as number)
  }
}
