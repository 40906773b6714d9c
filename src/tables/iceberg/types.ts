// Iceberg's types and schemas as JSON has them, and how Flink SQL's types map onto them. Field ids are given once and never
// come back after a drop. Reference: Iceberg table spec, "Schemas and Data Types", "Appendix C".
import { MillraceError } from '../../base/index.ts'
import { describeType, type Field, type LogicalType, type Schema } from '../../model/index.ts'

export type IcebergType = string | StructType | ListType | MapType
export interface StructField {
  readonly id: number
  readonly name: string
  readonly required: boolean
  readonly type: IcebergType
  readonly doc?: string
  readonly [other: string]: unknown
}
export interface StructType {
  readonly type: 'struct'
  readonly fields: readonly StructField[]
}
export interface ListType {
  readonly type: 'list'
  readonly 'element-id': number
  readonly element: IcebergType
  readonly 'element-required': boolean
}
export interface MapType {
  readonly type: 'map'
  readonly 'key-id': number
  readonly key: IcebergType
  readonly 'value-id': number
  readonly value: IcebergType
  readonly 'value-required': boolean
}
export interface IcebergSchema extends StructType {
  readonly 'schema-id': number
  readonly 'identifier-field-ids'?: readonly number[]
}

/** Gives ids above `last`, as Iceberg's AssignFreshIds does: all of a struct first, then inside each. */
export interface IdSource {
  next(): number
}
export function idsFrom(first: number): IdSource & { readonly last: () => number } {
  let id = first - 1
  return { next: () => ++id, last: () => id }
}

/** Where a refusal happened, for the error's text. */
interface Place {
  readonly table: string
  readonly column: string
}

/** @throws MillraceError MR-TABLES-002 for a type that Iceberg V2 cannot hold, naming table and column */
export function structFields(
  fields: readonly Field[],
  ids: IdSource,
  place: { table: string; column?: string },
): StructField[] {
  const given = fields.map(() => ids.next())
  return fields.map((field, i) => ({
    id: given[i]!,
    name: field.name,
    required: !field.type.nullable,
    type: toIcebergType(field.type, ids, {
      table: place.table,
      column: place.column ? `${place.column}.${field.name}` : field.name,
    }),
    ...(field.comment === undefined ? {} : { doc: field.comment }),
  }))
}

function toIcebergType(type: LogicalType, ids: IdSource, place: Place): IcebergType {
  switch (type.kind) {
    case 'BOOLEAN':
      return 'boolean'
    case 'TINYINT':
    case 'SMALLINT':
    case 'INT':
      return 'int'
    case 'BIGINT':
      return 'long'
    case 'FLOAT':
      return 'float'
    case 'DOUBLE':
      return 'double'
    case 'DATE':
      return 'date'
    case 'TIME':
      return 'time'
    case 'DECIMAL':
      return `decimal(${type.precision}, ${type.scale})`
    case 'CHAR':
    case 'VARCHAR':
      return 'string'
    case 'BINARY':
    case 'VARBINARY':
      return 'binary'
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ':
      if (type.precision > 6) throw unsupported(type, place)
      return type.kind === 'TIMESTAMP' ? 'timestamp' : 'timestamptz'
    case 'ARRAY': {
      const id = ids.next()
      const element = toIcebergType(type.element, ids, { ...place, column: `${place.column}.element` })
      return { type: 'list', 'element-id': id, element, 'element-required': !type.element.nullable }
    }
    case 'MAP': {
      const keyId = ids.next()
      const valueId = ids.next()
      if (type.key.nullable) throw unsupported(type, place)
      const key = toIcebergType(type.key, ids, { ...place, column: `${place.column}.key` })
      const value = toIcebergType(type.value, ids, { ...place, column: `${place.column}.value` })
      return { type: 'map', 'key-id': keyId, key, 'value-id': valueId, value, 'value-required': !type.value.nullable }
    }
    case 'ROW':
      return { type: 'struct', fields: structFields(type.fields, ids, place) }
    default:
      throw unsupported(type, place)
  }
}

function unsupported(type: LogicalType, place: Place): MillraceError {
  return new MillraceError('MR-TABLES-002', {
    details: { table: place.table, column: place.column, type: describeType(type) },
  })
}

/** A fresh schema of a table that Millrace feeds. @param key names of the primary key columns */
export function toIcebergSchema(schema: Schema, options: { table: string; key: readonly string[] }): IcebergSchema {
  const fields = structFields(schema.fields, idsFrom(1), { table: options.table })
  const identifiers = options.key.map((name) => fields.find((f) => f.name === name)!.id)
  return {
    type: 'struct',
    'schema-id': 0,
    fields,
    ...(identifiers.length > 0 ? { 'identifier-field-ids': identifiers } : {}),
  }
}

/**
 * The current schema with nullable columns added at the end; undefined when nothing changed. Anything else (a dropped,
 * renamed or retyped column) is refused with MR-TABLES-003: old files could not be read as the new schema says.
 */
export function evolveSchema(
  current: IcebergSchema,
  schema: Schema,
  options: { table: string; lastColumnId: number },
): IcebergSchema | undefined {
  const refuse = (reason: string): MillraceError =>
    new MillraceError('MR-TABLES-003', { details: { table: options.table, reason } })
  const byName = new Map(schema.fields.map((f) => [f.name, f]))
  for (const field of current.fields) {
    const wanted = byName.get(field.name)
    if (!wanted) throw refuse(`column ${field.name} is no longer there`)
    const type = toIcebergType(wanted.type, idsFrom(1), { table: options.table, column: field.name })
    if (shapeOf(type) !== shapeOf(field.type)) throw refuse(`column ${field.name} became ${describeType(wanted.type)}`)
    if (field.required && wanted.type.nullable) throw refuse(`column ${field.name} may be NULL now`)
  }
  const known = new Set(current.fields.map((f) => f.name))
  const added = schema.fields.filter((f) => !known.has(f.name))
  if (added.length === 0) return undefined
  const required = added.find((f) => !f.type.nullable)
  if (required) throw refuse(`the new column ${required.name} is NOT NULL, which old rows cannot be`)
  const fields = structFields(added, idsFrom(options.lastColumnId + 1), { table: options.table })
  return { ...current, fields: [...current.fields, ...fields], 'schema-id': current['schema-id'] + 1 }
}

/** The type without its ids, for comparing. */
function shapeOf(type: IcebergType): string {
  return JSON.stringify(type, (key, value: unknown) =>
    key === 'id' || key.endsWith('-id') || key === 'doc' ? undefined : value,
  )
}

/** The highest field id anywhere in a schema; 0 when it has no fields. */
export function highestId(type: IcebergType): number {
  if (typeof type === 'string') return 0
  if (type.type === 'struct') return type.fields.reduce((max, f) => Math.max(max, f.id, highestId(f.type)), 0)
  if (type.type === 'list') return Math.max(type['element-id'], highestId(type.element))
  return Math.max(type['key-id'], type['value-id'], highestId(type.key), highestId(type.value))
}

/** A client's schema with ids given anew from 1 (Iceberg's AssignFreshIds), and which id became which. */
export function assignFreshIds(schema: IcebergSchema): { schema: IcebergSchema; newIds: ReadonlyMap<number, number> } {
  const ids = idsFrom(1)
  const newIds = new Map<number, number>()
  const give = (old: number): number => {
    const id = ids.next()
    newIds.set(old, id)
    return id
  }
  const visit = (type: IcebergType): IcebergType => {
    if (typeof type === 'string') return type
    if (type.type === 'struct') return { type: 'struct', fields: visitFields(type.fields) }
    if (type.type === 'list') return { ...type, 'element-id': give(type['element-id']), element: visit(type.element) }
    const key = give(type['key-id'])
    const value = give(type['value-id'])
    return { ...type, 'key-id': key, 'value-id': value, key: visit(type.key), value: visit(type.value) }
  }
  const visitFields = (fields: readonly StructField[]): StructField[] => {
    const given = fields.map((field) => give(field.id))
    return fields.map((field, i) => ({ ...field, id: given[i]!, type: visit(field.type) }))
  }
  const fields = visitFields(schema.fields)
  const identifiers = schema['identifier-field-ids']?.map((id) => newIds.get(id) ?? id)
  return {
    schema: { type: 'struct', 'schema-id': 0, fields, ...(identifiers ? { 'identifier-field-ids': identifiers } : {}) },
    newIds,
  }
}
