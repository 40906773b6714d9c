// State that would keep a person's values without knowing whose they are is refused by name, with what to do; what can be told
// is not, and what the plan needs for it is carried along.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { MillraceError } from '../base/index.ts'
import type { ErasureSpec } from '../engine/index.ts'
import type { SealingRule } from '../registry/index.ts'
import type { PipelinePlan } from '../sql/index.ts'
import { erasureOf, loadProject, projectNotices, resolveProject, type Project } from './index.ts'

const tables = (more = ''): string => `
CREATE TABLE people (id BIGINT NOT NULL, name STRING, mail STRING, country STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts)
  WITH ('millrace.encrypt.columns' = 'name, mail', 'millrace.encrypt.subject' = 'person-{id}'${more});
CREATE TABLE signups (id BIGINT NOT NULL, name STRING, mail STRING, country STRING, ts TIMESTAMP(3)) WITH ('millrace.format' = 'json');
CREATE TABLE orders (order_id BIGINT NOT NULL, person BIGINT, mail STRING) WITH ('millrace.format' = 'json');
CREATE TABLE devices (device STRING, mail STRING) WITH ('millrace.format' = 'avro-confluent', 'millrace.encrypt.columns' = 'mail');
`
interface Resolved {
  readonly errors: string[]
  readonly plan: PipelinePlan
  readonly erasureWith: (registered?: readonly SealingRule[]) => ErasureSpec | undefined
}

function loaded(sink: string, query: string, more = ''): Project {
  const millrace = 'apiVersion: millrace/v1\n'
  const project = loadProject(
    [
      { path: 'millrace.yaml', text: `${millrace}kind: Project\nmetadata: { name: shop, owner: platform }\n` },
      { path: 'o.yaml', text: `${millrace}kind: Owner\nmetadata: { name: platform }\nspec: { contact: "#p" }\n` },
      { path: 'tables.sql', text: `${tables(more)}CREATE TABLE copies (${sink});` },
      {
        path: 'pipelines.sql',
        text: `INSERT INTO people SELECT id, name, mail, country, ts FROM signups;\nINSERT INTO copies ${query};`,
      },
    ],
    {},
  )
  assert.deepEqual(project.errors, [])
  return project
}

function resolved(sink: string, query: string, more = ''): Resolved {
  const project = loaded(sink, query, more)
  const errors: MillraceError[] = []
  const desired = resolveProject(project, 'local', errors)
  const { plan } = desired.pipelines.find(({ name }) => name === 'copies')!
  return {
    errors: errors.map(({ code, message, place }) => `${code} ${place?.file}:${place?.line} ${message}`),
    plan,
    erasureWith: (registered = []) => erasureOf(plan, project.sql.tables, registered),
  }
}

const keyed = (columns: string, key: string): string => `${columns}, PRIMARY KEY (${key}) NOT ENFORCED`
const last = (keys: string): string =>
  `SELECT *, ROW_NUMBER() OVER (PARTITION BY ${keys} ORDER BY ts DESC) AS n FROM people`

test('what nobody can tell the person of is refused with pipeline, column and operator', () => {
  const refused: readonly (readonly [string, string, RegExp])[] = [
    [
      keyed('c STRING, m STRING', 'c'),
      'SELECT country, MAX(mail) FROM people GROUP BY country',
      /Pipeline copies keeps people\.mail in its state \(GROUP BY\)/,
    ],
    [
      keyed('m STRING, n BIGINT', 'm'),
      'SELECT mail, COUNT(*) FROM people GROUP BY mail',
      /people\.mail .*\(GROUP BY\)/,
    ],
    [
      keyed('c STRING, n BIGINT', 'c'),
      'SELECT country, COUNT(DISTINCT mail) FROM people GROUP BY country',
      /people\.mail .*\(COUNT\(DISTINCT …\)\)/,
    ],
    [
      'o BIGINT, m STRING',
      'SELECT o.order_id, p.m FROM orders o JOIN (SELECT UPPER(mail) AS m FROM people) p ON o.mail = p.m',
      /people\.mail .*\(a join\)/,
    ],
    [
      'o BIGINT, m STRING',
      'SELECT id, mail FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY mail ORDER BY ts) AS n FROM people) WHERE n = 1',
      /people\.mail .*\(ROW_NUMBER\(\) = 1\)/,
    ],
  ]
  for (const [sink, query, message] of refused) {
    const { errors } = resolved(sink, query)
    assert.ok(errors.length > 0, query)
    for (const error of errors) assert.match(error, /^MR-PROJECT-033 pipelines\.sql:2 /)
    assert.match(errors[0]!, message, query)
    assert.deepEqual(resolved(sink, query, ", 'millrace.encrypt.state' = 'clear'").errors, [], query)
  }
})

test('what can be told is not refused, and slots say whose what is', () => {
  const allowed: readonly (readonly [string, string, readonly object[]])[] = [
    // The person is carried along, though the query does not ask for it.
    [
      'o BIGINT, m STRING',
      'SELECT o.order_id, p.mail FROM orders o JOIN people p ON o.mail = p.mail',
      [{ source: 'people', columns: [1], subject: ['person-', 0] }],
    ],
    [
      'o BIGINT, m STRING',
      'SELECT o.order_id, p.m FROM orders o JOIN (SELECT id, UPPER(mail) AS m FROM people) p ON o.mail = p.m',
      [{ source: 'people', columns: [1], subject: ['person-', 0] }],
    ],
    // Equal to the person's column is as good.
    [
      keyed('p BIGINT, m STRING', 'p'),
      'SELECT o.person, MAX(p.mail) FROM orders o JOIN people p ON o.person = p.id GROUP BY o.person',
      [
        { source: 'people', columns: [1], subject: ['person-', 0] },
        { source: 'people', columns: [], subject: ['person-', 0] },
      ],
    ],
    [
      keyed('i BIGINT, m STRING, k BIGINT', 'i'),
      'SELECT id, MAX(mail), COUNT(DISTINCT name) FROM people GROUP BY id',
      [
        { source: 'people', columns: [], subject: ['person-', 0] },
        { source: 'people', columns: [], subject: ['person-', 0] },
      ],
    ],
    [
      keyed('m STRING, i BIGINT', 'm'),
      `SELECT mail, id FROM (${last('mail')}) WHERE n = 1`,
      [{ source: 'people', columns: [1], subject: ['person-', 0] }],
    ],
    // Counts and yes or no tell nothing of a text.
    [
      keyed('c STRING, n BIGINT', 'c'),
      "SELECT country, COUNT(*) FROM people WHERE mail LIKE '%@x' GROUP BY country",
      [],
    ],
    [keyed('c STRING, n BIGINT', 'c'), 'SELECT country, SUM(CHAR_LENGTH(mail)) FROM people GROUP BY country', []],
    // One key for the topic is nobody's.
    [
      keyed('m STRING, n BIGINT', 'm'),
      'SELECT mail, COUNT(*) FROM devices GROUP BY mail',
      [{ source: 'devices', columns: [0], subject: null }],
    ],
  ]
  for (const [sink, query, owners] of allowed) {
    const { errors, erasureWith } = resolved(sink, query)
    assert.deepEqual(errors, [], query)
    assert.deepEqual(
      erasureWith()!.slots.flatMap((slot) => slot.owners),
      owners,
      query,
    )
  }
})

test('a join that may lack one side does not take the other’s key for the person', () => {
  const query = 'SELECT o.person, MAX(p.mail) FROM orders o RIGHT JOIN people p ON o.person = p.id GROUP BY o.person'
  assert.match(resolved(keyed('p BIGINT, m STRING', 'p'), query).errors[0]!, /people\.mail .*\(GROUP BY\)/)
})

test('pipelines that read nothing encrypted, and those that keep nothing, are what they were', () => {
  const plain = resolved(
    'o BIGINT, n BIGINT, PRIMARY KEY (o) NOT ENFORCED',
    'SELECT person, COUNT(*) FROM orders GROUP BY person',
  )
  assert.equal(plain.erasureWith(), undefined)
  const stateless = resolved('m STRING', 'SELECT mail FROM people')
  assert.deepEqual(stateless.errors, [])
  assert.deepEqual(
    stateless.plan.root.schema.fields.map(({ name }) => name),
    ['mail'],
  )
  assert.deepEqual(stateless.erasureWith()!.slots, [])
})

test('what the option allows is said each time', () => {
  const query = 'SELECT country, MAX(mail) FROM people GROUP BY country'
  const project = loaded(keyed('c STRING, m STRING', 'c'), query, ", 'millrace.encrypt.state' = 'clear'")
  const texts = projectNotices(project).map(({ text }) => text)
  assert.equal(texts.length, 2)
  assert.match(texts[1]!, /^pipeline copies keeps people\.mail \(GROUP BY\) in its state, .* does not reach it/)
})

test('the option that allows it has one value', () => {
  const { errors } = resolved('m STRING', 'SELECT mail FROM people', ", 'millrace.encrypt.state' = 'open'")
  assert.match(errors[0]!, /MR-PROJECT-019 .*millrace\.encrypt\.state is open/)
})

test('state with what only a registered rule encrypts is named', () => {
  const query = 'SELECT o.order_id, o.mail FROM orders o JOIN devices d ON o.mail = d.device'
  const of = (registered: string[]): string[] =>
    projectNotices(loaded('o BIGINT, m STRING', query), new Map([['orders', registered]])).map(({ text }) => text)
  assert.equal(of([]).length, 0)
  const [leak, state, ...more] = of(['mail'])
  assert.deepEqual(more, [])
  assert.match(leak!, /is written in clear/)
  assert.match(state!, /^pipeline copies keeps in its state what a rule of the schema of orders encrypts \(mail\)/)
})

test('what earlier rules of the topic sealed, and rules of others, is known too, each with its keys', () => {
  const query = 'SELECT o.order_id, p.mail FROM orders o JOIN people p ON o.mail = p.mail'
  const { erasureWith } = resolved('o BIGINT, m STRING', query)
  const rule = { subject: 'people-value', path: ['mail'], kekName: 'millrace', algorithm: 'AES256_GCM' }
  const registered: SealingRule[] = [
    // The folder's own.
    { ...rule, keySubject: 'person-{id}' },
    { ...rule, kekName: 'former', keySubject: 'person-{id}' },
    { ...rule, keySubject: 'by-country-{country}' },
    { ...rule, path: null, kekName: 'whole', keySubject: 'person-{id}' },
    { ...rule, subject: 'orders-value', path: ['after', 'mail'], keySubject: null },
    { ...rule, subject: 'others-value', keySubject: null },
  ]
  const { sources, slots } = erasureWith(registered)!
  const former = 'people ["former","AES256_GCM","person-{id}"]'
  const whole = 'people ["whole","AES256_GCM","person-{id}"]'
  assert.deepEqual(
    sources.map(({ source, table, kekName }) => [source, table, kekName]),
    [
      ['people', 'people', 'millrace'],
      [former, 'people', 'former'],
      ['people ["millrace","AES256_GCM","by-country-{country}"]', 'people', 'millrace'],
      [whole, 'people', 'whole'],
      ['orders', 'orders', 'millrace'],
    ],
  )
  // Whose country it was nobody can tell there.
  assert.deepEqual(
    slots.map(({ owners }) => owners),
    [
      [
        { source: 'people', columns: [1], subject: ['person-', 0] },
        { source: former, columns: [1], subject: ['person-', 0] },
        { source: whole, columns: [0, 1], subject: ['person-', 0] },
      ],
      [{ source: 'orders', columns: [1], subject: null }],
    ],
  )
})
