// A misspelt field, kind or name in a YAML file of each kind: one message, its place, and what is meant.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Ajv } from 'ajv'
import { formatError } from '../base/index.ts'
import { kinds, loadProject, type ProjectFile } from './index.ts'

const good: Readonly<Record<string, string>> = {
  Project: `apiVersion: millrace/v1
kind: Project
metadata: { name: shop, owner: payments }
`,
  Owner: `apiVersion: millrace/v1
kind: Owner
metadata: { name: payments }
spec: { contact: "#payments" }
`,
  Source: `apiVersion: millrace/v1
kind: Source
metadata: { name: database }
spec:
  type: mysql
  url: null
  heartbeat: { every: 10s, tables: { users: { name: x } } }
  tables:
    shop.users: users
`,
  Environment: `apiVersion: millrace/v1
kind: Environment
metadata: { name: local }
spec:
  topics: embedded
  durability: synced
  sources: { database: { generator: { seed: 1, ratePerSecond: 5 } } }
  security:
    listeners:
      - { name: outside, protocol: SASL_SSL, port: 9093, certificate: c.pem, key: k.pem, mechanisms: [PLAIN] }
    users: [{ name: ann, passwordVariable: ANN }]
    tokens: { keys: https://idp.example/keys, clockSkew: 30s }
    quotas: [{ user: ann, producerByteRate: 1000 }]
    connections: { idle: 10m }
  access:
    - { principal: "User:ann", effect: allow, actions: [read], resourceType: topic, resource: users }
`,
  Test: `apiVersion: millrace/v1
kind: Test
metadata: { name: a test }
given:
  - table: users
    rows:
      - { id: 1, name: x }
expect:
  - { table: users, rows: [{ id: 1 }] }
`,
  DataContract: `apiVersion: v3.1.0
kind: DataContract
id: users
version: 1.0.0
status: active
description: { purpose: people }
team:
  name: payments
slaProperties: [{ property: latency, value: 1, unit: d }]
schema:
  - name: users
    physicalType: topic
    properties:
      - name: id
        logicalType: integer
        required: true
        logicalTypeOptions: { minimum: 1 }
      - { name: name, classification: personal }
    quality:
      - { name: positive, type: custom, engine: millrace, severity: error, implementation: id > 0 }
`,
  SLO: `apiVersion: openslo/v1
kind: SLO
metadata: { name: fresh, labels: { owner: payments } }
spec:
  indicator:
    metadata: { name: freshness }
    spec:
      thresholdMetric:
        metricSource: { type: millrace, spec: { asset: users, metric: freshness_seconds } }
  timeWindow: [{ duration: 1d, isRolling: true }]
  budgetingMethod: Timeslices
  objectives:
    - { op: lte, value: 30, target: 0.99 }
`,
}

const tables: ProjectFile = {
  path: 'tables.sql',
  text: 'CREATE TABLE users (id BIGINT NOT NULL, name STRING, PRIMARY KEY (id) NOT ENFORCED);',
}

/** What the folder says when one word of a kind's file is another. */
function mistakes(kind: string, written: string, slip: string): string[] {
  const files = Object.entries(good).map(([name, text]): ProjectFile => {
    const changed = name === kind ? text.replace(written, () => slip) : text
    assert.ok(name !== kind || written === '' || changed !== text, `${written} is not in the file of ${kind}`)
    return { path: `${name}.yaml`, text: changed }
  })
  return loadProject([...files, tables], {}).errors.map(formatError)
}

test('the schemas of all kinds are JSON Schemas', () => {
  for (const { schema } of kinds) new Ajv({ strict: false, allowUnionTypes: true }).compile(schema)
})

const meant = (word: string): RegExp => new RegExp(`[Dd]id you mean ${word}\\?`)

test('the files that the slips are made in are right, and there is one of each kind', () => {
  assert.deepEqual(mistakes('', '', ''), [])
  assert.deepEqual(Object.keys(good).toSorted(), kinds.map(({ kind }) => kind).toSorted())
})

for (const [kind, written, slip, place, word] of [
  ['Project', 'kind', 'knd', '2:1', 'kind'],
  ['Project', 'kind: Project', 'kind: Projcet', '2:1', 'Project'],
  ['Project', 'apiVersion', 'apiversion', '1:1', 'apiVersion'],
  ['Project', 'metadata', 'metdata', '3:1', 'metadata'],
  ['Project', 'owner:', 'ownr:', '3:25', 'owner'],
  [
    'Project',
    'metadata: { name: shop, owner: payments }',
    'metadata: { name: shop }\nowner: payments',
    '4:1',
    'metadata.owner',
  ],
  ['Project', 'owner: payments', 'owner: payment', '3:25', 'payments'],
  ['Owner', 'kind: Owner', 'kind: Ownr', '2:1', 'Owner'],
  ['Owner', 'contact', 'contcat', '4:9', 'contact'],
  ['Source', 'heartbeat', 'heartbeats', '7:3', 'heartbeat'],
  ['Source', 'every', 'evry', '7:16', 'every'],
  ['Source', 'type: mysql', 'type: msyql', '5:3', undefined],
  ['Source', 'tables:\n', 'table:\n', '8:3', 'tables'],
  ['Source', ': users\n', ': user\n', '9:5', 'users'],
  ['Source', '{ name: x }', '{ nmae: x }', '7:47', 'name'],
  ['Environment', 'durability', 'durabilty', '6:3', 'durability'],
  ['Environment', 'synced', 'syncd', '6:3', 'synced'],
  ['Environment', '{ database:', '{ databse:', '7:14', 'database'],
  ['Environment', 'ratePerSecond', 'rate_per_second', '7:48', 'ratePerSecond'],
  ['Environment', 'listeners', 'listner', '9:5', 'listeners'],
  ['Environment', 'certificate', 'certficate', '10:58', 'certificate'],
  ['Environment', 'SASL_SSL', 'SASLSSL', '10:26', 'SASL_SSL'],
  ['Environment', 'passwordVariable', 'passwordVar', '11:26', undefined],
  ['Environment', 'clockSkew', 'clockskew', '12:47', 'clockSkew'],
  ['Environment', 'producerByteRate', 'producerByterate', '13:27', 'producerByteRate'],
  ['Environment', 'idle', 'idel', '14:20', 'idle'],
  ['Environment', 'resourceType', 'resourcetype', '16:64', 'resourceType'],
  ['Environment', '[read]', '[reed]', '16:57', 'read'],
  ['Test', 'given', 'givn', '4:1', 'given'],
  ['Test', 'rows:\n', 'row:\n', '6:5', 'rows'],
  ['Test', 'table: users\n', 'table: usres\n', '5:5', 'users'],
  ['Test', 'id: 1, name', 'id: 1, nam', '7:18', 'name'],
  ['DataContract', 'status', 'staus', '5:1', 'status'],
  ['DataContract', 'purpose', 'pupose', '6:16', 'purpose'],
  ['DataContract', 'team', 'teams', '7:1', 'team'],
  ['DataContract', '  name: payments', '  name: paymnets', '8:3', 'payments'],
  ['DataContract', 'property', 'proprty', '9:19', 'property'],
  ['DataContract', 'schema:', 'shcema:', '10:1', 'schema'],
  ['DataContract', 'physicalType', 'physicaltype', '12:5', 'physicalType'],
  ['DataContract', 'required', 'requird', '16:9', 'required'],
  ['DataContract', 'minimum', 'minimun', '17:31', 'minimum'],
  ['DataContract', 'classification', 'clasification', '18:23', 'classification'],
  ['DataContract', '{ name: name', '{ name: nmae', '18:11', 'name'],
  ['DataContract', 'severity', 'severty', '20:59', 'severity'],
  ['DataContract', 'custom', 'custm', '20:27', 'custom'],
  ['SLO', 'labels', 'lables', '3:26', 'labels'],
  ['SLO', 'indicator', 'indicater', '5:3', 'indicator'],
  ['SLO', 'thresholdMetric', 'tresholdMetric', '8:7', 'thresholdMetric'],
  ['SLO', 'asset', 'aset', '9:49', 'asset'],
  ['SLO', 'freshness_seconds', 'freshnes_seconds', '9:63', undefined],
  ['SLO', 'isRolling', 'isrolling', '10:32', 'isRolling'],
  ['SLO', 'target', 'tagret', '13:29', 'target'],
] as const) {
  test(`${kind}: ${slip.replace('\n', ' ').trim()} for ${written.trim()}`, () => {
    const said = mistakes(kind, written, slip)
    assert.equal(said.length, 1, said.join('\n'))
    assert.ok(said[0]!.startsWith(`${kind}.yaml:${place}: `), said[0])
    assert.match(
      said[0]!,
      word === undefined
        ? /the fields here: name, passwordFile, passwordVariable|must be (freshness_seconds|mysql)\b/
        : meant(word),
    )
  })
}

test('a field that is wrong says what is right', () => {
  assert.match(mistakes('Source', '10s', 'often')[0]!, /every: must be a duration such as 500ms, 10s, 5m/)
  assert.match(mistakes('Owner', '{ name: payments }', '{}')[0]!, /metadata: the field name is missing/)
  const given = '    rows:\n      - { id: 1, name: x }\n'
  assert.match(mistakes('Test', given, '')[0]!, /given\.0: must have one of the fields rows, watermark, and not more/)
})

test('whatever stands where an object should be, each file is one mistake or more and nothing throws', () => {
  for (const kind of Object.keys(good)) {
    for (const value of ['', '5', '[1]', 'text', '{ name: 5, owner: [], tables: [1], contact: {} }']) {
      for (const field of ['metadata', 'spec', 'schema', 'team', 'given']) {
        const text = good[kind]!.split('\n').slice(0, 2).join('\n')
        const files = Object.entries({ ...good, [kind]: `${text}\n${field}: ${value}\n` })
        const project = loadProject([...files.map(([name, of]) => ({ path: `${name}.yaml`, text: of })), tables], {})
        assert.ok(project.errors.length > 0)
        for (const error of project.errors) assert.match(formatError(error), /^\w+\.yaml:\d+:\d+: /)
      }
    }
  }
})
