// The .proto schema of a table's columns, as Confluent's Flink derives it: proto3, numbers by the columns' positions (a new
// column goes to the end), `optional` where a column may be NULL, well-known types for times and decimals, wrappers for lists
// and elements that may be NULL, and what the types say beyond that in confluent.field_meta.
// Reference: Confluent "Data type mappings in Confluent Cloud for Apache Flink", Protobuf schema. (Flink's own protobuf format
// derives no schema.)
import { MillraceError, unreachable } from '../../base/index.ts'
import { describeType, maxLength, type Field, type LogicalType, type Schema } from '../../model/index.ts'
import { parseProto } from './load.ts'
import { mapEntryName } from './parse.ts'
import { printProto } from './print.ts'

/** Name of the message that a record is. */
export const derivedMessageName = 'Row'

/** In the registry's canonical form. Throws MR-FORMAT-002 for a column that Protobuf cannot hold. */
export function deriveProtoSchema(schema: Schema): string {
  const imports = new Set<string>()
  const message = new MessageText(derivedMessageName, imports)
  message.fields(schema.fields, '')
  const text = [
    'syntax = "proto3";',
    ...[...imports].toSorted().map((path) => `import "${path}";`),
    message.text(),
  ].join('\n')
  return printProto(parseProto(text), { normalize: false })
}

/** What a list's element or a wrapper holds. */
interface Part {
  readonly label: '' | 'optional ' | 'repeated '
  readonly typeName: string
  readonly params: readonly (readonly [key: string, value: string])[]
}

interface Bare {
  readonly typeName: string
  readonly params: Part['params']
  readonly isMessage: boolean
}

class MessageText {
  readonly #name: string
  readonly #imports: Set<string>
  readonly #lines: string[] = []
  readonly #used = new Set<string>()

  constructor(name: string, imports: Set<string>) {
    this.#name = name
    this.#imports = imports
  }

  text(): string {
    return `message ${this.#name} {\n${this.#lines.join('\n')}\n}`
  }

  fields(fields: readonly Field[], outer: string): void {
    for (const { name } of fields) this.#used.add(name)
    fields.forEach(({ name, type }, i) => {
      const column = outer === '' ? name : `${outer}.${name}`
      if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) refuse(type, column, 'the name is none in Protobuf')
      this.#field(name, i + 1, this.#part(name, type, column))
    })
  }

  #field(name: string, number: number, { label, typeName, params }: Part): void {
    let options = ''
    if (params.length > 0) {
      this.#imports.add('confluent/meta.proto')
      const entries = [...params, ['flink.version', '1']].map(([key, value]) => `{ key: "${key}", value: "${value}" }`)
      options = ` [(confluent.field_meta) = { params: [${entries.join(', ')}] }]`
    }
    this.#lines.push(`${label}${typeName} ${name} = ${number}${options};`)
  }

  /** A nested message's name that nothing else here has. */
  #fresh(name: string): string {
    let fresh = name
    while (this.#used.has(fresh)) fresh += '_'
    this.#used.add(fresh)
    return fresh
  }

  #nested(name: string, fill: (message: MessageText) => void): string {
    const message = new MessageText(this.#fresh(name), this.#imports)
    fill(message)
    this.#lines.push(message.text())
    return message.#name
  }

  /** A single column or field. */
  #part(name: string, type: LogicalType, column: string): Part {
    const label = type.nullable ? 'optional ' : ''
    if (type.kind === 'ARRAY' || type.kind === 'MAP') {
      if (!type.nullable) return this.#list(name, type, column)
      // An absent list and an empty one are the same, so NULL is an absent wrapper.
      const typeName = this.#nested(`${name}RepeatedWrapper`, (wrapper) =>
        wrapper.#field('value', 1, wrapper.#list('value', type, column)),
      )
      return { label, typeName, params: wrapped }
    }
    const { typeName, params, isMessage } = this.#bare(name, type, column)
    const notNull = isMessage && !type.nullable ? [['flink.notNull', 'true'] as const] : []
    return { label, typeName, params: [...params, ...notNull] }
  }

  /** A list without regard to whether it is NULL. */
  #list(name: string, type: LogicalType & { kind: 'ARRAY' | 'MAP' }, column: string): Part {
    if (type.kind === 'MAP') {
      const typeName = this.#nested(mapEntryName(name), (entry) =>
        entry.fields(
          [
            { name: 'key', type: type.key },
            { name: 'value', type: type.value },
          ],
          column,
        ),
      )
      return { label: 'repeated ', typeName, params: [] }
    }
    const { element } = type
    const isList = element.kind === 'ARRAY' || element.kind === 'MAP'
    if (!element.nullable && !isList) {
      const { typeName, params } = this.#bare(name, element, column)
      return { label: 'repeated ', typeName, params }
    }
    const typeName = this.#nested(`${name}ElementWrapper`, (wrapper) =>
      wrapper.#field('value', 1, wrapper.#part('value', element, column)),
    )
    return { label: 'repeated ', typeName, params: wrapped }
  }

  #bare(name: string, type: LogicalType, column: string): Bare {
    const plain = (typeName: string, params: Part['params'] = []): Bare => ({
      typeName,
      params,
      isMessage: false,
    })
    const known = (path: string, typeName: string, params: Part['params'] = []): Bare => {
      this.#imports.add(path)
      return { typeName, params, isMessage: true }
    }
    switch (type.kind) {
      case 'BOOLEAN':
        return plain('bool')
      case 'TINYINT':
        return plain('int32', [['connect.type', 'int8']])
      case 'SMALLINT':
        return plain('int32', [['connect.type', 'int16']])
      case 'INT':
        return plain('int32')
      case 'BIGINT':
        return plain('int64')
      case 'FLOAT':
        return plain('float')
      case 'DOUBLE':
        return plain('double')
      case 'CHAR':
      case 'VARCHAR':
        return plain('string', lengths(type))
      case 'BINARY':
      case 'VARBINARY':
        return plain('bytes', lengths(type))
      case 'DATE':
        return known('google/type/date.proto', '.google.type.Date')
      case 'TIME':
        return known('google/type/timeofday.proto', '.google.type.TimeOfDay', [
          ['flink.precision', String(type.precision)],
        ])
      case 'TIMESTAMP':
      case 'TIMESTAMP_LTZ':
        return known('google/protobuf/timestamp.proto', '.google.protobuf.Timestamp', [
          ...(type.kind === 'TIMESTAMP' ? [['flink.type', 'timestamp'] as const] : []),
          ['flink.precision', String(type.precision)],
        ])
      case 'DECIMAL':
        return known('confluent/type/decimal.proto', '.confluent.type.Decimal', [
          ['precision', String(type.precision)],
          ['scale', String(type.scale)],
        ])
      case 'ROW':
        return {
          typeName: this.#nested(`${name}_Row`, (row) => row.fields(type.fields, column)),
          params: [],
          isMessage: true,
        }
      case 'ARRAY':
      case 'MAP':
      case 'NULL':
      case 'INTERVAL_YEAR_MONTH':
      case 'INTERVAL_DAY_TIME':
        return refuse(type, column, 'it has no such type')
      default:
        return unreachable(type)
    }
  }
}

const wrapped = [['flink.wrapped', 'true']] as const

function lengths(type: LogicalType & { readonly length: number }): Part['params'] {
  if (type.length === maxLength) return []
  const most = ['flink.maxLength', String(type.length)] as const
  return type.kind === 'CHAR' || type.kind === 'BINARY' ? [most, ['flink.minLength', String(type.length)]] : [most]
}

function refuse(type: LogicalType, column: string, reason: string): never {
  throw new MillraceError('MR-FORMAT-002', {
    details: { column, type: describeType(type), format: 'protobuf', reason },
  })
}
