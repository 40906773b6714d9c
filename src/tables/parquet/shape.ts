// How a schema becomes Parquet's tree of nodes, and the path from a column to each of its leaves.
// Reference: parquet-format LogicalTypes.md (three-level lists and maps); Iceberg spec, Appendix A "Parquet".
import { assert } from '../../base/index.ts'
import type { LogicalType, Schema } from '../../model/index.ts'
import type { IcebergType, StructField } from '../iceberg/types.ts'

export const physical = { BOOLEAN: 0, INT32: 1, INT64: 2, FLOAT: 4, DOUBLE: 5, BYTE_ARRAY: 6, FIXED: 7 } as const
export type Physical = keyof typeof physical

/** How a leaf's values are collected: one typed array, int128 as two lanes, bytes with offsets. */
export type Store = 'bool' | 'int32' | 'int64' | 'int128' | 'float32' | 'float64' | 'bytes'

export type Logical = 'none' | 'string' | 'decimal' | 'date' | 'time' | 'timestamp' | 'timestamptz' | 'list' | 'map'

/** One SchemaElement. */
export interface Node {
  readonly name: string
  /** 0 required, 1 optional, 2 repeated */
  readonly repetition: 0 | 1 | 2
  readonly fieldId: number | undefined
  readonly logical: Logical
  readonly children: readonly Node[]
  readonly leaf: Leaf | undefined
}

/** A step from a column down to the next one: the child of a struct, or the elements of a list or map. */
export interface Step {
  readonly kind: 'struct' | 'repeat'
  /** struct: which child; repeat over a map's entries: 0 key, 1 value; repeat over a list: -1 */
  readonly child: number
}

export interface Leaf {
  readonly path: readonly string[]
  readonly fieldId: number
  readonly type: LogicalType
  readonly physical: Physical
  readonly store: Store
  /** Bytes of a FIXED value; 0 otherwise. */
  readonly width: number
  /** Values are multiplied on writing: 1000 for lanes in milliseconds that Parquet holds in micros, else 1. */
  readonly factor: number
  readonly definitionMax: number
  readonly repetitionMax: number
  /** The top-level column. */
  readonly column: number
  readonly steps: readonly Step[]
}

export interface Shape {
  readonly schema: Schema
  readonly columns: readonly Node[]
  readonly leaves: readonly Leaf[]
}

/** Bytes that hold an unscaled decimal of this precision, as Iceberg asks (the least). */
export function decimalBytes(precision: number): number {
  return Math.ceil((precision * Math.log2(10) + 1) / 8)
}

/** @param fields the Iceberg fields, found by name: they give the ids. Every column of the schema must be among them. */
export function shapeOfSchema(schema: Schema, fields: readonly StructField[]): Shape {
  const leaves: Leaf[] = []
  const columns = schema.fields.map((field, column) => {
    const target = fields.find((f) => f.name === field.name)
    assert(target, `column ${field.name} is in the table's schema`)
    const root = { path: [], definition: 0, repetition: 0, steps: [], column, leaves }
    return node(field.name, field.type, target.id, target.type, root)
  })
  return { schema, columns, leaves }
}

interface Above {
  readonly path: readonly string[]
  readonly definition: number
  readonly repetition: number
  readonly steps: readonly Step[]
  readonly column: number
  readonly leaves: Leaf[]
}

function node(name: string, type: LogicalType, fieldId: number, target: IcebergType, above: Above): Node {
  const here: Above = { ...above, path: [...above.path, name], definition: above.definition + (type.nullable ? 1 : 0) }
  const repetition = type.nullable ? 1 : 0
  if (type.kind === 'ROW') {
    assert(typeof target === 'object' && target.type === 'struct', 'a ROW is a struct')
    const children = type.fields.map((field, child) => {
      const inner = target.fields.find((f) => f.name === field.name)
      assert(inner, `field ${field.name} is in the table's schema`)
      return node(field.name, field.type, inner.id, inner.type, {
        ...here,
        steps: [...here.steps, { kind: 'struct', child }],
      })
    })
    return { name, repetition, fieldId, logical: 'none', children, leaf: undefined }
  }
  if (type.kind === 'ARRAY') {
    assert(typeof target === 'object' && target.type === 'list', 'an ARRAY is a list')
    const inside = repeated(here, 'list', -1)
    const element = node('element', type.element, target['element-id'], target.element, inside)
    return { name, repetition, fieldId, logical: 'list', children: [group('list', [element])], leaf: undefined }
  }
  if (type.kind === 'MAP') {
    assert(typeof target === 'object' && target.type === 'map', 'a MAP is a map')
    const key = node('key', type.key, target['key-id'], target.key, repeated(here, 'key_value', 0))
    const value = node('value', type.value, target['value-id'], target.value, repeated(here, 'key_value', 1))
    return { name, repetition, fieldId, logical: 'map', children: [group('key_value', [key, value])], leaf: undefined }
  }
  const { definition: definitionMax, repetition: repetitionMax, path, column, steps } = here
  const leaf: Leaf = { path, fieldId, type, ...layout(type), definitionMax, repetitionMax, column, steps }
  above.leaves.push(leaf)
  return { name, repetition, fieldId, logical: logicalOf(type), children: [], leaf }
}

function repeated(here: Above, name: string, child: number): Above {
  return {
    ...here,
    path: [...here.path, name],
    definition: here.definition + 1,
    repetition: here.repetition + 1,
    steps: [...here.steps, { kind: 'repeat', child }],
  }
}

function group(name: string, children: readonly Node[]): Node {
  return { name, repetition: 2, fieldId: undefined, logical: 'none', children, leaf: undefined }
}

function layout(type: LogicalType): { physical: Physical; store: Store; width: number; factor: number } {
  const one = (physical: Physical, store: Store, width = 0, factor = 1) => ({ physical, store, width, factor })
  switch (type.kind) {
    case 'BOOLEAN':
      return one('BOOLEAN', 'bool')
    case 'TINYINT':
    case 'SMALLINT':
    case 'INT':
    case 'DATE':
      return one('INT32', 'int32')
    case 'BIGINT':
      return one('INT64', 'int64')
    case 'TIME':
      return one('INT64', 'int64', 0, 1000)
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ':
      assert(type.precision <= 6, 'nanoseconds were refused')
      return one('INT64', 'int64', 0, type.precision <= 3 ? 1000 : 1)
    case 'DECIMAL':
      if (type.precision <= 9) return one('INT32', 'int64')
      if (type.precision <= 18) return one('INT64', 'int64')
      return one('FIXED', 'int128', decimalBytes(type.precision))
    case 'FLOAT':
      return one('FLOAT', 'float32')
    case 'DOUBLE':
      return one('DOUBLE', 'float64')
    default:
      assert(
        type.kind === 'CHAR' || type.kind === 'VARCHAR' || type.kind === 'BINARY' || type.kind === 'VARBINARY',
        'other types were refused',
      )
      return one('BYTE_ARRAY', 'bytes')
  }
}

function logicalOf(type: LogicalType): Logical {
  switch (type.kind) {
    case 'CHAR':
    case 'VARCHAR':
      return 'string'
    case 'DECIMAL':
      return 'decimal'
    case 'DATE':
      return 'date'
    case 'TIME':
      return 'time'
    case 'TIMESTAMP':
      return 'timestamp'
    case 'TIMESTAMP_LTZ':
      return 'timestamptz'
    default:
      return 'none'
  }
}
