// The catalog's rules, asked through its REST routes, on a disk in memory.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileRoutes, createMemoryDisk, encodeText, type HttpResponse } from '../base/index.ts'
import { makeAuthorize, types } from '../model/index.ts'
import { Catalog } from './catalog.ts'
import { openSqliteStore } from './catalog-store.ts'
import { formatJson, parseJson } from './iceberg/json.ts'
import { tablesLimits } from './limits.ts'
import { catalogRoutes } from './routes.ts'
import { openTable, type TableSpec } from './table-spec.ts'
import { seededRandom, SteppedClock } from './testing.ts'

type Answer = { status: number; body: any; headers: Readonly<Record<string, string>> } // oxlint-disable-line no-explicit-any

function world() {
  const disk = createMemoryDisk()
  const clock = new SteppedClock()
  const catalog = new Catalog({
    lake: { disk, uri: 'file:///lake' },
    store: openSqliteStore(':memory:'),
    clock,
    random: seededRandom(5),
  })
  const find = compileRoutes(catalogRoutes(catalog, makeAuthorize([])))
  const call = (method: string, target: string, body?: unknown, headers: Record<string, string> = {}): Answer => {
    const [path, query] = target.split('?')
    const found = find(method, path!.split('/').slice(1).map(decodeURIComponent))
    assert.equal(found.kind, 'route', target)
    if (found.kind !== 'route') throw new Error('no route')
    const bytes = body === undefined ? new Uint8Array(0) : encodeText(formatJson(body))
    const request = {
      method,
      path: path!,
      parameters: found.parameters,
      query: new URLSearchParams(query),
      headers,
      body: bytes,
      principal: 'User:anonymous',
      remote: '',
      host: '127.0.0.1',
      signal: new AbortController().signal,
    }
    const response = found.handler(request) as HttpResponse
    return {
      status: response.status,
      body: response.body ? parseJson(response.body as string) : undefined,
      headers: response.headers ?? {},
    }
  }
  return { call, catalog, disk, clock }
}

const schema = {
  type: 'struct',
  'schema-id': 0,
  fields: [
    { id: 7, name: 'a', required: true, type: 'long' },
    {
      id: 9,
      name: 'b',
      required: false,
      type: { type: 'list', 'element-id': 11, element: 'string', 'element-required': false },
    },
  ],
}
const snapshotId = 3051729675574597004n
const snapshot = {
  'snapshot-id': snapshotId,
  'sequence-number': 1,
  'timestamp-ms': 1_700_000_000_000,
  'manifest-list': 'file:///lake/ns/t/metadata/x.avro',
  summary: { operation: 'append' },
  'schema-id': 0,
}
const append = {
  requirements: [{ type: 'assert-ref-snapshot-id', ref: 'main', 'snapshot-id': null }],
  updates: [
    { action: 'add-snapshot', snapshot },
    { action: 'set-snapshot-ref', 'ref-name': 'main', type: 'branch', 'snapshot-id': snapshotId },
  ],
}

test('namespaces are made, listed by page, described and dropped, with the errors that the protocol names', () => {
  const { call } = world()
  for (const name of ['b', 'a', 'c'])
    assert.equal(call('POST', '/v1/namespaces', { namespace: [name], properties: { owner: name } }).status, 200)
  assert.deepEqual(call('GET', '/v1/namespaces?pageSize=2').body, {
    namespaces: [['a'], ['b']],
    'next-page-token': 'b',
  })
  assert.deepEqual(call('GET', '/v1/namespaces?pageSize=2&pageToken=b').body, {
    namespaces: [['c']],
    'next-page-token': null,
  })
  assert.deepEqual(call('GET', '/v1/namespaces/a').body, { namespace: ['a'], properties: { owner: 'a' } })
  assert.equal(call('POST', '/v1/namespaces', { namespace: ['a'] }).body.error.type, 'AlreadyExistsException')
  assert.deepEqual(
    call('POST', '/v1/namespaces/a/properties', { removals: ['owner', 'x'], updates: { k: 'v' } }).body,
    { removed: ['owner'], updated: ['k'], missing: ['x'] },
  )
  assert.equal(call('POST', '/v1/namespaces/a/properties', { removals: ['k'], updates: { k: 'v' } }).status, 422)
  assert.equal(call('DELETE', '/v1/namespaces/a').status, 204)
  assert.deepEqual(call('GET', '/v1/namespaces/a').body, {
    error: { message: 'Namespace does not exist: a', type: 'NoSuchNamespaceException', code: 404 },
  })
  assert.equal(call('POST', '/v1/namespaces', { namespace: ['a', 'b'] }).status, 400)
  assert.equal(call('POST', '/v1/namespaces', { namespace: ['../x'] }).status, 400)
})

test('a table is created with fresh ids, loaded with a tag, committed to, and a lost race is 409', () => {
  const { call } = world()
  call('POST', '/v1/namespaces', { namespace: ['ns'] })
  assert.equal(
    call('POST', '/v1/namespaces/nope/tables', { name: 't', schema }).body.error.type,
    'NoSuchNamespaceException',
  )
  const created = call('POST', '/v1/namespaces/ns/tables', { name: 't', schema })
  assert.equal(created.status, 200)
  assert.equal(created.body.metadata.location, 'file:///lake/ns/t')
  assert.deepEqual(
    created.body.metadata.schemas[0].fields.map((f: { id: number }) => f.id),
    [1, 2],
  )
  assert.equal(created.body.metadata['last-column-id'], 3)
  assert.equal(
    call('POST', '/v1/namespaces/ns/tables', { name: 't', schema }).body.error.type,
    'AlreadyExistsException',
  )
  const table = '/v1/namespaces/ns/tables/t'
  const committed = call('POST', table, append)
  assert.equal(committed.body.metadata['current-snapshot-id'], snapshotId)
  assert.equal(committed.body.metadata['metadata-log'].length, 1)
  assert.equal(call('POST', table, append).body.error.type, 'CommitFailedException')
  const loaded = call('GET', table)
  assert.equal(loaded.body.metadata.refs.main['snapshot-id'], snapshotId)
  assert.equal(call('GET', table, undefined, { 'if-none-match': loaded.headers.etag! }).status, 304)
  assert.equal(call('GET', '/v1/namespaces/ns/tables/t?snapshots=refs').body.metadata.snapshots.length, 1)
})

test('unknown updates and requirements are 400, and change nothing', () => {
  const { call, disk } = world()
  call('POST', '/v1/namespaces', { namespace: ['ns'] })
  call('POST', '/v1/namespaces/ns/tables', { name: 't', schema })
  const before = disk.list('ns/t/metadata')
  assert.equal(
    call('POST', '/v1/namespaces/ns/tables/t', { requirements: [], updates: [{ action: 'do-magic' }] }).status,
    400,
  )
  assert.equal(
    call('POST', '/v1/namespaces/ns/tables/t', { requirements: [{ type: 'assert-magic' }], updates: [] }).status,
    400,
  )
  assert.equal(
    call('POST', '/v1/namespaces/ns/tables/t', {
      requirements: [],
      updates: [{ action: 'upgrade-format-version', 'format-version': 3 }],
    }).status,
    400,
  )
  assert.deepEqual(disk.list('ns/t/metadata'), before)
})

test('several tables are committed together, or none', () => {
  const { call } = world()
  call('POST', '/v1/namespaces', { namespace: ['ns'] })
  for (const name of ['t', 'u']) call('POST', '/v1/namespaces/ns/tables', { name, schema })
  const change = (name: string, requirements: unknown[]) => ({
    identifier: { namespace: ['ns'], name },
    requirements,
    updates: [{ action: 'set-properties', updates: { k: 'v' } }],
  })
  const both = {
    'table-changes': [change('t', []), change('u', [{ type: 'assert-current-schema-id', 'current-schema-id': 5 }])],
  }
  assert.equal(call('POST', '/v1/transactions/commit', both).status, 409)
  assert.deepEqual(call('GET', '/v1/namespaces/ns/tables/t').body.metadata.properties, {})
  assert.equal(
    call('POST', '/v1/transactions/commit', { 'table-changes': [change('t', []), change('u', [])] }).status,
    204,
  )
  assert.deepEqual(call('GET', '/v1/namespaces/ns/tables/u').body.metadata.properties, { k: 'v' })
})

test('a staged table exists only after its commit', () => {
  const { call } = world()
  call('POST', '/v1/namespaces', { namespace: ['ns'] })
  const staged = call('POST', '/v1/namespaces/ns/tables', { name: 't', schema, 'stage-create': true })
  assert.equal(call('GET', '/v1/namespaces/ns/tables').body.identifiers.length, 0)
  const { metadata } = staged.body
  const updates = [
    { action: 'assign-uuid', uuid: metadata['table-uuid'] },
    { action: 'set-location', location: metadata.location },
    { action: 'add-schema', schema: metadata.schemas[0] },
    { action: 'set-current-schema', 'schema-id': -1 },
    { action: 'add-spec', spec: metadata['partition-specs'][0] },
    { action: 'set-default-spec', 'spec-id': -1 },
    { action: 'add-sort-order', 'sort-order': metadata['sort-orders'][0] },
    { action: 'set-default-sort-order', 'sort-order-id': -1 },
  ]
  const done = call('POST', '/v1/namespaces/ns/tables/t', { requirements: [{ type: 'assert-create' }], updates })
  assert.equal(done.body.metadata['table-uuid'], metadata['table-uuid'])
  assert.equal(
    call('POST', '/v1/namespaces/ns/tables/t', { requirements: [{ type: 'assert-create' }], updates }).status,
    409,
  )
})

test('drop with purge removes the folder, rename keeps it, and a new table of an old name gets another', () => {
  const { call, disk } = world()
  call('POST', '/v1/namespaces', { namespace: ['ns'] })
  call('POST', '/v1/namespaces/ns/tables', { name: 't', schema })
  assert.equal(
    call('POST', '/v1/tables/rename', {
      source: { namespace: ['ns'], name: 't' },
      destination: { namespace: ['ns'], name: 'u' },
    }).status,
    204,
  )
  const again = call('POST', '/v1/namespaces/ns/tables', { name: 't', schema })
  assert.match(again.body.metadata.location, /^file:\/\/\/lake\/ns\/t-[0-9a-f]{8}$/)
  assert.equal(call('DELETE', '/v1/namespaces/ns').body.error.type, 'NamespaceNotEmptyException')
  assert.equal(call('DELETE', '/v1/namespaces/ns/tables/u?purgeRequested=true').status, 204)
  assert.equal(disk.exists('ns/t'), false)
})

test('a table that Millrace feeds cannot be changed, dropped or renamed from outside', () => {
  const { call, catalog, clock } = world()
  const columns = { fields: [{ name: 'id', type: types.bigint(false) }] }
  const spec: TableSpec = {
    namespace: 'shop',
    name: 'events',
    schema: columns,
    mode: 'append',
    primaryKey: null,
    topic: {
      topic: 'events',
      schema: columns,
      keyColumns: null,
      keyFormat: 'raw',
      valueFormat: 'json',
      primaryKey: null,
    },
  }
  openTable(catalog, spec, { clock, random: seededRandom(2), limits: tablesLimits })
  const table = '/v1/namespaces/shop/tables/events'
  assert.equal(call('GET', table).status, 200)
  for (const answer of [
    call('POST', table, append),
    call('DELETE', table),
    call('POST', '/v1/tables/rename', {
      source: { namespace: ['shop'], name: 'events' },
      destination: { namespace: ['shop'], name: 'x' },
    }),
  ]) {
    assert.equal(answer.status, 403)
    assert.match(answer.body.error.message, /fed by Millrace from topic events/)
  }
})

test('access rules are asked with the table and the action', () => {
  const { catalog } = world()
  catalog.createNamespace('ns', {})
  const asked: string[] = []
  const routes = catalogRoutes(catalog, (request) => {
    asked.push(`${request.action} ${request.resource.name}`)
    return { kind: 'deny', reason: 'not yours' }
  })
  const find = compileRoutes(routes)
  const found = find('GET', ['v1', 'namespaces', 'ns', 'tables', 't'])
  assert.ok(found.kind === 'route')
  const response = found.handler({
    method: 'GET',
    path: '',
    parameters: found.parameters,
    query: new URLSearchParams(),
    headers: {},
    body: new Uint8Array(0),
    principal: 'User:eve',
    remote: '',
    host: '127.0.0.1',
    signal: new AbortController().signal,
  }) as HttpResponse
  assert.equal(response.status, 403)
  assert.deepEqual(asked, ['read ns.t'])
})
