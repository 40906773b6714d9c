// Columns that a folder has encrypted: what is registered for them, and what is refused when the folder is read.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { MillraceError } from '../base/index.ts'
import { diffProject, loadProject, resolveProject, resourceTexts, type Desired } from './index.ts'

const millrace = 'apiVersion: millrace/v1\n'
const columns = 'id BIGINT NOT NULL, name STRING, born DATE, home ROW<street STRING, city STRING>'

function resolved(options: string, errors: MillraceError[] = []): Desired {
  const project = loadProject(
    [
      { path: 'millrace.yaml', text: `${millrace}kind: Project\nmetadata: { name: shop, owner: platform }\n` },
      {
        path: 'owner.yaml',
        text: `${millrace}kind: Owner\nmetadata: { name: platform }\nspec: { contact: "#platform" }\n`,
      },
      {
        path: 'tables.sql',
        text: `CREATE TABLE people (${columns}) DISTRIBUTED BY HASH(id) INTO 1 BUCKETS WITH (${options});\nCREATE TABLE incoming (${columns});`,
      },
      { path: 'pipelines.sql', text: 'INSERT INTO people SELECT id, name, born, home FROM incoming;' },
    ],
    {},
  )
  assert.deepEqual(project.errors, [])
  return resolveProject(project, 'local', errors)
}
const rulesOf = (desired: Desired) => desired.schemas.find(({ topic }) => topic === 'people')!.rules
const option = (name: string, value: string): string => `'millrace.encrypt.${name}' = '${value}'`

test('columns become tags by their names in the schema, in each format', () => {
  for (const [format, name, street] of [
    [
      'avro-confluent',
      'org.apache.flink.avro.generated.record.name',
      'org.apache.flink.avro.generated.record_home.street',
    ],
    ['debezium-avro-confluent', 'org.apache.flink.avro.generated.record_after.name', undefined],
    ['json-confluent', '$.name', '$.home.street'],
  ] as const) {
    const rules = rulesOf(resolved(`'millrace.format' = '${format}', ${option('columns', 'name, home.street')}`))
    const tagged = Object.keys(rules!.metadata!.tags!)
    assert.equal(tagged.includes(name), true, tagged.join(' '))
    if (street !== undefined) assert.equal(tagged.includes(street), true, tagged.join(' '))
    const [rule] = rules!.ruleSet!.domainRules!
    assert.equal(rule!.params!['encrypt.kek.name'], 'millrace')
    assert.equal('millrace.dek.subject' in rule!.params!, false)
  }
  const rules = rulesOf(
    resolved([option('columns', 'name'), option('subject', 'person-{id}'), option('kek', 'pii')].join()),
  )
  assert.equal(rules!.ruleSet!.domainRules![0]!.params!['millrace.dek.subject'], 'person-{id}')
  assert.equal(rulesOf(resolved(`'millrace.lake' = 'append'`)), undefined)
})

test('what cannot be encrypted is refused, with what could be', () => {
  const refusals: readonly (readonly [string, RegExp])[] = [
    [option('columns', 'nam'), /columns is nam,/],
    [option('columns', 'born'), /columns is born,/],
    [option('columns', 'home'), /columns is home,/],
    [option('columns', 'id'), /columns is id,/],
    [option('columns', ''), /columns is empty,/],
    [option('kek', 'a b'), /columns is empty,.*kek is a b,/s],
    [`${option('columns', 'name')}, ${option('algorithm', 'AES')}`, /algorithm is AES,/],
    [`${option('columns', 'name')}, 'millrace.format' = 'json'`, /columns is json,/],
    [`${option('columns', 'name')}, ${option('subject', 'people')}`, /subject is people,/],
    [`${option('columns', 'name')}, ${option('subject', 'p-{nobody}')}`, /subject is p-\{nobody\},/],
    // The key's name would tell what is sealed.
    [`${option('columns', 'name')}, ${option('subject', 'p-{name}')}`, /subject is p-\{name\},/],
  ]
  for (const [options, message] of refusals) {
    const errors: MillraceError[] = []
    resolved(options, errors)
    assert.match(errors.map((error) => error.message).join('\n'), message)
    for (const { code, place } of errors) assert.deepEqual([code, place?.file], ['MR-PROJECT-019', 'tables.sql'])
  }
  const service: MillraceError[] = []
  const project = loadProject(
    [
      { path: 'millrace.yaml', text: `${millrace}kind: Project\nmetadata: { name: shop, owner: o }\n` },
      { path: 'owner.yaml', text: `${millrace}kind: Owner\nmetadata: { name: o }\nspec: { contact: "#o" }\n` },
      {
        path: 'tables.sql',
        text: `CREATE TABLE people (id BIGINT NOT NULL, name STRING) WITH (${option('columns', 'name')}, ${option('subject', 'p-{id}')});`,
      },
    ],
    {},
  )
  resolveProject(project, 'local', service)
  assert.match(service[0]!.message, /subject is p-\{id\}/)
})

const change = (from: Desired, to: Desired) => diffProject(to, resourceTexts(from))

test('to encrypt more is a change like others; to write in clear what was encrypted needs an approval', () => {
  const [plain, sealed] = [
    resolved(`'millrace.lake' = 'append'`),
    resolved(`'millrace.lake' = 'append', ${option('columns', 'name')}`),
  ]
  assert.deepEqual(
    change(plain, sealed).map(({ kind, name, refused }) => [kind, name, refused]),
    [['schema', 'people-value', false]],
  )
  const [away] = change(sealed, plain)
  assert.deepEqual(
    [away!.refused, away!.risks],
    [true, ['columns that were encrypted are written in clear from now on']],
  )
  assert.deepEqual(change(sealed, sealed), [])
})
