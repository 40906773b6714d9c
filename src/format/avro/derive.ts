// The Avro schema of a table's columns, letter for letter as Flink's avro-confluent and debezium-avro-confluent formats
// derive it, so that a subject written by both never gets two schemas. Where Flink refuses a type (TIMESTAMP above 3
// digits, TIMESTAMP_LTZ) we take the mapping it has with its legacy timestamp mapping off.
// Reference: Flink 2.3 AvroSchemaConverter.convertToSchema, DebeziumAvroSerializationSchema.
import { MillraceError, unreachable } from '../../base/index.ts'
import { describeType, types, type LogicalType, type Schema } from '../../model/index.ts'

export const generatedRecordName = 'org.apache.flink.avro.generated.record'

/** Schema as plain JSON with the key order of Avro's own printer. Throws MR-FORMAT-002 for a type Avro cannot hold. */
export function deriveAvroSchema(schema: Schema): string {
  return JSON.stringify(deriveType(types.row(schema.fields, false), generatedRecordName, ''))
}

/** The envelope that Flink writes: a nullable record of before, after and op. */
export function deriveDebeziumAvroSchema(schema: Schema): string {
  return JSON.stringify(deriveType(debeziumEnvelope(schema), generatedRecordName, ''))
}

export function debeziumEnvelope(schema: Schema): LogicalType {
  const row = types.row(schema.fields, true)
  return types.row([
    { name: 'before', type: row },
    { name: 'after', type: row },
    { name: 'op', type: types.string() },
  ])
}

type Json = string | { readonly [key: string]: unknown } | readonly Json[]

function deriveType(type: LogicalType, recordName: string, column: string): Json {
  const bare = deriveBare(type, recordName, column)
  return type.nullable && type.kind !== 'NULL' ? ['null', bare] : bare
}

function deriveBare(type: LogicalType, recordName: string, column: string): Json {
  const refuse = (reason: string): never => {
    throw new MillraceError('MR-FORMAT-002', {
      details: { column, type: describeType(type), format: 'avro', reason },
    })
  }
  switch (type.kind) {
    case 'NULL':
      return 'null'
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
    case 'CHAR':
    case 'VARCHAR':
      return 'string'
    case 'BINARY':
    case 'VARBINARY':
      return 'bytes'
    case 'DATE':
      return { type: 'int', logicalType: 'date' }
    case 'TIME':
      return { type: 'int', logicalType: 'time-millis' }
    case 'TIMESTAMP':
      return {
        type: 'long',
        logicalType: type.precision <= 3 ? 'timestamp-millis' : `local-timestamp-${unit(type.precision)}`,
      }
    case 'TIMESTAMP_LTZ':
      return { type: 'long', logicalType: `timestamp-${unit(type.precision)}` }
    case 'DECIMAL':
      return { type: 'bytes', logicalType: 'decimal', precision: type.precision, scale: type.scale }
    case 'ARRAY':
      return { type: 'array', items: deriveType(type.element, recordName, column) }
    case 'MAP':
      if (type.key.kind !== 'VARCHAR' && type.key.kind !== 'CHAR') return refuse('the keys of a map are strings there')
      return { type: 'map', values: deriveType(type.value, recordName, column) }
    case 'ROW':
      return deriveRecord(type.fields, recordName, column)
    case 'INTERVAL_YEAR_MONTH':
    case 'INTERVAL_DAY_TIME':
      return refuse('it has no intervals')
    default:
      return unreachable(type)
  }
}

const unit = (precision: number): string => (precision <= 3 ? 'millis' : precision <= 6 ? 'micros' : 'nanos')

function deriveRecord(fields: Schema['fields'], recordName: string, outer: string): Json {
  const dot = recordName.lastIndexOf('.')
  return {
    type: 'record',
    name: recordName.slice(dot + 1),
    // Avro prints the namespace only where it changes: at the outermost record.
    ...(outer === '' ? { namespace: recordName.slice(0, dot) } : {}),
    fields: fields.map((field) => {
      const column = outer === '' ? field.name : `${outer}.${field.name}`
      if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(field.name)) {
        throw new MillraceError('MR-FORMAT-002', {
          details: { column, type: describeType(field.type), format: 'avro', reason: 'the name is none in Avro' },
        })
      }
      const type = deriveType(field.type, `${recordName}_${field.name}`, column)
      return field.type.nullable ? { name: field.name, type, default: null } : { name: field.name, type }
    }),
  }
}
