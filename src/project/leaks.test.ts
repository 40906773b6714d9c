// Encrypted columns that a pipeline writes in clear are named, with what to write; what tells nothing of them is not.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encryptedByRules, loadProject, projectNotices, resolveProject, type Project } from './index.ts'

const people = `CREATE TABLE people (id BIGINT NOT NULL, name STRING, mail STRING, picture BYTES, home ROW<street STRING, city STRING>)
  WITH ('millrace.encrypt.columns' = 'name, mail, picture, home.street');`

/** Notices of a folder with one more table and one pipeline. */
const noticesOf = (table: string, pipeline: string, more = ''): string[] =>
  textsOf(projectNotices(load(table, pipeline, more)))

const textsOf = (notices: ReturnType<typeof projectNotices>): string[] =>
  notices.map(({ text, place }) => `${place.file}:${place.line} ${text}`)

function load(table: string, pipeline: string, more = ''): Project {
  const millrace = 'apiVersion: millrace/v1\n'
  const project = loadProject(
    [
      { path: 'millrace.yaml', text: `${millrace}kind: Project\nmetadata: { name: shop, owner: platform }\n` },
      { path: 'o.yaml', text: `${millrace}kind: Owner\nmetadata: { name: platform }\nspec: { contact: "#p" }\n` },
      { path: 'tables.sql', text: `${people}\nCREATE TABLE copies ${table};\n${more}` },
      { path: 'pipelines.sql', text: `\n${pipeline}` },
    ],
    {},
  )
  assert.deepEqual(project.errors, [])
  return project
}

test('a copy in clear is named with its pipeline, both columns, and what to write', () => {
  assert.deepEqual(noticesOf('(id BIGINT, who STRING)', 'INSERT INTO copies SELECT id, name FROM people;'), [
    "pipelines.sql:2 pipeline copies: people.name is encrypted, and copies.who, which comes from it, is written in clear: write 'millrace.encrypt.columns' = 'who' in CREATE TABLE copies, or leave the column out",
  ])
})

test('what carries the text on is a copy: expressions, views, keys of groups, aggregates that give text', () => {
  const leaks: readonly (readonly [string, string, RegExp])[] = [
    ['(who STRING)', 'SELECT UPPER(name) FROM people', /people\.name is encrypted.*copies\.who/],
    ['(who STRING)', "SELECT name || ' ' || mail FROM people", /people\.mail, people\.name are encrypted/],
    ['(who STRING)', "SELECT COALESCE(name, 'nobody') FROM people", /people\.name/],
    ['(card BIGINT)', 'SELECT CAST(mail AS BIGINT) FROM people', /only text and bytes can be encrypted/],
    ['(r BYTES)', 'SELECT picture FROM people', /people\.picture/],
    ['(who STRING)', 'SELECT w FROM v', /people\.name/],
    [
      '(who STRING, n BIGINT, PRIMARY KEY (who) NOT ENFORCED)',
      'SELECT name, COUNT(*) FROM people GROUP BY name',
      /a key is not encrypted/,
    ],
    [
      '(id BIGINT, who STRING, PRIMARY KEY (id) NOT ENFORCED)',
      'SELECT id, MAX(name) FROM people GROUP BY id',
      /people\.name/,
    ],
    ['(home ROW<street STRING, city STRING>)', 'SELECT home FROM people', /people\.home\.street.*of a row: its fields/],
  ]
  for (const [table, query, message] of leaks) {
    const notices = noticesOf(
      table,
      `INSERT INTO copies ${query};`,
      'CREATE VIEW v AS SELECT name AS w, id FROM people;',
    )
    assert.equal(notices.length, 1, query)
    assert.match(notices[0]!, message, query)
  }
})

test('no leak: encrypted there too, counted, tested, filtered by, or not encrypted in the first place', () => {
  const encrypted = (columns: string): string => `WITH ('millrace.encrypt.columns' = '${columns}')`
  for (const [table, query] of [
    [`(who STRING) ${encrypted('who')}`, 'SELECT name FROM people'],
    [`(h ROW<street STRING, city STRING>) ${encrypted('h.street')}`, 'SELECT home FROM people'],
    ['(n BIGINT)', 'SELECT id FROM people'],
    ['(id BIGINT, n BIGINT, PRIMARY KEY (id) NOT ENFORCED)', 'SELECT id, COUNT(DISTINCT name) FROM people GROUP BY id'],
    ['(id BIGINT, known BOOLEAN)', 'SELECT id, name IS NOT NULL FROM people'],
    ['(id BIGINT)', "SELECT id FROM people WHERE name = 'x'"],
  ] as const)
    assert.deepEqual(noticesOf(table, `INSERT INTO copies ${query};`), [], query)
  // Only one of two fields is encrypted.
  assert.equal(
    noticesOf(`(a STRING, b STRING) ${encrypted('a')}`, 'INSERT INTO copies SELECT name, mail FROM people;').length,
    1,
  )
})

test('of two pipelines into one table each is told alone', () => {
  const notices = noticesOf(
    '(who STRING)',
    'INSERT INTO copies SELECT CAST(id AS STRING) FROM people;\nINSERT INTO copies SELECT mail FROM people;',
  )
  assert.equal(notices.length, 1)
  assert.match(notices[0]!, /^pipelines\.sql:3 pipeline copies#2: people\.mail is encrypted/)
})

test('what rules of registered schemas encrypt counts as well, of whole values too, in both tables', () => {
  const project = load(
    '(who STRING, n BIGINT)',
    'INSERT INTO copies SELECT note, id FROM letters;',
    "CREATE TABLE letters (id BIGINT, note STRING, kind STRING) WITH ('millrace.topic' = 'post');",
  )
  const desired = resolveProject(project, 'local', [])
  const leaksWith = (...rules: { subject: string; encrypted: string[][] | null }[]): string[] => {
    const all = rules.map((one) => ({ version: 1, notRun: [], ...one }))
    return textsOf(projectNotices(project, encryptedByRules(project, desired, all)))
  }
  assert.deepEqual(leaksWith(), [])
  assert.deepEqual(leaksWith({ subject: 'post-value', encrypted: [['kind']] }), [])
  const [leak, ...others] = leaksWith({ subject: 'post-value', encrypted: [['note']] })
  assert.deepEqual(others, [])
  assert.match(leak!, /^pipelines\.sql:2 pipeline copies: letters\.note is encrypted, and copies\.who/)
  // Of a whole value every column is.
  assert.equal(leaksWith({ subject: 'post-value', encrypted: null }).length, 2)
  const both = { subject: 'copies-value', encrypted: null }
  assert.deepEqual(leaksWith({ subject: 'post-value', encrypted: null }, both), [])
})

test('a copy that is sealed with another key than the person’s is named: who is erased is not erased there', () => {
  const byPerson = (more = ''): string => `CREATE TABLE members (id BIGINT NOT NULL, name STRING)
    WITH ('millrace.encrypt.columns' = 'name', 'millrace.encrypt.subject' = 'member-{id}'${more});`
  const copies = (options: string): string[] =>
    noticesOf(
      `(who BIGINT, name STRING) WITH ('millrace.encrypt.columns' = 'name'${options})`,
      'INSERT INTO copies SELECT id, name FROM members;',
      byPerson(),
    )
  const message =
    "pipelines.sql:2 pipeline copies: members.name has a key for each person, and copies.name, which comes from it, is sealed with another key: who is erased in members is not in copies: give copies the same 'millrace.encrypt.subject', kek and algorithm"
  assert.deepEqual(copies(''), [message])
  assert.deepEqual(copies(", 'millrace.encrypt.subject' = 'other-{who}'"), [message])
  assert.deepEqual(copies(", 'millrace.encrypt.subject' = 'member-{who}', 'millrace.encrypt.kek' = 'b'"), [message])
  assert.deepEqual(copies(", 'millrace.encrypt.subject' = 'member-{who}'"), [])
})
