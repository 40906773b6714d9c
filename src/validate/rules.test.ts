import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { MillraceError } from '../base/index.ts'
import { types } from '../model/index.ts'
import { evaluate, type TableDefinition } from '../sql/index.ts'
import { guardOf, planRules, type QualityEntry } from './index.ts'

const table: TableDefinition = {
  name: 'events',
  schema: {
    fields: [
      { name: 'amount', type: types.decimal(10, 2) },
      { name: 'status', type: types.string() },
    ],
  },
  primaryKey: null,
  watermark: null,
  distribution: null,
  options: {},
  source: { file: 'a.sql', line: 1, column: 1 },
  comment: null,
}

function plan(quality: readonly QualityEntry[]): { rules: ReturnType<typeof planRules>; errors: MillraceError[] } {
  const errors: MillraceError[] = []
  const placeOf = (i: number) => ({ file: 'contract.yaml', line: 10 + i, column: 5 })
  return { rules: planRules({ contract: 'c', table, quality, placeOf, errors }), errors }
}

test('a rule holds where it is TRUE: NULL counts as broken', () => {
  const { rules, errors } = plan([
    { name: 'positive', type: 'custom', engine: 'millrace', implementation: 'amount > 0' },
  ])
  assert.deepEqual(errors, [])
  const [condition] = guardOf(rules, 'events')
  assert.deepEqual(
    [5n, 0n, null].map((amount) => evaluate(condition!, [amount, 'ok']) === true),
    [true, false, false],
  )
})

test('warnings guard nothing, and other engines’ entries are theirs', () => {
  const { rules } = plan([
    { name: 'w', type: 'custom', engine: 'millrace', severity: 'warning', implementation: "status <> ''" },
    { name: 'g', type: 'custom', engine: 'greatExpectations', implementation: { anything: true } },
  ])
  assert.deepEqual(
    rules.map((r) => [r.name, r.severity]),
    [['w', 'warning']],
  )
  assert.deepEqual(guardOf(rules, 'events'), [])
})

test('a severity that nobody knows is a mistake, not an error rule', () => {
  const entry = { type: 'custom', engine: 'millrace', implementation: 'amount > 0' }
  const { rules, errors } = plan([
    { ...entry, severity: 'eror' },
    { ...entry, severity: 'info' },
  ])
  assert.deepEqual(
    rules.map((r) => r.severity),
    ['warning'],
  )
  assert.deepEqual(
    errors.map((e) => [e.code, e.place?.line]),
    [['MR-PROJECT-024', 10]],
  )
})

test('a rule that is no SQL, or about no such column, is a mistake at its place', () => {
  const { rules, errors } = plan([
    { type: 'custom', engine: 'millrace', implementation: 'amuont > 0' },
    { type: 'custom', engine: 'millrace', implementation: 7 },
  ])
  assert.deepEqual(rules, [])
  assert.deepEqual(
    errors.map((e) => e.place?.line),
    [10, 11],
  )
})
