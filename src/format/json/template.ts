// What a writer of JSON puts around its values: learned from one of its records, compared with the next ones.
import type { Schema } from '../../model/index.ts'
import { JsonScanner } from './scanner.ts'

export const gapBytesMax = 512
const membersMax = 512

export interface JsonTemplate {
  /** The bytes before each value, from the end of the value before. */
  readonly gaps: readonly Uint8Array[]
  /** For each value: its column, or -1. */
  readonly columns: readonly number[]
  /** The first byte of each value. */
  readonly firsts: readonly number[]
  /** The bytes behind the last value. */
  readonly tail: Uint8Array
}

/** What one record of bytes[from, to), which is valid, has around its values; undefined where it is not worth learning. */
export function learnTemplate(columns: Schema, bytes: Uint8Array, from: number, to: number): JsonTemplate | undefined {
  const scanner = new JsonScanner()
  scanner.set(bytes, from, to)
  const names = columns.fields.map((field) => new TextEncoder().encode(field.name))
  const gaps: Uint8Array[] = []
  const found: number[] = []
  const firsts: number[] = []
  if (scanner.peek() !== 123) return undefined
  let at = from
  scanner.at++
  if (scanner.peek() === 125) return undefined
  do {
    scanner.key()
    const { text, textFrom, textTo } = scanner
    const column = names.findIndex((name) => Buffer.compare(name, text.subarray(textFrom, textTo)) === 0)
    const first = scanner.peek()
    if (scanner.at - at > gapBytesMax || gaps.length >= membersMax || (column >= 0 && found.includes(column)))
      return undefined
    gaps.push(bytes.slice(at, scanner.at))
    found.push(column)
    firsts.push(first)
    scanner.skip(1)
    at = scanner.at
  } while (!scanner.next(125))
  return { gaps, columns: found, firsts, tail: bytes.slice(at, scanner.at) }
}
