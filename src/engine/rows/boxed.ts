// Single values as JavaScript has them, for the few states that need an order among values (MIN and MAX of text, retracting
// MIN and MAX, FIRST_VALUE): their bytes and their order. Text orders by code points, as UTF-8 bytes do.
import { ByteReader, ByteWriter, compareBytes } from '../../base/index.ts'
import type { Layout, Value } from '../../model/index.ts'

/** Appends a value that is not NULL. Nested values are not boxed in state. */
export function writeBoxed(writer: ByteWriter, layout: Layout, value: Value): void {
  switch (layout) {
    case 'bool':
      return writer.uint8(value ? 1 : 0)
    case 'int64':
      return writer.int64(value as bigint)
    case 'int128':
      writer.int64(BigInt.asIntN(64, value as bigint))
      return writer.int64((value as bigint) >> 64n)
    case 'bytes': {
      const bytes = typeof value === 'string' ? new TextEncoder().encode(value) : (value as Uint8Array)
      writer.uint8(typeof value === 'string' ? 1 : 0)
      writer.uvarint(bytes.length)
      return writer.raw(bytes)
    }
    default:
      return writer.float64(value as number)
  }
}

export function readBoxed(reader: ByteReader, layout: Layout): Value {
  switch (layout) {
    case 'bool':
      return reader.uint8() === 1
    case 'int64':
      return reader.int64()
    case 'int128': {
      const low = reader.int64()
      return (reader.int64() << 64n) | BigInt.asUintN(64, low)
    }
    case 'bytes':
      return reader.uint8() === 1 ? reader.text(reader.uvarint()) : reader.take(reader.uvarint()).slice()
    default:
      return reader.float64()
  }
}

/** Orders two values of one type that are not NULL. */
export function compareBoxed(a: Value, b: Value): number {
  if (typeof a === 'string') return compareText(a, b as string)
  if (a instanceof Uint8Array) return compareBytes(a, b as Uint8Array)
  return (a as number) < (b as number) ? -1 : (a as number) > (b as number) ? 1 : 0
}

function compareText(a: string, b: string): number {
  const n = Math.min(a.length, b.length)
  for (let i = 0; i < n; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x !== y) return rank(x) - rank(y)
  }
  return a.length - b.length
}

/** Surrogates stand for code points above all of the basic plane. */
const rank = (unit: number): number => (unit >= 0xe000 ? unit - 0x800 : unit >= 0xd800 ? unit + 0x2000 : unit)
