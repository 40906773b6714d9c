// The kinds of resource that other standards define, as JSON Schemas: what Millrace reads is checked, what it does not read may be
// there, and what neither knows is a mistake: a misspelt `classification` would leave a column without it.
// References: Open Data Contract Standard 3.0 and 3.1 (both refuse fields of their own; `customProperties` holds them), OpenSLO v1.
import type { SchemaObject } from 'ajv'

export const nameSchema: SchemaObject = {
  type: 'string',
  pattern: '^[A-Za-z0-9][A-Za-z0-9 ._-]{0,127}$',
  description: 'a name of at most 128 letters, digits, spaces, dots, _ and -, that begins with a letter or digit',
}

export const durationSchema: SchemaObject = {
  type: 'string',
  pattern: '^[0-9]+(ms|s|m|h|d)$',
  description: 'a duration such as 500ms, 10s, 5m, 12h or 7d',
}

/** An object of the fields that are read and of those, by name, that the standard knows and nobody here reads. */
function closed(
  read: Readonly<Record<string, SchemaObject>>,
  others: string,
  required: readonly string[] = [],
): SchemaObject {
  const letThrough = Object.fromEntries(
    others
      .split(' ')
      .filter(Boolean)
      .map((field) => [field, {}]),
  )
  return {
    type: 'object',
    ...(required.length > 0 ? { required } : {}),
    properties: { ...letThrough, ...read },
    additionalProperties: false,
  }
}

const listOf = (items: SchemaObject): SchemaObject => ({ type: 'array', items })

const authoritativeDefinitions = listOf(closed({}, 'id url type description'))
const customProperties = listOf(closed({}, 'id property value description'))
const everywhere = { authoritativeDefinitions, customProperties }

const quality = listOf(
  closed(
    {
      ...everywhere,
      name: { type: 'string' },
      type: { enum: ['text', 'library', 'sql', 'custom'] },
      engine: { type: 'string' },
      severity: { type: 'string' },
      arguments: { type: 'object' },
    },
    'id businessImpact description dimension method schedule scheduler tags unit metric rule validValues query implementation ' +
      'mustBe mustNotBe mustBeGreaterThan mustBeGreaterOrEqualTo mustBeLessThan mustBeLessOrEqualTo mustBeBetween mustNotBeBetween',
  ),
)

const logicalTypeOptions = closed(
  {},
  'minLength maxLength pattern format minimum maximum exclusiveMinimum exclusiveMaximum multipleOf timezone defaultTimezone ' +
    'minProperties maxProperties required minItems maxItems uniqueItems',
)

const inside: SchemaObject = { $ref: '#/definitions/property' }

/** A column, or a field or an element inside one. */
const property = closed(
  {
    ...everywhere,
    name: { type: 'string' },
    logicalType: { type: 'string' },
    logicalTypeOptions,
    required: { type: 'boolean' },
    unique: { type: 'boolean' },
    primaryKey: { type: 'boolean' },
    classification: { type: 'string' },
    quality,
    properties: listOf(inside),
    items: inside,
  },
  'id physicalType physicalName description businessName tags primaryKeyPosition partitioned partitionKeyPosition ' +
    'encryptedName transformSourceObjects transformLogic transformDescription examples criticalDataElement relationships',
)

const table = closed(
  {
    ...everywhere,
    name: { type: 'string' },
    properties: listOf({ ...property, required: ['name'] }),
    quality,
  },
  'id logicalType physicalType physicalName description businessName tags dataGranularityDescription relationships',
  ['name'],
)

const member = closed(everywhere, 'id username name description role dateIn dateOut replacedByUsername tags')
/** A team with its members; before 3.1 the list of its members. */
const team: SchemaObject = {
  ...closed({ ...everywhere, members: listOf(member) }, 'id name description tags'),
  type: ['object', 'array'],
  items: member,
}

export const contractSchema: SchemaObject = {
  definitions: { property },
  ...closed(
    {
      ...everywhere,
      apiVersion: { type: 'string', pattern: '^v3\\.[01]\\.[0-9]+$', description: 'a version such as v3.1.0' },
      kind: { const: 'DataContract' },
      id: { type: 'string' },
      version: { type: 'string' },
      status: { type: 'string' },
      team,
      description: closed(everywhere, 'usage purpose limitations'),
      slaProperties: listOf(
        closed({}, 'id property value valueExt unit element driver description scheduler schedule'),
      ),
      support: listOf(closed({ customProperties }, 'id channel url description tool scope invitationUrl')),
      price: closed({}, 'id priceAmount priceCurrency priceUnit'),
      roles: listOf(
        closed({ customProperties }, 'id role description access firstLevelApprovers secondLevelApprovers'),
      ),
      // Each type of server has fields of its own.
      servers: listOf({ type: 'object' }),
      schema: listOf(table),
    },
    'name tenant tags dataProduct domain slaDefaultElement contractCreatedTs',
    ['apiVersion', 'kind', 'id', 'version', 'status'],
  ),
}

const metricSource = closed(
  {
    type: { const: 'millrace' },
    spec: closed({ asset: { type: 'string' }, metric: { enum: ['freshness_seconds'] } }, 'description', [
      'asset',
      'metric',
    ]),
  },
  'metricSourceRef',
  ['type', 'spec'],
)
const metadata = closed({ name: nameSchema, labels: { type: 'object' } }, 'displayName annotations')

/** An SLO whose indicator is given inline. */
export const sloSchema: SchemaObject = closed(
  {
    apiVersion: { const: 'openslo/v1' },
    kind: { const: 'SLO' },
    metadata: { ...metadata, required: ['name'] },
    spec: closed(
      {
        description: { type: 'string' },
        service: { type: 'string' },
        indicator: closed(
          {
            metadata,
            spec: closed({ thresholdMetric: closed({ metricSource }, '', ['metricSource']) }, 'description', [
              'thresholdMetric',
            ]),
          },
          'apiVersion kind',
          ['spec'],
        ),
        timeWindow: listOf(closed({ calendar: closed({}, 'startTime timeZone') }, 'duration isRolling')),
        budgetingMethod: { enum: ['Timeslices', 'Occurrences', 'RatioTimeslices'] },
        objectives: {
          ...listOf(
            closed(
              {
                op: { enum: ['lte', 'lt', 'gte', 'gt'] },
                value: { type: 'number' },
                target: { type: 'number', exclusiveMinimum: 0, exclusiveMaximum: 1 },
              },
              'displayName timeSliceTarget timeSliceWindow indicator indicatorRef compositeWeight',
              ['op', 'value', 'target'],
            ),
          ),
          minItems: 1,
        },
      },
      'alertPolicies',
      ['indicator', 'objectives'],
    ),
  },
  '',
  ['apiVersion', 'kind', 'metadata', 'spec'],
)
