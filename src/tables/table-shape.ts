// What a table looks like to its writer: SQL columns, Iceberg fields and Parquet leaves together.
import type { Schema } from '../model/index.ts'
import type { StructField } from './iceberg/types.ts'
import { shapeOfSchema, type Shape } from './parquet/index.ts'

export interface TableShape {
  readonly fullName: string
  readonly topic: string
  readonly schema: Schema
  /** Indexes of the primary key's columns; empty for append tables. */
  readonly key: readonly number[]
  /** Only the key's columns, in the key's order. */
  readonly keySchema: Schema
  readonly fields: readonly StructField[]
  readonly parquet: Shape
}

export function tableShape(options: {
  fullName: string
  topic: string
  schema: Schema
  key: readonly number[]
  fields: readonly StructField[]
}): TableShape {
  const { schema, key, fields } = options
  return {
    ...options,
    keySchema: { fields: key.map((i) => schema.fields[i]!) },
    parquet: shapeOfSchema(schema, fields),
  }
}
