// What a contract says of a table beyond its row rules: logical types are compared with the columns; what can be decided row by
// row (required, value ranges, lengths, null and invalid values) becomes a rule like those of engine millrace; everything else
// that is not run here is named in a notice, never passed over.
// Reference: Open Data Contract Standard 3.1: schema properties, logicalTypeOptions, quality of types library and sql, slaProperties.
import { MillraceError, type Place } from '../base/index.ts'
import type { LogicalType } from '../model/index.ts'
import type { TableDefinition } from '../sql/index.ts'
import { planRules, type ContractRule, type QualityEntry } from '../validate/index.ts'
import type { Resource } from './yaml.ts'

/** Something that a folder says and nobody here runs or checks. */
export interface Notice {
  readonly text: string
  readonly place: Place
}

// oxlint-disable-next-line typescript/no-explicit-any -- the shape was checked against its JSON Schema
type Loose = Record<string, any>

interface Reading {
  readonly resource: Resource
  readonly table: TableDefinition
  /** Index of the object in the contract's schema. */
  readonly object: number
  readonly errors: MillraceError[]
  readonly notices: Notice[]
}

type Path = (string | number)[]

const kindsOf: Readonly<Record<string, readonly LogicalType['kind'][]>> = {
  string: ['CHAR', 'VARCHAR'],
  integer: ['TINYINT', 'SMALLINT', 'INT', 'BIGINT'],
  number: ['TINYINT', 'SMALLINT', 'INT', 'BIGINT', 'DECIMAL', 'FLOAT', 'DOUBLE'],
  boolean: ['BOOLEAN'],
  // Before 3.1 a date had a time of day too.
  date: ['DATE', 'TIMESTAMP', 'TIMESTAMP_LTZ'],
  timestamp: ['TIMESTAMP', 'TIMESTAMP_LTZ'],
  time: ['TIME'],
  object: ['ROW', 'MAP'],
  array: ['ARRAY'],
}

/** Rules of one table of a contract. Mistakes are added to `errors`, what is not run to `notices`. */
export function readContractTable(reading: Reading, contract: string): ContractRule[] {
  const { resource, table, object, errors } = reading
  const content = (resource.content as Loose)['schema'][object] as Loose
  const entries: QualityEntry[] = []
  const places: Place[] = []
  const add = (entry: QualityEntry, path: Path): void => {
    entries.push(entry)
    places.push(resource.placeOf(['schema', object, ...path]))
  }
  ;((content['properties'] ?? []) as Loose[]).forEach((property, i) => {
    readProperty(reading, property, i, add)
  })
  ;((content['quality'] ?? []) as Loose[]).forEach((quality, i) => {
    const path = ['quality', i]
    if (quality['type'] === 'custom' && quality['engine'] === 'millrace') add(quality, [...path, 'implementation'])
    else notRun(reading, quality, path)
  })
  return planRules({ contract, table, quality: entries, placeOf: (i) => places[i]!, errors })
}

/** What a contract says as a whole. */
export function contractNotices(resource: Resource): Notice[] {
  const content = resource.content as Loose
  return ((content['slaProperties'] ?? []) as Loose[]).map((sla, i) => ({
    text: `the contract promises ${String(sla['property'] ?? 'something')}, which is not checked: write an SLO for it`,
    place: resource.placeOf(['slaProperties', i]),
  }))
}

type Add = (entry: QualityEntry, path: Path) => void

function readProperty(reading: Reading, property: Loose, index: number, add: Add): void {
  const { resource, table, object, errors, notices } = reading
  const name = String(property['name'])
  // Nothing more is said of a column that is not there.
  const column = table.schema.fields.find((field) => field.name === name)
  if (!column) return
  const path: Path = ['properties', index]
  const placeOf = (...more: Path): Place => resource.placeOf(['schema', object, ...path, ...more])
  const wanted: unknown = property['logicalType']
  const kinds = typeof wanted === 'string' ? kindsOf[wanted] : undefined
  if (kinds && !kinds.includes(column.type.kind)) {
    const details = { table: table.name, column: name, wanted: String(wanted), found: column.type.kind }
    errors.push(new MillraceError('MR-PROJECT-030', { details, place: placeOf('logicalType') }))
  }
  const id = `\`${name.replaceAll('`', '``')}\``
  const rule = (what: string, text: string, ...more: Path): void =>
    add({ name: `${name}_${what}`, type: 'custom', engine: 'millrace', implementation: text }, [...path, ...more])
  if (property['required'] === true && column.type.nullable) rule('required', `${id} IS NOT NULL`, 'required')
  if (property['primaryKey'] === true && !table.primaryKey?.includes(name)) {
    const details = { table: table.name, column: name }
    errors.push(new MillraceError('MR-PROJECT-031', { details, place: placeOf('primaryKey') }))
  }
  const isKey = table.primaryKey?.length === 1 && table.primaryKey[0] === name
  if (property['unique'] === true && !isKey)
    notices.push({
      text: `${table.name}.${name} is to be unique, which is not checked: only a primary key is`,
      place: placeOf('unique'),
    })
  for (const [option, text] of optionRules(id, (property['logicalTypeOptions'] ?? {}) as Loose, column.type))
    rule(option, text, 'logicalTypeOptions', option)
  ;((property['quality'] ?? []) as Loose[]).forEach((quality, i) => {
    const here: Path = [...path, 'quality', i]
    if (quality['type'] === 'custom' && quality['engine'] === 'millrace') add(quality, [...here, 'implementation'])
    else {
      const text = libraryRule(id, quality)
      if (text === undefined) notRun(reading, quality, here, name)
      else {
        const severity = quality['severity'] === undefined ? {} : { severity: String(quality['severity']) }
        const ruleName = String(quality['name'] ?? `${name}_${metricOf(quality)}`)
        add({ name: ruleName, type: 'custom', engine: 'millrace', ...severity, implementation: text }, here)
      }
    }
  })
}

const isNumeric = (kind: LogicalType['kind']): boolean => kindsOf['number']!.includes(kind)

/** NULL passes: whether it may be is said by `required`. */
function* optionRules(id: string, options: Loose, type: LogicalType): Generator<[string, string]> {
  const comparisons = [
    ['minimum', '>='],
    ['maximum', '<='],
    ['exclusiveMinimum', '>'],
    ['exclusiveMaximum', '<'],
  ] as const
  for (const [option, operator] of comparisons)
    if (typeof options[option] === 'number' && isNumeric(type.kind))
      yield [option, `${id} IS NULL OR ${id} ${operator} ${plainNumber(options[option])}`]
  if (!kindsOf['string']!.includes(type.kind)) return
  for (const [option, operator] of [
    ['minLength', '>='],
    ['maxLength', '<='],
  ] as const)
    if (Number.isInteger(options[option]))
      yield [option, `${id} IS NULL OR CHAR_LENGTH(${id}) ${operator} ${String(options[option])}`]
}

/** Without an exponent, which SQL would take for a DOUBLE. */
function plainNumber(value: number): string {
  const text = String(value)
  return text.includes('e') ? value.toFixed(20).replace(/\.?0+$/, '') : text
}

const metricOf = (quality: Loose): string => String(quality['metric'] ?? quality['rule'] ?? '')

/** A metric of the library that says of each row that it must not be bad; undefined: it says something of many rows. */
function libraryRule(id: string, quality: Loose): string | undefined {
  if (quality['type'] !== undefined && quality['type'] !== 'library') return undefined
  const none = quality['mustBe'] === 0 || quality['mustBeLessThan'] === 1 || quality['mustBeLessOrEqualTo'] === 0
  if (!none) return undefined
  const given = (quality['arguments'] ?? {}) as Loose
  const literals = (list: unknown): string | undefined => {
    if (!Array.isArray(list)) return undefined
    const texts = list.filter((value) => value !== null).map(literalOf)
    return texts.length === 0 || texts.includes(undefined) ? undefined : texts.join(', ')
  }
  switch (metricOf(quality)) {
    case 'nullValues':
      return `${id} IS NOT NULL`
    case 'missingValues': {
      const missing = literals(given['missingValues'])
      return missing === undefined ? `${id} IS NOT NULL` : `${id} IS NOT NULL AND ${id} NOT IN (${missing})`
    }
    case 'invalidValues': {
      const valid = literals(given['validValues'] ?? quality['validValues'])
      return valid === undefined ? undefined : `${id} IS NULL OR ${id} IN (${valid})`
    }
    default:
      return undefined
  }
}

function literalOf(value: unknown): string | undefined {
  if (typeof value === 'number') return plainNumber(value)
  if (typeof value === 'boolean') return value ? 'TRUE' : 'FALSE'
  return typeof value === 'string' ? `'${value.replaceAll("'", "''")}'` : undefined
}

function notRun({ resource, table, object, notices }: Reading, quality: Loose, path: Path, column?: string): void {
  const { type = 'library', engine, name } = quality as { type?: string; engine?: string; name?: string }
  const of = column === undefined ? table.name : `${table.name}.${column}`
  const what = name ?? (metricOf(quality) || 'a rule')
  const how =
    type === 'custom'
      ? `for ${engine ?? 'another engine'}; here rules are SQL (type: custom, engine: millrace)`
      : type === 'sql'
        ? 'a query over many rows; here rules are SQL expressions over one row (type: custom, engine: millrace)'
        : type === 'text'
          ? 'for people'
          : 'a metric over many rows'
  notices.push({
    text: `${what} of ${of} is not run: it is ${how}`,
    place: resource.placeOf(['schema', object, ...path]),
  })
}
