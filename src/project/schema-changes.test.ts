import assert from 'node:assert/strict'
import { test } from 'node:test'
import { explainSchemaChanges, loadProject, resolveProject, resourceTexts, topicsWithChangedSchema } from './index.ts'

const millrace = 'apiVersion: millrace/v1\n'
const desired = (events: string): ReturnType<typeof resolveProject> => {
  const project = loadProject(
    [
      { path: 'millrace.yaml', text: `${millrace}kind: Project\nmetadata: { name: shop, owner: platform }\n` },
      {
        path: 'owners/platform.yaml',
        text: `${millrace}kind: Owner\nmetadata: { name: platform }\nspec: { contact: "#platform" }\n`,
      },
      {
        path: 'tables.sql',
        text: `CREATE TABLE events (${events}) DISTRIBUTED BY HASH(id) INTO 4 BUCKETS WITH ('millrace.lake' = 'append');
CREATE TABLE totals (id BIGINT NOT NULL, n BIGINT NOT NULL, PRIMARY KEY (id) NOT ENFORCED);`,
      },
      { path: 'pipelines.sql', text: 'INSERT INTO totals SELECT id, SUM(amount) FROM events GROUP BY id;' },
    ],
    {},
  )
  assert.deepEqual(project.errors, [])
  return resolveProject(project, 'local', [])
}
const columns = 'id BIGINT NOT NULL, amount BIGINT NOT NULL, note STRING'

test('a changed table tells each pipeline that reads it, and the lake table', () => {
  const applied = resourceTexts(desired(columns))
  const now = desired('id BIGINT NOT NULL, amount BIGINT, region STRING')
  assert.deepEqual(topicsWithChangedSchema(now, applied), ['events'])
  const [told, ...others] = explainSchemaChanges(now, applied, new Map())
  assert.deepEqual(others, [])
  assert.equal(told!.subject, 'events-value')
  assert.deepEqual(
    told!.columns.map(({ change, column }) => `${change} ${column}`),
    ['nullable amount', 'added region', 'removed note'],
  )
  assert.deepEqual(
    told!.readers.map(({ sentences }) => sentences),
    [['pipeline `totals` reads `amount`: amount may be NULL from now on']],
  )
  assert.equal(told!.lake?.table, 'events')
  assert.equal(told!.lake?.canFollow, true)
  assert.equal(told!.rows, undefined)
  assert.deepEqual(
    told!.forward.map(({ rule }) => rule),
    ['TYPE_MISMATCH'],
  )
})

test('what did not change, or is new, is not explained', () => {
  const same = desired(columns)
  assert.deepEqual(explainSchemaChanges(same, resourceTexts(same), new Map()), [])
  assert.deepEqual(explainSchemaChanges(same, new Map(), new Map()), [])
})
