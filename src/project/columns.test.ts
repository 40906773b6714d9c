// What a plan says when a table's columns change and no registry stands between old records and new columns.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { MillraceError } from '../base/index.ts'
import { diffProject, loadProject, resolveProject, resourceTexts, type Change, type Desired } from './index.ts'

const project = `apiVersion: millrace/v1
kind: Project
metadata: { name: shop, owner: team }
---
apiVersion: millrace/v1
kind: Owner
metadata: { name: team }
spec: { contact: team@example.com }
`

function desired(columns: string, format = 'json'): Desired {
  const sql = `CREATE TABLE loans (${columns}) WITH ('millrace.format' = '${format}');`
  const files = [
    { path: 'millrace.yaml', text: project },
    { path: 'sql/loans.sql', text: sql },
  ]
  const loaded = loadProject(files, {})
  assert.deepEqual(loaded.errors.map(String), [])
  const mistakes: MillraceError[] = []
  const resolved = resolveProject(loaded, 'local', mistakes)
  assert.deepEqual(mistakes.map(String), [])
  return resolved
}

function change(from: Desired, to: Desired): Change | undefined {
  return diffProject(to, resourceTexts(from)).find(({ kind }) => kind === 'columns')
}

const before = 'id BIGINT NOT NULL, amount DECIMAL(12, 2), note STRING'

test('JSON: what old records can still be read with is told, what they cannot needs an approval', () => {
  const json = desired(before)
  assert.equal(change(json, json), undefined)
  const told = (columns: string): [boolean, string] => {
    const found = change(json, desired(columns))!
    return [found.refused, [...found.details, ...found.risks].join('; ')]
  }
  assert.deepEqual(told(`${before}, region STRING`), [false, 'column region STRING added'])
  assert.deepEqual(told('id BIGINT NOT NULL, amount DECIMAL(12, 2)'), [false, 'column note is no longer read'])
  const [refused, reason] = told(`${before}, region STRING NOT NULL`)
  assert.equal(refused, true)
  assert.match(reason, /column region is NOT NULL and missing in what was written before: .*quarantine/)
  assert.match(told('id BIGINT NOT NULL, amount INT, note STRING')[1], /column amount DECIMAL\(12, 2\) → INT/)
  assert.match(told(before.replace('2), ', '2) NOT NULL, '))[1], /column amount becomes NOT NULL/)
  assert.equal(change(json, desired(before, 'csv'))!.refused, true)
})

test('CSV: fields are told by their place', () => {
  const csv = desired(before, 'csv')
  const found = change(csv, desired(`${before}, region STRING`, 'csv'))!
  assert.equal(found.refused, true)
  assert.match(found.risks.join(), /\(id, amount, note\) → \(id, amount, note, region\)/)
})

test('Avro has a registry to say it', () => {
  const avro = desired(before, 'avro-confluent')
  assert.equal(change(avro, desired(`${before}, region STRING`, 'avro-confluent')), undefined)
})
