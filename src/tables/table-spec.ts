// What a lake table is declared as, checked, and made or brought up to date in the catalog at start.
import { MillraceError, type Clock, type Random } from '../base/index.ts'
import type { TopicFormat } from '../format/index.ts'
import type { Schema } from '../model/index.ts'
import { fullName, type Catalog, type TableName } from './catalog.ts'
import { currentSchema } from './iceberg/metadata.ts'
import { Refusal } from './iceberg/refusal.ts'
import { evolveSchema, toIcebergSchema } from './iceberg/types.ts'
import { LakeTable } from './lake-table.ts'
import type { TablesLimits } from './limits.ts'
import { relocateTable } from './relocate.ts'

/** Plain and cloneable. */
export interface TableSpec {
  readonly namespace: string
  readonly name: string
  /** Columns of the lake table; each is a column of the topic, by name. */
  readonly schema: Schema
  /** append: every row of the topic, which may only insert. upsert: the latest row per primary key. */
  readonly mode: 'append' | 'upsert'
  /** Column indexes of `schema`; needed for upsert, else null. */
  readonly primaryKey: readonly number[] | null
  readonly topic: TopicFormat
}

export const properties = { topic: 'millrace.topic', mode: 'millrace.mode' } as const

const keyKinds: ReadonlySet<string> = new Set([
  'BOOLEAN',
  'TINYINT',
  'SMALLINT',
  'INT',
  'BIGINT',
  'DATE',
  'TIME',
  'TIMESTAMP',
  'TIMESTAMP_LTZ',
  'DECIMAL',
  'CHAR',
  'VARCHAR',
  'BINARY',
  'VARBINARY',
])

/** Why a spec cannot be kept as a table; undefined when it can. Pure. */
export function specProblem(spec: TableSpec): string | undefined {
  const { schema, mode, topic } = spec
  const names = new Set(topic.schema.fields.map((f) => f.name))
  const unknown = schema.fields.find((f) => !names.has(f.name))
  if (unknown) return `column ${unknown.name} is not in topic ${topic.topic}`
  if (mode === 'append') {
    const changing = topic.primaryKey !== null || topic.valueFormat.startsWith('debezium')
    return changing
      ? `topic ${topic.topic} changes and deletes rows, which append mode cannot hold; use 'millrace.lake' = 'upsert'`
      : undefined
  }
  const key = spec.primaryKey ?? []
  if (key.length === 0) return 'upsert mode needs a PRIMARY KEY'
  const wrong = key.map((i) => schema.fields[i]).find((f) => !f || f.type.nullable || !keyKinds.has(f.type.kind))
  return wrong === undefined
    ? undefined
    : `${wrong ? `key column ${wrong.name}` : 'a key column'} must be NOT NULL and of a plain type`
}

/**
 * Opens the table, making namespace and table when missing and adding new nullable columns.
 * @throws MillraceError MR-TABLES-001 to -004, -007
 */
export function openTable(
  catalog: Catalog,
  spec: TableSpec,
  ports: { clock: Clock; random: Random; limits: TablesLimits },
): LakeTable {
  const name: TableName = { namespace: spec.namespace, name: spec.name }
  const table = fullName(name)
  const refuse = (reason: string): MillraceError => new MillraceError('MR-TABLES-001', { details: { table, reason } })
  const problem = specProblem(spec)
  if (problem !== undefined) throw refuse(problem)
  try {
    const entry = catalog.find(name)
    if (!entry) createFedTable(catalog, spec, name)
    else if (entry.feed !== spec.topic.topic) {
      throw refuse(
        entry.feed === null
          ? 'the catalog has a table of that name which others write'
          : `it is fed from topic ${entry.feed}, not ${spec.topic.topic}`,
      )
    }
  } catch (cause) {
    if (cause instanceof Refusal) throw refuse(cause.message)
    throw cause
  }
  relocateTable(catalog, name, ports.random)
  const opened = new LakeTable(catalog, name, ports)
  const mode = opened.metadata.properties[properties.mode]
  if (mode !== spec.mode)
    throw refuse(`it was made in ${mode} mode, and is now declared as ${spec.mode}; give the table a new name`)
  const schema = evolveSchema(currentSchema(opened.metadata), spec.schema, {
    table,
    lastColumnId: opened.metadata['last-column-id'],
  })
  if (schema) opened.changeSchema(schema as never)
  return opened
}

function createFedTable(catalog: Catalog, spec: TableSpec, name: TableName): void {
  const schema = toIcebergSchema(spec.schema, {
    table: fullName(name),
    key: (spec.primaryKey ?? []).map((i) => spec.schema.fields[i]!.name),
  })
  if (!catalog.namespaces().includes(name.namespace)) catalog.createNamespace(name.namespace, {})
  catalog.createTable(name, {
    folder: catalog.newFolder(name),
    feed: spec.topic.topic,
    updates: [
      { action: 'upgrade-format-version', 'format-version': 2 },
      { action: 'add-schema', schema: schema as never },
      { action: 'set-current-schema', 'schema-id': -1 },
      { action: 'add-spec', spec: { 'spec-id': 0, fields: [] } },
      { action: 'set-default-spec', 'spec-id': -1 },
      { action: 'add-sort-order', 'sort-order': { 'order-id': 0, fields: [] } },
      { action: 'set-default-sort-order', 'sort-order-id': -1 },
      {
        action: 'set-properties',
        updates: {
          [properties.topic]: spec.topic.topic,
          [properties.mode]: spec.mode,
          'write.parquet.compression-codec': 'zstd',
          'write.metadata.delete-after-commit.enabled': 'true',
        },
      },
    ],
  })
}
