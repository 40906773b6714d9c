// Keys of state as bytes: Flink's BinaryRowData, so that a key's hash and key group are Flink's own and state can be split
// the way Flink splits it. A key is one or more such rows one after another (join key, then the row's identity) and may end
// in a 64-bit suffix (sequence, window end). The key group depends on the first row alone.
// Invariant: equal values give equal bytes; every row is a multiple of 8 bytes; unused bytes are zero. Little-endian machines.
// Reference: Flink BinaryRowData, AbstractBinaryWriter, MurmurHashUtils.hashBytesByWords (seed 42). Nested values have no
// counterpart here: they lie in the variable part in the row codec's form.
import { assert, ByteReader, ByteWriter, keyGroupOf } from '../../base/index.ts'
import { isNull, type Batch, type Column, type ColumnBuilder, type LogicalType } from '../../model/index.ts'
import { appendDecoded, encodeValue } from './row-codec.ts'

/** Keys of a batch's rows. Valid until the encoder's next call. */
export interface KeyRows {
  words: Int32Array
  /** Int32[rows + 1]: where each key begins in `words`. */
  starts: Int32Array
  /** Of all words of the key: for hash tables. */
  hashes: Int32Array
  /** Key group 0..127 of the first row. */
  groups: Uint8Array
  /** 1 where a column of the first row is NULL. */
  nulls: Uint8Array
}

const headerWords = (arity: number): number => Math.ceil((arity + 8) / 64) * 2

export interface KeyEncoder {
  encode(batch: Batch, suffix?: Float64Array): KeyRows
}

/**
 * @param types of the batch's columns
 * @param parts columns of each row of the key, in order
 * @param hasSuffix a safe integer per row is appended as 64 bits
 */
export function createKeyEncoder(
  types: readonly LogicalType[],
  parts: readonly (readonly number[])[],
  hasSuffix = false,
): KeyEncoder {
  const plans = parts.map((columns) => ({ columns, header: headerWords(columns.length) }))
  const variable = parts.map((columns) => columns.filter((c) => isVariable(types[c]!)))
  const scratch = new ByteWriter(1024)
  let keys: KeyRows = emptyKeys(256)
  let cursor = new Int32Array(256)
  let partStart = new Int32Array(256)
  return {
    encode(batch, suffix) {
      const rows = batch.rowCount
      assert(!hasSuffix || suffix !== undefined, 'a key with a suffix is given one')
      if (keys.hashes.length < rows) {
        keys = emptyKeys(Math.max(rows, keys.hashes.length * 2))
        cursor = new Int32Array(keys.hashes.length)
        partStart = new Int32Array(keys.hashes.length)
      }
      const fixedWords = plans.reduce((sum, p) => sum + p.header + p.columns.length * 2, hasSuffix ? 2 : 0)
      const nested = measure(batch, variable, scratch, keys.starts, fixedWords)
      const total = keys.starts[rows]!
      if (keys.words.length < total) keys.words = new Int32Array(Math.max(total, keys.words.length * 2))
      else keys.words.fill(0, 0, total)
      keys.nulls.fill(0, 0, rows)
      cursor.set(keys.starts.subarray(0, rows))
      plans.forEach((plan, p) => {
        const fieldWords = plan.header + plan.columns.length * 2
        for (let r = 0; r < rows; r++) {
          partStart[r] = cursor[r]!
          cursor[r]! += fieldWords
        }
        plan.columns.forEach((c, i) => {
          writeField(keys, batch.columns[c]!, rows, {
            at: plan.header + i * 2,
            bit: i + 8,
            partStart,
            cursor,
            nested,
            marksNull: p === 0,
          })
        })
        if (p === 0) hashFirst(keys, cursor, rows)
      })
      if (hasSuffix) writeSuffix(keys, cursor, suffix!, rows)
      if (plans.length > 1 || hasSuffix) hashAll(keys, rows)
      return keys
    },
  }
}

function emptyKeys(rows: number): KeyRows {
  return {
    words: new Int32Array(rows * 4),
    starts: new Int32Array(rows + 1),
    hashes: new Int32Array(rows),
    groups: new Uint8Array(rows),
    nulls: new Uint8Array(rows),
  }
}

/** True for columns that take room behind the fields. */
function isVariable(type: LogicalType): boolean {
  switch (type.kind) {
    case 'CHAR':
    case 'VARCHAR':
    case 'BINARY':
    case 'VARBINARY':
    case 'ARRAY':
    case 'MAP':
    case 'ROW':
      return true
    case 'DECIMAL':
      return type.precision > 18
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ':
      return type.precision > 3
    default:
      return false
  }
}

type NestedBytes = Map<Column, Uint8Array[]>

/** Fills starts; gives the bytes of nested columns, which have to be encoded to be measured. */
function measure(
  batch: Batch,
  variable: readonly (readonly number[])[],
  scratch: ByteWriter,
  starts: Int32Array,
  fixedWords: number,
): NestedBytes {
  const rows = batch.rowCount
  const nested: NestedBytes = new Map()
  starts[0] = 0
  for (let r = 0; r < rows; r++) starts[r + 1] = fixedWords
  for (const columns of variable) {
    for (const c of columns) {
      const column = batch.columns[c]!
      const { layout, offsets } = column
      if (layout === 'int128') for (let r = 0; r < rows; r++) starts[r + 1]! += 4
      else if (layout === 'int64') for (let r = 0; r < rows; r++) starts[r + 1]! += 2
      else if (layout === 'bytes') {
        for (let r = 0; r < rows; r++) {
          const size = offsets![r + 1]! - offsets![r]!
          if (size > 7 && !isNull(column, r)) starts[r + 1]! += ((size + 7) >> 3) << 1
        }
      } else {
        const values: Uint8Array[] = []
        for (let r = 0; r < rows; r++) {
          scratch.reset()
          if (!isNull(column, r)) encodeValue(scratch, column, r)
          values.push(scratch.copy())
          starts[r + 1]! += ((scratch.length + 7) >> 3) << 1
        }
        nested.set(column, values)
      }
    }
  }
  for (let r = 0; r < rows; r++) starts[r + 1]! += starts[r]!
  return nested
}

interface FieldPlace {
  /** Words from the start of the row to the field. */
  readonly at: number
  readonly bit: number
  readonly partStart: Int32Array
  /** Next free word of the variable part, per row. */
  readonly cursor: Int32Array
  readonly nested: NestedBytes
  readonly marksNull: boolean
}

function writeField(keys: KeyRows, column: Column, rows: number, place: FieldPlace): void {
  const { words } = keys
  const { at, bit, partStart, cursor } = place
  const { layout } = column
  const wide = layout === 'int64' || layout === 'int128' || layout === 'float64'
  const lanes = column.values
  const halves = wide ? new Int32Array(lanes!.buffer, lanes!.byteOffset, lanes!.byteLength >> 2) : null
  const singles = layout === 'float32' ? new Int32Array(lanes!.buffer, lanes!.byteOffset, lanes!.byteLength >> 2) : null
  const fineTicks = layout === 'int64' && isVariable(column.type)
  for (let r = 0; r < rows; r++) {
    const start = partStart[r]!
    const field = start + at
    if (layout === 'none' || isNull(column, r)) {
      words[start + (bit >> 5)]! |= 1 << (bit & 31)
      if (place.marksNull) keys.nulls[r] = 1
      if (layout === 'int128') {
        words[field + 1] = (cursor[r]! - start) * 4
        cursor[r]! += 4
      } else if (fineTicks) {
        words[field + 1] = (cursor[r]! - start) * 4
        cursor[r]! += 2
      }
      continue
    }
    if (fineTicks) writeTicks(words, field, start, cursor, r, (lanes as BigInt64Array)[r]!, column.type)
    else if (layout === 'int128') writeDecimal(words, field, start, cursor, r, halves!)
    else if (halves) {
      words[field] = halves[r * 2]!
      words[field + 1] = halves[r * 2 + 1]!
    } else if (singles) words[field] = singles[r]!
    else if (layout === 'int32') words[field] = (lanes as Int32Array)[r]!
    else if (layout === 'int16') words[field] = (lanes as Int16Array)[r]! & 0xffff
    else if (layout === 'int8') words[field] = (lanes as Int8Array)[r]! & 0xff
    else if (layout === 'bool') words[field] = ((lanes as Uint8Array)[r >> 3]! >> (r & 7)) & 1
    else if (layout === 'bytes')
      writeBytes(words, field, start, cursor, r, lanes as Uint8Array, column.offsets![r]!, column.offsets![r + 1]!)
    else {
      const bytes = place.nested.get(column)![r]!
      writeVariable(words, field, start, cursor, r, bytes, 0, bytes.length)
    }
  }
}

function writeBytes(
  words: Int32Array,
  field: number,
  start: number,
  cursor: Int32Array,
  r: number,
  bytes: Uint8Array,
  from: number,
  to: number,
): void {
  const size = to - from
  if (size > 7) return writeVariable(words, field, start, cursor, r, bytes, from, to)
  let low = 0
  let high = (size | 0x80) << 24
  for (let i = 0; i < size; i++) {
    if (i < 4) low |= bytes[from + i]! << (i * 8)
    else high |= bytes[from + i]! << ((i - 4) * 8)
  }
  words[field] = low
  words[field + 1] = high
}

function writeVariable(
  words: Int32Array,
  field: number,
  start: number,
  cursor: Int32Array,
  r: number,
  bytes: Uint8Array,
  from: number,
  to: number,
): void {
  const at = cursor[r]!
  words[field] = to - from
  words[field + 1] = (at - start) * 4
  const whole = from + ((to - from) & ~3)
  let w = at
  let i = from
  for (; i < whole; i += 4)
    words[w++] = bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24)
  for (let shift = 0; i < to; i++, shift += 8) words[w]! |= bytes[i]! << shift
  cursor[r] = at + (((to - from + 7) >> 3) << 1)
}

function writeDecimal(
  words: Int32Array,
  field: number,
  start: number,
  cursor: Int32Array,
  r: number,
  halves: Int32Array,
): void {
  // BigInteger.toByteArray: big-endian, as short as the sign allows.
  const big = new Uint8Array(16)
  for (let i = 0; i < 16; i++) big[15 - i] = (halves[r * 4 + (i >> 2)]! >>> ((i & 3) * 8)) & 0xff
  let skip = 0
  while (skip < 15 && ((big[skip] === 0 && big[skip + 1]! < 128) || (big[skip] === 255 && big[skip + 1]! > 127))) skip++
  writeVariable(words, field, start, cursor, r, big, skip, 16)
  cursor[r] = words[field + 1]! / 4 + start + 4
}

function writeTicks(
  words: Int32Array,
  field: number,
  start: number,
  cursor: Int32Array,
  r: number,
  ticks: bigint,
  type: LogicalType,
): void {
  const perMs = (type as { precision: number }).precision <= 6 ? 1000n : 1000000n
  let ms = ticks / perMs
  if (ticks < ms * perMs) ms--
  const at = cursor[r]!
  words[field] = Number((ticks - ms * perMs) * (1000000n / perMs))
  words[field + 1] = (at - start) * 4
  words[at] = Number(BigInt.asIntN(32, ms))
  words[at + 1] = Number(BigInt.asIntN(32, ms >> 32n))
  cursor[r] = at + 2
}

function writeSuffix(keys: KeyRows, cursor: Int32Array, suffix: Float64Array, rows: number): void {
  for (let r = 0; r < rows; r++) {
    const value = suffix[r]!
    const high = Math.floor(value / 4294967296)
    keys.words[cursor[r]!] = (value - high * 4294967296) | 0
    keys.words[cursor[r]! + 1] = high
  }
}

/** The 64-bit suffix of a key, as a number. */
export function suffixOf(words: Int32Array, end: number): number {
  return words[end - 1]! * 4294967296 + (words[end - 2]! >>> 0)
}

// MurmurHash3, 32 bit, over whole words.
export function hashWords(words: Int32Array, from: number, to: number): number {
  let h = 42
  for (let i = from; i < to; i++) {
    let k = Math.imul(words[i]!, 0xcc9e2d51)
    k = (k << 15) | (k >>> 17)
    h ^= Math.imul(k, 0x1b873593)
    h = (h << 13) | (h >>> 19)
    h = (Math.imul(h, 5) + 0xe6546b64) | 0
  }
  h ^= (to - from) * 4
  h ^= h >>> 16
  h = Math.imul(h, 0x85ebca6b)
  h ^= h >>> 13
  h = Math.imul(h, 0xc2b2ae35)
  return h ^ (h >>> 16)
}

function hashFirst(keys: KeyRows, cursor: Int32Array, rows: number): void {
  for (let r = 0; r < rows; r++) {
    const hash = hashWords(keys.words, keys.starts[r]!, cursor[r]!)
    keys.hashes[r] = hash
    keys.groups[r] = keyGroupOf(hash)
  }
}

function hashAll(keys: KeyRows, rows: number): void {
  for (let r = 0; r < rows; r++) keys.hashes[r] = hashWords(keys.words, keys.starts[r]!, keys.starts[r + 1]!)
}

/** True when a column of a key's first row is NULL. */
export function isNullIn(words: Int32Array, start: number, columns: number): boolean {
  for (let bit = 8; bit < columns + 8; bit++) if ((words[start + (bit >> 5)]! >> (bit & 31)) & 1) return true
  return false
}

/** Appends the columns of the first row of a key to builders, one per column, in key order. */
export function appendKey(builders: readonly ColumnBuilder[], words: Int32Array, start: number): void {
  const header = headerWords(builders.length)
  const bytes = new Uint8Array(words.buffer, words.byteOffset, words.byteLength)
  const wide = new BigInt64Array(1)
  const halves = new Int32Array(wide.buffer)
  for (let i = 0; i < builders.length; i++) {
    const builder = builders[i]!
    const bit = i + 8
    const field = start + header + i * 2
    if ((words[start + (bit >> 5)]! >> (bit & 31)) & 1) {
      builder.appendNull()
      continue
    }
    const low = words[field]!
    const high = words[field + 1]!
    switch (builder.layout) {
      case 'bool':
        builder.appendBoolean(low !== 0)
        break
      case 'int8':
        builder.appendNumber((low << 24) >> 24)
        break
      case 'int16':
        builder.appendNumber((low << 16) >> 16)
        break
      case 'int32':
        builder.appendNumber(low)
        break
      case 'float32':
        halves[0] = low
        builder.appendNumber(new Float32Array(wide.buffer)[0]!)
        break
      case 'float64':
        halves[0] = low
        halves[1] = high
        builder.appendNumber(new Float64Array(wide.buffer)[0]!)
        break
      case 'int64':
        if (isVariable(builder.type)) {
          halves[0] = words[start + high / 4]!
          halves[1] = words[start + high / 4 + 1]!
          const fine = (builder.type as { precision: number }).precision <= 6
          builder.appendBigInt(fine ? wide[0]! * 1000n + BigInt(low / 1000) : wide[0]! * 1000000n + BigInt(low))
        } else {
          halves[0] = low
          halves[1] = high
          builder.appendBigInt(wide[0]!)
        }
        break
      case 'int128':
        builder.appendBigInt(bigEndian(bytes, start * 4 + high, low))
        break
      case 'bytes':
        if (high < 0) builder.appendBytes(bytes, field * 4, field * 4 + ((high >>> 24) & 0x7f))
        else builder.appendBytes(bytes, start * 4 + high, start * 4 + high + low)
        break
      default:
        appendDecoded(builder, new ByteReader(bytes, start * 4 + high, start * 4 + high + low))
    }
  }
}

function bigEndian(bytes: Uint8Array, from: number, size: number): bigint {
  let value = BigInt((bytes[from]! << 24) >> 24)
  for (let i = 1; i < size; i++) value = (value << 8n) | BigInt(bytes[from + i]!)
  return value
}
