// The kinds of resource that a project folder may hold. Each is declared once, as the JSON Schema that editors use, the checker
// applies and the guide prints. Those of other standards are in standards.ts; the rest are Millrace's own.
import type { SchemaObject } from 'ajv'
import { securitySchema } from './security.ts'
import { contractSchema, durationSchema as duration, nameSchema as name, sloSchema } from './standards.ts'

const metadata: SchemaObject = {
  type: 'object',
  required: ['name'],
  properties: {
    name,
    owner: { type: 'string' },
    labels: { type: 'object' },
    annotations: { type: 'object' },
    displayName: { type: 'string' },
  },
  additionalProperties: false,
}
const rows = { type: 'array', items: { type: 'object' } }

function millraceKind(kind: string, spec: SchemaObject | undefined): SchemaObject {
  return {
    type: 'object',
    required: spec ? ['apiVersion', 'kind', 'metadata', 'spec'] : ['apiVersion', 'kind', 'metadata'],
    properties: { apiVersion: { const: 'millrace/v1' }, kind: { const: kind }, metadata, ...(spec ? { spec } : {}) },
    additionalProperties: false,
  }
}

const project = millraceKind('Project', undefined)

const owner = millraceKind('Owner', {
  type: 'object',
  required: ['contact'],
  properties: { contact: { type: 'string' }, description: { type: 'string' }, runbook: { type: 'string' } },
  additionalProperties: false,
})

const source = millraceKind('Source', {
  type: 'object',
  required: ['type', 'tables'],
  properties: {
    type: { enum: ['mysql'] },
    url: { type: ['string', 'null'] },
    heartbeat: {
      type: 'object',
      required: ['every', 'tables'],
      properties: { every: duration, tables: { type: 'object', additionalProperties: { type: 'object' } } },
      additionalProperties: false,
    },
    tables: { type: 'object', minProperties: 1, additionalProperties: { type: 'string' } },
  },
  additionalProperties: false,
})

const environment = millraceKind('Environment', {
  type: 'object',
  properties: {
    topics: { enum: ['embedded', 'kafka'] },
    pipelines: { enum: ['embedded', 'flink'] },
    kafka: {
      type: 'object',
      required: ['bootstrap'],
      properties: { bootstrap: { type: 'string' } },
      additionalProperties: false,
    },
    tables: {
      type: 'object',
      required: ['path'],
      properties: { path: { type: 'string' } },
      additionalProperties: false,
    },
    durability: { enum: ['synced', 'interval', 'os'] },
    partitions: { type: 'integer', minimum: 1, maximum: 10000 },
    sources: {
      type: 'object',
      additionalProperties: {
        type: 'object',
        required: ['generator'],
        properties: {
          generator: {
            type: 'object',
            properties: {
              seed: { type: 'integer', minimum: 0 },
              ratePerSecond: { type: 'number', exclusiveMinimum: 0, maximum: 100000 },
            },
            additionalProperties: false,
          },
        },
        additionalProperties: false,
      },
    },
    security: securitySchema,
    access: {
      type: 'array',
      items: {
        type: 'object',
        required: ['principal', 'effect', 'actions', 'resourceType', 'resource'],
        properties: {
          principal: { type: 'string' },
          effect: { enum: ['allow', 'deny', 'mask'] },
          actions: {
            type: 'array',
            items: {
              enum: [
                '*',
                'read',
                'write',
                'create',
                'delete',
                'alter',
                'describe',
                'administer',
                'cluster-action',
                'describe-configs',
                'alter-configs',
                'idempotent-write',
              ],
            },
          },
          resourceType: {
            enum: ['*', 'topic', 'group', 'subject', 'table', 'pipeline', 'cluster', 'transactional-id'],
          },
          resource: { type: 'string' },
          columns: { type: 'array', items: { type: 'string' } },
          host: { type: 'string' },
        },
        additionalProperties: false,
      },
    },
  },
  additionalProperties: false,
})

const test: SchemaObject = {
  type: 'object',
  required: ['apiVersion', 'kind', 'metadata', 'given', 'expect'],
  properties: {
    apiVersion: { const: 'millrace/v1' },
    kind: { const: 'Test' },
    metadata: {
      ...metadata,
      properties: { ...metadata.properties, name: { type: 'string', minLength: 1, maxLength: 200 } },
    },
    given: {
      type: 'array',
      minItems: 1,
      items: {
        type: 'object',
        required: ['table'],
        properties: { table: { type: 'string' }, rows, watermark: { type: 'string' } },
        oneOf: [{ required: ['rows'] }, { required: ['watermark'] }],
        additionalProperties: false,
      },
    },
    expect: {
      type: 'array',
      minItems: 1,
      items: {
        type: 'object',
        required: ['table', 'rows'],
        properties: { table: { type: 'string' }, rows },
        additionalProperties: false,
      },
    },
  },
  additionalProperties: false,
}

export interface Kind {
  readonly kind: string
  /** What apiVersion must begin with. */
  readonly apiVersion: string
  readonly schema: SchemaObject
  readonly summary: string
}

/** Every kind, in the order of the guide. */
export const kinds: readonly Kind[] = [
  {
    kind: 'Project',
    apiVersion: 'millrace/v1',
    schema: project,
    summary: 'The folder itself: its name and the owner of what names no other.',
  },
  { kind: 'Owner', apiVersion: 'millrace/v1', schema: owner, summary: 'A team and how to reach it.' },
  {
    kind: 'Source',
    apiVersion: 'millrace/v1',
    schema: source,
    summary: 'A database whose tables are captured row by row.',
  },
  {
    kind: 'Environment',
    apiVersion: 'millrace/v1',
    schema: environment,
    summary: 'Where the folder runs: engines, lake path, listeners and users, access rules.',
  },
  {
    kind: 'Test',
    apiVersion: 'millrace/v1',
    schema: test,
    summary: 'Given rows with their times, the rows that are expected.',
  },
  {
    kind: 'DataContract',
    apiVersion: 'v3.',
    schema: contractSchema,
    summary: 'Open Data Contract Standard 3.1: columns, classification, row rules.',
  },
  {
    kind: 'SLO',
    apiVersion: 'openslo/v1',
    schema: sloSchema,
    summary: 'OpenSLO: a promise about an asset, with an objective.',
  },
]
