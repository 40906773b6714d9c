// Options of a .proto text: their names with parenthesized extensions, and their values, aggregates in text format among them.
// Reference: Protocol Buffers language specification, "Option"; Text Format Language Specification.
import { formatLimits } from '../limits.ts'
import type { AggregateField, OptionNamePart, OptionValue, ProtoOption } from './schema.ts'
import type { Reader } from './reader.ts'
import { integerOf, ProtoMistake } from './tokens.ts'

/** `option name = value;` */
export function parseOptionStatement(reader: Reader): ProtoOption {
  if (!reader.takeName('option')) throw reader.unexpected('option')
  const option = parseOption(reader)
  reader.symbol(';')
  return option
}

/** `[name = value, …]` */
export function parseOptionList(reader: Reader): ProtoOption[] {
  const options: ProtoOption[] = []
  reader.symbol('[')
  do options.push(parseOption(reader))
  while (reader.take(','))
  reader.symbol(']')
  return options
}

function parseOption(reader: Reader): ProtoOption {
  const { place } = reader.token
  const name: OptionNamePart[] = []
  do {
    if (reader.take('(')) {
      name.push({ name: reader.path(true), extension: true })
      reader.symbol(')')
    } else name.push({ name: reader.name(), extension: false })
  } while (reader.take('.'))
  reader.symbol('=')
  return { name, value: parseConstant(reader, 0), place }
}

/** Lists stand where protoc has them, inside of aggregates, and as Wire has them, anywhere. @param depth of aggregates around it */
export function parseConstant(reader: Reader, depth: number): OptionValue {
  const { token } = reader
  if (depth > formatLimits.depthMax) throw new ProtoMistake('the option is nested too deep', token.place)
  if (reader.take('{')) return parseAggregate(reader, '}', depth)
  if (depth > 0 && reader.take('<')) return parseAggregate(reader, '>', depth)
  if (reader.take('[')) {
    const values: OptionValue[] = []
    if (reader.take(']')) return { kind: 'list', values }
    do values.push(parseConstant(reader, depth + 1))
    while (reader.take(','))
    reader.symbol(']')
    return { kind: 'list', values }
  }
  if (token.kind === 'string') return { kind: 'string', bytes: reader.stringBytes() }
  const sign = reader.take('-') ? -1 : reader.take('+') ? 1 : 0
  const number = reader.token
  switch (number.kind) {
    case 'integer':
      reader.any()
      return { kind: 'integer', value: integerOf(number.text) * (sign < 0 ? -1n : 1n) }
    case 'float':
      reader.any()
      return { kind: 'float', value: Number.parseFloat(number.text) * (sign < 0 ? -1 : 1) }
    case 'name': {
      const text = reader.path()
      if (sign === 0) return { kind: 'identifier', text }
      if (text === 'inf' || text === 'infinity')
        return { kind: 'float', value: sign < 0 ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY }
      if (text === 'nan') return { kind: 'float', value: Number.NaN }
      throw new ProtoMistake(`${text} has no sign`, number.place)
    }
    default:
      throw reader.unexpected('a value')
  }
}

function parseAggregate(reader: Reader, close: string, depth: number): OptionValue {
  const fields: AggregateField[] = []
  while (!reader.take(close)) {
    let name: string
    const extension = reader.take('[')
    if (extension) {
      name = reader.path(true)
      if (reader.take('/')) name += `/${reader.path()}`
      reader.symbol(']')
    } else name = reader.name()
    // A message's value needs no colon.
    const colon = reader.take(':')
    if (!colon && !reader.is('{') && !reader.is('<') && !reader.is('[')) throw reader.unexpected("':'")
    fields.push({ name, extension, value: parseConstant(reader, depth + 1) })
    if (!reader.take(',')) reader.take(';')
  }
  return { kind: 'aggregate', fields }
}
