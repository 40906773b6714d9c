// What a topic's messages hold, before anybody said what they are: JSON objects, other JSON, text, bytes, or records that
// name a registered schema in their frame.
import { exactNumber, NumberOutOfRange } from '../json/numbers.ts'
import { parseSchema } from '../check.ts'
import { columnsOf } from '../change/columns.ts'
import type { SchemaType } from '../../model/index.ts'
import { isRecord } from '../json/values.ts'
import type { InferValue } from './infer.ts'

const sqlNames: Readonly<Record<string, string>> = {
  boolean: 'BOOLEAN',
  int: 'INT',
  long: 'BIGINT',
  float: 'FLOAT',
  double: 'DOUBLE',
  string: 'STRING',
  binary: 'BYTES',
  date: 'DATE',
  time: 'TIME(3)',
  timestamp: 'TIMESTAMP(3)',
}

/** SQL types of the columns that a registered schema has, as far as they have one. Throws RegistryRefusal. */
export function knownTypes(type: SchemaType, text: string): ReadonlyMap<string, string> {
  return new Map(
    columnsOf(parseSchema(type, text, [])).flatMap(({ name, type: column }) => {
      const decimal = /^decimal\((\d+),(\d+)\)$/.exec(column)
      const sql = decimal ? `DECIMAL(${decimal[1]}, ${decimal[2]})` : sqlNames[column]
      return sql === undefined ? [] : [[name, sql] as const]
    }),
  )
}

const numericTypes = /^(INT|BIGINT|FLOAT|DOUBLE|DECIMAL\(.*)$/

/**
 * @param known types of columns: a format shows exact numbers as text
 * @param value as messages of the console have it: an object that a format decoded, or the bytes as text, or `base64:…`
 */
export function readForInference(value: unknown, known: ReadonlyMap<string, string> = new Map()): InferValue {
  if (value === null || value === undefined) return { kind: 'null' }
  if (isRecord(value)) return { kind: 'json', value: withNumbers(value, known) }
  if (typeof value !== 'string') return { kind: 'json', value }
  if (value.startsWith('base64:')) return { kind: 'other', what: describeBytes(Buffer.from(value.slice(7), 'base64')) }
  if (value.startsWith('\0')) return { kind: 'other', what: describeBytes(Buffer.from(value)) }
  try {
    return { kind: 'json', value: JSON.parse(value, exactNumber) as unknown }
  } catch (error) {
    if ([SyntaxError, RangeError, NumberOutOfRange].some((kind) => error instanceof kind))
      return { kind: 'other', what: 'text' }
    throw error
  }
}

/** Confluent's frame is a zero and the id in four bytes. */
function describeBytes(bytes: Uint8Array): string {
  if (bytes.length < 5 || bytes[0] !== 0) return 'bytes'
  const id = ((bytes[1]! << 24) | (bytes[2]! << 16) | (bytes[3]! << 8) | bytes[4]!) >>> 0
  return `bytes framed with schema id ${id}`
}

function withNumbers(row: Readonly<Record<string, unknown>>, known: ReadonlyMap<string, string>): object {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => {
      const isText = typeof value === 'string' && /^-?\d{1,400}(\.\d{1,400})?$/.test(value)
      return [name, isText && numericTypes.test(known.get(name) ?? '') ? readNumber(value) : value]
    }),
  )
}

/** Leading zeros are no JSON. */
function readNumber(text: string): unknown {
  return JSON.parse(text.replace(/^(-?)0+(?=\d)/, '$1'), exactNumber)
}
