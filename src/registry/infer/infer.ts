// From records to a proposal: what fields there are, of which types, how often, with examples; and from that a table, a
// JSON Schema and a contract that a person can start from. Nothing is dropped silently: what does not fit one type is
// proposed as text and told with its counts. Fields, examples and distinct values are bounded.
// Reference: JSON Schema 2020-12; Open Data Contract Standard 3.1; Flink SQL types.
import { isNumber, isWholeNumber, type JsonNumber } from '../json/numbers.ts'
import { isRecord, shown } from '../json/values.ts'

/** One record's value, as far as it could be read. */
export type InferValue =
  | { readonly kind: 'json'; readonly value: unknown }
  | { readonly kind: 'null' }
  /** Text that is no JSON, or bytes. */
  | { readonly kind: 'other'; readonly what: string }

export interface InferredField {
  readonly name: string
  /** Records that have it, NULL included. */
  readonly present: number
  readonly nulls: number
  /** Counts by what was seen: integer, decimal, text, timestamp, … */
  readonly kinds: Readonly<Record<string, number>>
  /** The SQL type that takes all of it. */
  readonly type: string
  readonly required: boolean
  readonly examples: readonly string[]
  /** All values, when they are few and repeat. */
  readonly values?: readonly string[]
}

export interface Inference {
  readonly topic: string
  readonly records: number
  readonly objects: number
  readonly nulls: number
  /** What was no object, by what it was. */
  readonly others: Readonly<Record<string, number>>
  readonly fields: readonly InferredField[]
  /** Names that were seen beyond the limit of fields. */
  readonly fieldsLeftOut: number
  readonly jsonSchema: string
  readonly table: string
  readonly contract: string
}

const fieldsMax = 500
const examplesMax = 3
const distinctMax = 10
const depthMax = 4

/**
 * O(records × fields).
 * @param values of one topic
 * @param known SQL types of fields that a registered schema has already
 */
export function inferSchema(
  topic: string,
  values: readonly InferValue[],
  known: ReadonlyMap<string, string> = new Map(),
): Inference {
  const shape = new Shape()
  const others: Record<string, number> = {}
  let nulls = 0
  for (const one of values) {
    if (one.kind === 'null') nulls++
    else if (one.kind === 'json' && isRecord(one.value)) shape.add(one.value)
    else {
      const what = one.kind === 'other' ? one.what : kindOf(one.value)
      others[what] = (others[what] ?? 0) + 1
    }
  }
  const fields = shape.fields().map((field) => ({ ...field, type: known.get(field.name) ?? field.type }))
  return {
    topic,
    records: values.length,
    objects: shape.count,
    nulls,
    others,
    fields,
    fieldsLeftOut: shape.leftOut,
    jsonSchema: JSON.stringify(
      {
        $schema: 'https://json-schema.org/draft/2020-12/schema',
        title: topic,
        ...shape.jsonSchema(),
      },
      null,
      2,
    ),
    table: tableText(topic, fields),
    contract: contractText(topic, fields),
  }
}

interface Seen {
  present: number
  nulls: number
  readonly kinds: Map<string, number>
  readonly examples: Set<string>
  /** null: too many. */
  distinct: Set<string> | null
  whole: number
  fraction: number
  long: boolean
  readonly inside: Shape
  readonly items: Seen | null
}

function newSeen(depth: number): Seen {
  return {
    present: 0,
    nulls: 0,
    kinds: new Map(),
    examples: new Set(),
    distinct: new Set(),
    whole: 1,
    fraction: 0,
    long: false,
    inside: new Shape(depth + 1),
    items: depth < depthMax ? newSeen(depth + 1) : null,
  }
}

function note(seen: Seen, value: unknown): void {
  seen.present++
  if (value === null) {
    seen.nulls++
    return
  }
  const kind = kindOf(value)
  seen.kinds.set(kind, (seen.kinds.get(kind) ?? 0) + 1)
  if (seen.examples.size < examplesMax) seen.examples.add(shown(value))
  if (kind === 'array') for (const item of value as unknown[]) if (seen.items) note(seen.items, item)
  if (kind === 'object') seen.inside.add(value as Readonly<Record<string, unknown>>)
  if (isNumber(value)) noteNumber(seen, value)
  if (seen.distinct && typeof value === 'string') {
    seen.distinct.add(value)
    if (seen.distinct.size > distinctMax) seen.distinct = null
  }
}

function noteNumber(seen: Seen, value: JsonNumber): void {
  const text = typeof value === 'number' ? String(value) : value.text
  const digits = /^-?(\d+)(?:\.(\d+))?$/.exec(text)
  // With an exponent: only a double takes it.
  if (!digits) seen.kinds.set('double', (seen.kinds.get('double') ?? 0) + 1)
  seen.whole = Math.max(seen.whole, digits?.[1]!.length ?? 1)
  seen.fraction = Math.max(seen.fraction, digits?.[2]?.length ?? 0)
  seen.long ||= digits !== null && digits[1]!.length > 18
}

const timestamp = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?$/
const instant = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})$/
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

function kindOf(value: unknown): string {
  if (value === null) return 'null'
  if (isNumber(value)) return isWholeNumber(value) ? 'integer' : 'decimal'
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'boolean') return 'boolean'
  if (typeof value !== 'string') return 'object'
  if (/^\d{4}-\d{2}-\d{2}$/.test(value)) return 'date'
  if (timestamp.test(value)) return 'timestamp'
  if (instant.test(value)) return 'instant'
  return uuid.test(value) ? 'uuid' : 'text'
}

/** The fields of objects at one place. */
class Shape {
  count = 0
  leftOut = 0
  readonly #depth: number
  readonly #fields = new Map<string, Seen>()

  constructor(depth = 0) {
    this.#depth = depth
  }

  add(value: Readonly<Record<string, unknown>>): void {
    this.count++
    if (this.#depth > depthMax) return
    for (const [name, inner] of Object.entries(value)) {
      let seen = this.#fields.get(name)
      if (!seen) {
        if (this.#fields.size >= fieldsMax) {
          this.leftOut++
          continue
        }
        this.#fields.set(name, (seen = newSeen(this.#depth)))
      }
      note(seen, inner)
    }
  }

  fields(): InferredField[] {
    return [...this.#fields].map(([name, seen]) => {
      const values = seen.distinct && seen.present >= 20 && only(seen) === 'text' ? [...seen.distinct] : undefined
      return {
        name,
        present: seen.present,
        nulls: seen.nulls,
        kinds: Object.fromEntries(seen.kinds),
        type: sqlType(seen),
        required: seen.present === this.count && seen.nulls === 0,
        examples: [...seen.examples],
        ...(values && { values: values.toSorted() }),
      }
    })
  }

  jsonSchema(): object {
    const required = this.fields().flatMap((field) => (field.required ? [field.name] : []))
    return {
      type: 'object',
      properties: Object.fromEntries([...this.#fields].map(([name, seen]) => [name, jsonType(seen)])),
      ...(required.length > 0 && { required }),
    }
  }

  rowType(): string {
    const columns = this.fields().map(({ name, type }) => `${quoted(name)} ${type}`)
    return columns.length === 0 ? 'STRING' : `ROW<${columns.join(', ')}>`
  }
}

/** The one kind that was seen; undefined: several, or none. Integers are decimals, dates are timestamps. */
function only(seen: Seen): string | undefined {
  const kinds = new Set(seen.kinds.keys())
  if (kinds.has('decimal')) kinds.delete('integer')
  if (kinds.has('double')) for (const kind of ['decimal', 'integer']) kinds.delete(kind)
  if (kinds.has('text')) for (const kind of ['uuid', 'date', 'timestamp', 'instant']) kinds.delete(kind)
  return kinds.size === 1 ? [...kinds][0] : undefined
}

function sqlType(seen: Seen): string {
  switch (only(seen)) {
    case 'integer':
      return seen.long ? `DECIMAL(${Math.min(38, seen.whole)}, 0)` : 'BIGINT'
    case 'decimal':
      return seen.fraction <= 6 && seen.whole + seen.fraction <= 38
        ? `DECIMAL(${Math.max(18, seen.whole + seen.fraction)}, ${seen.fraction})`
        : 'DOUBLE'
    case 'double':
      return 'DOUBLE'
    case 'boolean':
      return 'BOOLEAN'
    case 'date':
      return 'DATE'
    case 'timestamp':
      return 'TIMESTAMP(3)'
    case 'instant':
      return 'TIMESTAMP_LTZ(3)'
    case 'array':
      return `ARRAY<${seen.items ? sqlType(seen.items) : 'STRING'}>`
    case 'object':
      return seen.inside.rowType()
    default:
      return 'STRING'
  }
}

function jsonType(seen: Seen): object {
  const names: Record<string, string> = {
    integer: 'integer',
    decimal: 'number',
    double: 'number',
    boolean: 'boolean',
    array: 'array',
    object: 'object',
  }
  const types = [...new Set([...seen.kinds.keys()].map((kind) => names[kind] ?? 'string'))]
  if (types.includes('number') && types.includes('integer')) types.splice(types.indexOf('integer'), 1)
  if (seen.nulls > 0 || types.length === 0) types.push('null')
  const format = { date: 'date', instant: 'date-time', uuid: 'uuid' }[only(seen) ?? '']
  return {
    ...(seen.kinds.has('object') ? seen.inside.jsonSchema() : {}),
    type: types.length === 1 ? types[0] : types,
    ...(format !== undefined && { format }),
    ...(seen.kinds.has('array') && seen.items && seen.items.present > 0 && { items: jsonType(seen.items) }),
  }
}

const quoted = (name: string): string => (/^[A-Za-z_]\w*$/.test(name) ? name : `\`${name.replaceAll('`', '``')}\``)

function tableText(topic: string, fields: readonly InferredField[]): string {
  const columns = fields.map(({ name, type, required }) => `  ${quoted(name)} ${type}${required ? ' NOT NULL' : ''}`)
  const time = fields.find(({ type, required }) => required && type.startsWith('TIMESTAMP'))
  if (time) columns.push(`  WATERMARK FOR ${quoted(time.name)} AS ${quoted(time.name)} - INTERVAL '10' SECOND`)
  const name = topic.replaceAll(/\W/g, '_')
  const options = [...(name === topic ? [] : [`'millrace.topic' = '${topic}'`]), `'millrace.format' = 'json'`]
  return `CREATE TABLE ${quoted(name)} (\n${columns.join(',\n')}\n) WITH (${options.join(', ')});\n`
}

function logicalType(type: string): string {
  if (type === 'BIGINT' || type.endsWith(', 0)')) return 'integer'
  if (/^(DECIMAL|DOUBLE)/.test(type)) return 'number'
  if (type.startsWith('TIMESTAMP')) return 'timestamp'
  return { BOOLEAN: 'boolean', DATE: 'date', STRING: 'string' }[type] ?? (type.startsWith('ARRAY') ? 'array' : 'object')
}

function contractText(topic: string, fields: readonly InferredField[]): string {
  const table = topic.replaceAll(/\W/g, '_')
  const text = (value: string): string => JSON.stringify(value)
  const properties = fields.map(
    ({ name, type, required }) =>
      `      - { name: ${text(name)}, logicalType: ${logicalType(type)}, required: ${required} }`,
  )
  const rules = fields.flatMap(({ name, values }) =>
    values
      ? [
          `      - name: ${text(`${name.replaceAll(/\W/g, '_')}_is_known`)}`,
          `        description: ${text(`Only these values were seen in ${name}.`)}`,
          '        type: custom',
          '        engine: millrace',
          '        dimension: validity',
          '        severity: warning',
          `        implementation: ${text(`${quoted(name)} IN (${values.map((value) => `'${value.replaceAll("'", "''")}'`).join(', ')})`)}`,
        ]
      : [],
  )
  return [
    'apiVersion: v3.1.0',
    'kind: DataContract',
    `id: ${text(topic)}`,
    `name: ${text(topic)}`,
    'version: 0.1.0',
    'status: draft',
    'schema:',
    `  - name: ${text(table)}`,
    '    logicalType: object',
    '    physicalType: topic',
    '    properties:',
    ...properties,
    ...(rules.length > 0 ? ['    quality:', ...rules] : []),
    '',
  ].join('\n')
}
