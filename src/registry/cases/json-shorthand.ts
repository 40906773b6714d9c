// Short words for the JSON Schemas of the cases.
import type { CaseRow } from './case.ts'

export const validation = 'https://json-schema.org/draft/2020-12/json-schema-validation'
export const core = 'https://json-schema.org/draft/2020-12/json-schema-core'
export const draft7 = 'https://json-schema.org/draft-07/draft-handrews-json-schema-validation-01'
export const confluent =
  'https://docs.confluent.io/platform/current/schema-registry/fundamentals/serdes-develop/serdes-json.html'

export const TYPE = 'TYPE_CHANGED'
export const NARROWED = 'TYPE_NARROWED'
export const VALUES = 'ENUM_ARRAY_NARROWED'
export const OPEN = 'OPTIONAL_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL'
export const CLOSED = 'PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL'
export const REQUIRED = 'REQUIRED_ATTRIBUTE_ADDED'
export const REST = 'ADDITIONAL_PROPERTIES_REMOVED'
export const SHRUNK = 'SUM_TYPE_NARROWED'
export const BRANCH = 'COMBINED_TYPE_SUBSCHEMAS_CHANGED'
export const GREW = 'PRODUCT_TYPE_EXTENDED'

export const S = { type: 'string' }
export const I = { type: 'integer' }
export const N = { type: 'number' }
export const B = { type: 'boolean' }
export const O = { type: 'object' }
export const Z = { type: 'null' }
export type More = Readonly<Record<string, unknown>>
export const o = (properties: More, more: More = {}): unknown => ({ type: 'object', properties, ...more })
export const closed = (properties: More, more: More = {}): unknown =>
  o(properties, { additionalProperties: false, ...more })
export const partly = (properties: More, rest: unknown): unknown => o(properties, { additionalProperties: rest })
export const arr = (more: More): unknown => ({ type: 'array', ...more })
export const s = (more: More): unknown => ({ type: 'string', ...more })
export const n = (more: More): unknown => ({ type: 'number', ...more })
export const modern = (schema: More): unknown => ({
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  ...schema,
})
export const seven = (schema: More): unknown => ({ $schema: 'http://json-schema.org/draft-07/schema#', ...schema })

export const bound = (keyword: string, rule: string, type: string): CaseRow[] => {
  const upper = keyword.startsWith('max') || keyword.startsWith('exclusiveMax')
  const [tight, loose] = upper ? [2, 5] : [5, 2]
  const step = upper ? 'DECREASED' : 'INCREASED'
  return [
    [`${keyword} stays`, { type, [keyword]: tight }, { type, [keyword]: tight }, true, true],
    [`${keyword} is new`, { type }, { type, [keyword]: tight }, `${rule}_ADDED`, true],
    [`${keyword} is loosened`, { type, [keyword]: tight }, { type, [keyword]: loose }, true, `${rule}_${step}`],
    [`${keyword} of another type says nothing`, { type: 'boolean' }, { type: 'boolean', [keyword]: tight }, true, true],
  ]
}

/** { if, then, else }; undefined parts are left out. */
export const when = (test: unknown, met: unknown, unmet?: unknown, more: More = {}): unknown =>
  Object.fromEntries(
    [...Object.entries(more), ['if', test], ['then', met], ['else', unmet]].filter(([, part]) => part !== undefined),
  )
