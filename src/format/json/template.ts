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

/** Names of an object's members and what is around their values. */
interface Members {
  readonly names: readonly string[]
  readonly gaps: readonly Uint8Array[]
  readonly firsts: readonly number[]
  /** Where each value begins. */
  readonly starts: readonly number[]
  readonly tail: Uint8Array
}

/** Of the object in bytes[from, to), which may go on behind it. Throws RecordDamage where it is none. */
function learnMembers(bytes: Uint8Array, from: number, to: number): Members | undefined {
  const scanner = new JsonScanner()
  scanner.set(bytes, from, to)
  const names: string[] = []
  const gaps: Uint8Array[] = []
  const firsts: number[] = []
  const starts: number[] = []
  if (scanner.peek() !== 123) return undefined
  let at = from
  scanner.at++
  if (scanner.peek() === 125) return undefined
  do {
    scanner.key()
    const { text, textFrom, textTo } = scanner
    const name = Buffer.from(text.subarray(textFrom, textTo)).toString()
    const first = scanner.peek()
    // Of a repeated name another value counts each time: not worth learning.
    if (scanner.at - at > gapBytesMax || gaps.length >= membersMax || names.includes(name)) return undefined
    names.push(name)
    gaps.push(bytes.slice(at, scanner.at))
    firsts.push(first)
    starts.push(scanner.at)
    scanner.skip(1)
    at = scanner.at
  } while (!scanner.next(125))
  return { names, gaps, firsts, starts, tail: bytes.slice(at, scanner.at) }
}

/** What one record of bytes[from, to) has around its values; undefined where it is not worth learning. Throws RecordDamage. */
export function learnTemplate(columns: Schema, bytes: Uint8Array, from: number, to: number): JsonTemplate | undefined {
  const members = learnMembers(bytes, from, to)
  if (!members) return undefined
  const { gaps, firsts, tail } = members
  return { gaps, firsts, tail, columns: members.names.map((name) => columns.fields.findIndex((f) => f.name === name)) }
}

export type EnvelopeRole = 'before' | 'after' | 'op' | 'payload' | 'other'

export interface EnvelopeTemplate {
  readonly gaps: readonly Uint8Array[]
  readonly roles: readonly EnvelopeRole[]
  readonly firsts: readonly number[]
  readonly tail: Uint8Array
  /** Of an image; undefined in what only wraps a payload. */
  readonly image: JsonTemplate | undefined
  /** The envelope in the payload. */
  readonly payload: EnvelopeTemplate | undefined
}

/** The same of a Debezium envelope, with or without its schema around it. */
export function learnEnvelope(
  columns: Schema,
  bytes: Uint8Array,
  from: number,
  to: number,
  wrapped = false,
): EnvelopeTemplate | undefined {
  const members = learnMembers(bytes, from, to)
  if (!members) return undefined
  const { names, gaps, firsts, starts, tail } = members
  const at = (name: string): number => names.indexOf(name)
  if (at('op') < 0) {
    const payload = at('payload')
    if (wrapped || payload < 0 || firsts[payload] !== 123) return undefined
    const inner = learnEnvelope(columns, bytes, starts[payload]!, to, true)
    const roles = names.map((name): EnvelopeRole => (name === 'payload' ? 'payload' : 'other'))
    // Beside a payload, parts of an envelope would count by rules of their own.
    if (!inner || at('before') >= 0 || at('after') >= 0) return undefined
    return { gaps, roles, firsts, tail, image: undefined, payload: inner }
  }
  if (at('before') < 0 || at('after') < at('before')) return undefined
  const image = [at('after'), at('before')].find((one) => firsts[one] === 123)
  if (image === undefined) return undefined
  const roles = names.map((name): EnvelopeRole =>
    name === 'before' || name === 'after' || name === 'op' ? name : 'other',
  )
  return { gaps, roles, firsts, tail, image: learnTemplate(columns, bytes, starts[image]!, to), payload: undefined }
}
