// Least and greatest value of a leaf, as Parquet's statistics and Iceberg's bounds want them.
// Invariants: text bounds are cut at 16 code points, the upper one then raised, else left out; no NaN; -0.0 and 0.0 widen.
// Reference: parquet.thrift "Statistics"; Iceberg spec "Appendix D: Single-value serialization", and "Manifests" on bounds.
import type { LeafValues } from './leaf-values.ts'

export interface Bound {
  /** PLAIN encoding without a length, for Parquet. */
  readonly plain: Uint8Array
  /** Iceberg's single-value form. */
  readonly single: Uint8Array
  readonly exact: boolean
}
export interface LeafStatistics {
  readonly valueCount: number
  readonly nullCount: number
  /** undefined for leaves that are not floating. */
  readonly nanCount: number | undefined
  readonly lower: Bound | undefined
  readonly upper: Bound | undefined
}

export const boundCodePoints = 16

/** Over all values of the leaf. O(values). */
export function statisticsOf(values: LeafValues): LeafStatistics {
  const { leaf, present, count } = values
  const base = { valueCount: count, nullCount: count - present, nanCount: undefined }
  const none = { ...base, lower: undefined, upper: undefined }
  switch (leaf.store) {
    case 'float32':
    case 'float64':
      return floatStatistics(values)
    case 'bytes':
      return present === 0 ? none : { ...base, ...bytesBounds(values) }
    case 'int128':
      return present === 0 ? none : { ...base, ...int128Bounds(values) }
    case 'int64':
      return present === 0 ? none : { ...base, ...int64Bounds(values) }
    case 'bool':
    case 'int32': {
      if (present === 0) return none
      const lanes = values.lanes as Int32Array
      let min = lanes[0]!
      let max = min
      for (let i = 1; i < present; i++) {
        const v = lanes[i]!
        if (v < min) min = v
        else if (v > max) max = v
      }
      const bound = (v: number): Bound =>
        exact(leaf.store === 'bool' ? Uint8Array.of(v) : littleEndian(4, (view) => view.setInt32(0, v)))
      return { ...base, lower: bound(min), upper: bound(max) }
    }
  }
}

const exact = (plain: Uint8Array, single = plain): Bound => ({ plain, single, exact: true })

function littleEndian(
  size: number,
  set: (view: {
    setInt32(at: number, v: number): void
    setFloat32(at: number, v: number): void
    setFloat64(at: number, v: number): void
    setBigInt64(at: number, v: bigint): void
  }) => void,
): Uint8Array {
  const bytes = new Uint8Array(size)
  const view = new DataView(bytes.buffer)
  set({
    setInt32: (at, v) => view.setInt32(at, v, true),
    setFloat32: (at, v) => view.setFloat32(at, v, true),
    setFloat64: (at, v) => view.setFloat64(at, v, true),
    setBigInt64: (at, v) => view.setBigInt64(at, v, true),
  })
  return bytes
}

function floatStatistics(values: LeafValues): LeafStatistics {
  const { leaf, present, count } = values
  const lanes = values.lanes as Float64Array
  let nanCount = 0
  let min = Infinity
  let max = -Infinity
  for (let i = 0; i < present; i++) {
    const v = lanes[i]!
    if (v !== v) nanCount++
    if (v < min) min = v
    if (v > max) max = v
  }
  const base = { valueCount: count, nullCount: count - present, nanCount }
  if (present === nanCount) return { ...base, lower: undefined, upper: undefined }
  const bound = (v: number): Bound =>
    exact(
      leaf.store === 'float32'
        ? littleEndian(4, (view) => view.setFloat32(0, v))
        : littleEndian(8, (view) => view.setFloat64(0, v)),
    )
  return { ...base, lower: bound(min === 0 ? -0 : min), upper: bound(max === 0 ? 0 : max) }
}

function int64Bounds(values: LeafValues): { lower: Bound; upper: Bound } {
  const lanes = values.lanes as BigInt64Array
  let min = lanes[0]!
  let max = min
  for (let i = 1; i < values.present; i++) {
    const v = lanes[i]!
    if (v < min) min = v
    else if (v > max) max = v
  }
  const { physical, type } = values.leaf
  const bound = (v: bigint): Bound => {
    const plain =
      physical === 'INT32'
        ? littleEndian(4, (view) => view.setInt32(0, Number(v)))
        : littleEndian(8, (view) => view.setBigInt64(0, v))
    return type.kind === 'DECIMAL' ? exact(plain, minimalBigEndian(v)) : exact(plain)
  }
  return { lower: bound(min), upper: bound(max) }
}

function int128Bounds(values: LeafValues): { lower: Bound; upper: Bound } {
  const lanes = values.lanes as BigInt64Array
  let min = 0
  let max = 0
  const less = (a: number, b: number): boolean => {
    const highA = lanes[a * 2 + 1]!
    const highB = lanes[b * 2 + 1]!
    return highA !== highB ? highA < highB : BigInt.asUintN(64, lanes[a * 2]!) < BigInt.asUintN(64, lanes[b * 2]!)
  }
  for (let i = 1; i < values.present; i++) {
    if (less(i, min)) min = i
    else if (less(max, i)) max = i
  }
  const bound = (i: number): Bound => {
    const v = (lanes[i * 2 + 1]! << 64n) | BigInt.asUintN(64, lanes[i * 2]!)
    return exact(bigEndian(v, values.leaf.width), minimalBigEndian(v))
  }
  return { lower: bound(min), upper: bound(max) }
}

/** Two's complement, most significant first, in exactly `size` bytes. */
export function bigEndian(value: bigint, size: number): Uint8Array {
  const bytes = new Uint8Array(size)
  let rest = value
  for (let i = size - 1; i >= 0; i--) {
    bytes[i] = Number(rest & 255n)
    rest >>= 8n
  }
  return bytes
}

/** As Java's BigInteger.toByteArray: the least bytes that keep the sign. */
export function minimalBigEndian(value: bigint): Uint8Array {
  let size = 1
  while (BigInt.asIntN(size * 8, value) !== value) size++
  return bigEndian(value, size)
}

function bytesBounds(values: LeafValues): { lower: Bound; upper: Bound | undefined } {
  const bytes = values.lanes as Uint8Array
  const offsets = values.offsets!
  const at = (i: number): Uint8Array => bytes.subarray(offsets[i]!, offsets[i + 1]!)
  let min = 0
  let max = 0
  for (let i = 1; i < values.present; i++) {
    if (compareRanges(bytes, offsets, i, min) < 0) min = i
    else if (compareRanges(bytes, offsets, i, max) > 0) max = i
  }
  const { kind } = values.leaf.type
  const text = kind === 'CHAR' || kind === 'VARCHAR'
  return { lower: cutBound(at(min), text, 'lower')!, upper: cutBound(at(max), text, 'upper') }
}

/** compareBytes of two values of a column, without views of them. */
function compareRanges(bytes: Uint8Array, offsets: Int32Array, a: number, b: number): number {
  let i = offsets[a]!
  let k = offsets[b]!
  const iEnd = offsets[a + 1]!
  const kEnd = offsets[b + 1]!
  while (i < iEnd && k < kEnd) {
    const d = bytes[i++]! - bytes[k++]!
    if (d !== 0) return d
  }
  return iEnd - i - (kEnd - k)
}

/** Cuts to 16 code points (bytes for binary); an upper bound is raised, or undefined when nothing can be raised. */
export function cutBound(value: Uint8Array, text: boolean, side: 'lower' | 'upper'): Bound | undefined {
  const size = text ? codePointsEnd(value, boundCodePoints) : Math.min(value.length, boundCodePoints)
  if (size === value.length) return exact(value.slice())
  const cut = value.slice(0, size)
  const bytes = side === 'lower' ? cut : text ? raiseText(cut) : raiseBytes(cut)
  return bytes && { plain: bytes, single: bytes, exact: false }
}

/** Where the first `max` code points of UTF-8 end. */
function codePointsEnd(bytes: Uint8Array, max: number): number {
  let seen = 0
  for (let i = 0; i < bytes.length; i++) {
    if ((bytes[i]! & 0xc0) !== 0x80 && ++seen > max) return i
  }
  return bytes.length
}

/** The least text of the same length or less that is above all texts with this beginning. */
function raiseText(bytes: Uint8Array): Uint8Array | undefined {
  const points = [...new TextDecoder().decode(bytes)].map((c) => c.codePointAt(0)!)
  for (let i = points.length - 1; i >= 0; i--) {
    const next = points[i] === 0xd7ff ? 0xe000 : points[i]! + 1
    if (next <= 0x10ffff) return new TextEncoder().encode(String.fromCodePoint(...points.slice(0, i), next))
  }
  return undefined
}

function raiseBytes(bytes: Uint8Array): Uint8Array | undefined {
  for (let i = bytes.length - 1; i >= 0; i--) {
    if (bytes[i]! === 255) continue
    const raised = bytes.slice(0, i + 1)
    raised[i]!++
    return raised
  }
  return undefined
}
