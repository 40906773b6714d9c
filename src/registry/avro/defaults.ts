// Whether a field's default is a value of its type, as Avro's JSON encoding has it. Of a union any branch may give it: the
// first in Avro to 1.11, any one since 1.12.
// Reference: Apache Avro 1.12 specification, "Complex Types / Records" (default values).
import { describeAvro, type AvroType } from '../../format/index.ts'

/** What is wrong with it; undefined: nothing. @param value as AvroField has it. O(value) */
export function checkAvroDefault(type: AvroType, value: unknown): string | undefined {
  return isDefault(type, value, 0) ? undefined : `${shown(value)} is not ${describeAvro(type)}`
}

function shown(value: unknown): string {
  if (value === undefined) return 'nothing'
  const text = JSON.stringify(value, (_key, item: unknown) => (typeof item === 'bigint' ? String(item) : item))
  return text.length > 60 ? `${text.slice(0, 57)}...` : text
}

const depthMax = 64
const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function isWhole(value: unknown, bits: 32 | 64): boolean {
  if (typeof value === 'number' && !Number.isInteger(value)) return false
  if (typeof value !== 'number' && typeof value !== 'bigint') return false
  return BigInt.asIntN(bits, BigInt(value)) === BigInt(value)
}

/** Bytes are written as text of code points 0 to 255. */
const isByteText = (value: unknown): value is string => typeof value === 'string' && /^[\0-\u00ff]*$/.test(value)

function isDefault(type: AvroType, value: unknown, depth: number): boolean {
  if (depth > depthMax) return false
  switch (type.kind) {
    case 'null':
      return value === null
    case 'boolean':
      return typeof value === 'boolean'
    case 'int':
      return isWhole(value, 32)
    case 'long':
      return isWhole(value, 64)
    case 'float':
    case 'double':
      return typeof value === 'number' || typeof value === 'bigint'
    case 'string':
      return typeof value === 'string'
    case 'bytes':
      return isByteText(value)
    case 'fixed':
      return isByteText(value) && value.length === type.size
    case 'enum':
      return typeof value === 'string' && type.symbols.includes(value)
    case 'array':
      return Array.isArray(value) && value.every((item) => isDefault(type.items, item, depth + 1))
    case 'map':
      return isObject(value) && Object.values(value).every((item) => isDefault(type.values, item, depth + 1))
    case 'union':
      return type.branches.some((branch) => isDefault(branch, value, depth + 1))
    case 'record':
      return (
        isObject(value) &&
        type.fields.every((field) => {
          const given = Object.hasOwn(value, field.name) ? value[field.name] : field.default
          return (Object.hasOwn(value, field.name) || field.hasDefault) && isDefault(field.type, given, depth + 1)
        })
      )
  }
}
