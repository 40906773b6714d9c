import assert from 'node:assert/strict'
import { test } from 'node:test'
import { types } from '../model/index.ts'
import type { ColumnLineage, PipelinePlan, TableDefinition } from '../sql/index.ts'
import { compileCatalog, downstreamOf, searchCatalog, upstreamOf, type CatalogInput } from './index.ts'

function table(name: string, columns: readonly string[]): TableDefinition {
  return {
    name,
    schema: { fields: columns.map((column) => ({ name: column, type: types.bigint(false) })) },
    primaryKey: null,
    watermark: null,
    distribution: null,
    options: {},
    source: { file: 'a.sql', line: 1, column: 1 },
    comment: null,
  }
}

const identity = (column: string, from: string): ColumnLineage => {
  const [sourceTable, sourceColumn] = from.split('.') as [string, string]
  return { column, sources: [{ table: sourceTable, column: sourceColumn }], transformation: 'identity' }
}

const pipeline = (name: string, inputs: readonly string[]) =>
  ({ name, sink: { table: name }, inputs }) as unknown as PipelinePlan

const input: CatalogInput = {
  tables: [
    table('events', ['user_id', 'amount']),
    table('enriched', ['uid', 'amount']),
    table('totals', ['who', 'sum']),
  ],
  pipelines: [pipeline('enriched', ['events']), pipeline('totals', ['enriched'])],
  lineage: new Map([
    ['enriched', [identity('uid', 'events.user_id'), identity('amount', 'events.amount')]],
    ['totals', [identity('who', 'enriched.uid'), identity('sum', 'enriched.amount')]],
  ]),
  ownerOf: (name) => (name === 'events' ? 'checkout' : 'platform'),
  contactOf: (owner) => `#${owner}`,
  capturedFrom: new Map(),
  classifications: new Map([['events', { user_id: 'personal' }]]),
  rules: [{ table: 'events', name: 'positive', text: 'amount > 0', severity: 'error' }],
  slos: [],
}

test('a classification flows with lineage, and names where it was declared', () => {
  const catalog = compileCatalog(input)
  const totals = catalog.assets.find((a) => a.name === 'totals')!
  assert.equal(totals.columns[0]!.classification, 'personal')
  assert.deepEqual(totals.columns[0]!.classifiedBy, [{ table: 'events', column: 'user_id' }])
  assert.equal(totals.columns[1]!.classification, null)
})

test('lineage walks both ways', () => {
  const catalog = compileCatalog(input)
  assert.deepEqual(upstreamOf(catalog, { table: 'totals', column: 'who' }), [
    { table: 'enriched', column: 'uid' },
    { table: 'events', column: 'user_id' },
  ])
  assert.deepEqual(downstreamOf(catalog, { table: 'events', column: 'amount' }), [
    { table: 'enriched', column: 'amount' },
    { table: 'totals', column: 'sum' },
  ])
})

test('search finds by name before column before owner', () => {
  const catalog = compileCatalog(input)
  assert.deepEqual(
    searchCatalog(catalog, 'enriched').map((a) => a.name),
    ['enriched'],
  )
  assert.deepEqual(
    searchCatalog(catalog, 'amount').map((a) => a.name),
    ['enriched', 'events'],
  )
  assert.deepEqual(
    searchCatalog(catalog, 'checkout').map((a) => a.name),
    ['events'],
  )
  assert.deepEqual(searchCatalog(catalog, 'nothing'), [])
})
