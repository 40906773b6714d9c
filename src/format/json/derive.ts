// The JSON Schema of a table’s columns, as Confluent's Flink derives it for its json-registry format: every number is
// "number" with Kafka Connect's type beside it, what may be null is a oneOf with null, dates and times are Connect's numbers.
// Reference: Confluent Cloud for Apache Flink, "Data Type Mappings" (JSON Schema); Kafka Connect's logical type names.
import { MillraceError, unreachable } from '../../base/index.ts'
import { describeType, maxLength, types, type LogicalType, type Schema } from '../../model/index.ts'

export const generatedTitle = 'Record'

type Node = Readonly<Record<string, unknown>>

/** The schema's text, keys in alphabetical order, properties in the columns'. Throws MR-FORMAT-002. */
export function deriveJsonSchema(schema: Schema): string {
  return JSON.stringify(sorted(derive(types.row(schema.fields, false), generatedTitle, '')))
}

function derive(type: LogicalType, title: string, column: string): Node {
  if (type.kind === 'NULL') return { type: 'null' }
  const bare = deriveBare(type, title, column)
  return type.nullable ? { oneOf: [{ type: 'null' }, sorted(bare)] } : bare
}

const number = (connectType: string, more: Node = {}): Node => ({
  type: 'number',
  'connect.type': connectType,
  ...more,
})
const connect = (name: string): string => `org.apache.kafka.connect.data.${name}`

function deriveBare(type: LogicalType, title: string, column: string): Node {
  const refuse = (reason: string): never => {
    throw new MillraceError('MR-FORMAT-002', {
      details: { column, type: describeType(type), format: 'json-confluent', reason },
    })
  }
  /** Kafka Connect's times are milliseconds. */
  const time = (precision: number): Node => {
    if (precision > 3) refuse('its times have at most three digits of a second')
    return precision === 3 ? {} : { 'flink.parameters': { 'flink.precision': precision } }
  }
  switch (type.kind) {
    case 'BOOLEAN':
      return { type: 'boolean' }
    case 'TINYINT':
      return number('int8')
    case 'SMALLINT':
      return number('int16')
    case 'INT':
      return number('int32')
    case 'BIGINT':
      return number('int64')
    case 'FLOAT':
      return number('float32')
    case 'DOUBLE':
      return number('float64')
    case 'DECIMAL': {
      const parameters = { 'connect.decimal.precision': String(type.precision), scale: String(type.scale) }
      return number('bytes', { 'connect.parameters': parameters, title: connect('Decimal') })
    }
    case 'CHAR':
      return { type: 'string', minLength: type.length, maxLength: type.length }
    case 'VARCHAR':
      return type.length === maxLength ? { type: 'string' } : { type: 'string', maxLength: type.length }
    case 'BINARY':
      return { ...binary, 'flink.maxLength': type.length, 'flink.minLength': type.length }
    case 'VARBINARY':
      return type.length === maxLength ? binary : { ...binary, 'flink.maxLength': type.length }
    case 'DATE':
      return number('int32', { title: connect('Date') })
    case 'TIME':
      return number('int32', { ...time(type.precision), title: connect('Time') })
    case 'TIMESTAMP':
      return number('int64', { ...time(type.precision), 'flink.type': 'timestamp' })
    case 'TIMESTAMP_LTZ':
      return number('int64', { ...time(type.precision), title: connect('Timestamp') })
    case 'ARRAY':
      return { type: 'array', items: sorted(derive(type.element, title, column)) }
    case 'MAP':
      if (type.key.kind !== 'CHAR' && type.key.kind !== 'VARCHAR') return refuse('the keys of an object are strings')
      return {
        type: 'object',
        'connect.type': 'map',
        additionalProperties: sorted(derive(type.value, title, column)),
      }
    case 'ROW':
      return deriveObject(type.fields, title, column)
    case 'NULL':
    case 'INTERVAL_YEAR_MONTH':
    case 'INTERVAL_DAY_TIME':
      return refuse('it has no intervals')
    default:
      return unreachable(type)
  }
}

const binary: Node = { type: 'string', 'connect.type': 'bytes' }

function deriveObject(fields: Schema['fields'], title: string, outer: string): Node {
  const properties: Record<string, Node> = {}
  fields.forEach(({ name, type }, i) => {
    const node = derive(type, `${title}_${name}`, outer === '' ? name : `${outer}.${name}`)
    properties[name] = sorted({ ...node, 'connect.index': i })
  })
  const required = fields.filter((field) => !field.type.nullable).map((field) => field.name)
  return { type: 'object', title, properties, ...(required.length > 0 ? { required } : {}) }
}

function sorted(node: Node): Node {
  return Object.fromEntries(Object.entries(node).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

/** Throws MR-FORMAT-002 for maps that no object is: their keys are no text. */
export function checkJsonSchema({ fields }: Schema): void {
  const visit = (type: LogicalType, path: string): void => {
    if (type.kind === 'ARRAY') visit(type.element, `${path}[]`)
    else if (type.kind === 'ROW') for (const field of type.fields) visit(field.type, `${path}.${field.name}`)
    else if (type.kind === 'MAP') {
      if (type.key.kind !== 'VARCHAR' && type.key.kind !== 'CHAR') {
        const details = {
          column: path,
          type: describeType(type),
          format: 'json',
          reason: 'the keys of an object are strings',
        }
        throw new MillraceError('MR-FORMAT-002', { details })
      }
      visit(type.value, `${path}{}`)
    }
  }
  for (const { name, type } of fields) visit(type, name)
}
