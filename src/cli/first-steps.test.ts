// What dev says to try next can be done.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadProject, resolveProject } from '../project/index.ts'
import { firstSteps } from './first-steps.ts'

const head = `apiVersion: millrace/v1
kind: Project
metadata: { name: shop, owner: payments }
---
apiVersion: millrace/v1
kind: Owner
metadata: { name: payments }
spec: { contact: "#pay" }
`
const stepsOf = (sql: string): string[] => {
  const files = [
    { path: 'millrace.yaml', text: head },
    { path: 'tables.sql', text: sql },
  ]
  return firstSteps(resolveProject(loadProject(files, {}), 'local', []), { at: 'shop', elsewhere: ' --data d' })
}

test('a folder without tables is not sent to a topic of the platform', () => {
  assert.deepEqual(stepsOf(''), ['topics shop --data d', 'check shop'])
})

test('a folder with tables is sent to one that has rows', () => {
  assert.deepEqual(stepsOf("CREATE TABLE sales (sale_id BIGINT NOT NULL) WITH ('millrace.format' = 'json');"), [
    'topics shop sales --limit 3 --data d',
    'explore shop --data d "SELECT COUNT(*) AS n FROM sales"',
    'catalog shop sales',
  ])
})
