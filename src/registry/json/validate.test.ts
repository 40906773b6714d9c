// Verdicts that follow from the words of the specification, where other validators err.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { JsonDocument } from './document.ts'
import { validateJson } from './validate.ts'
import type { JsonSchema } from './schema.ts'

const modern = { $schema: 'https://json-schema.org/draft/2020-12/schema' }

function accepts(schema: Exclude<JsonSchema, boolean>, value: unknown): boolean {
  return validateJson(new JsonDocument({ ...modern, ...schema }).root, value, { stepsMax: 10_000 }).length === 0
}

test('what properties evaluated stays evaluated beside a dependent schema, whether that applies or not (2020-12 core, 10.2.2.4 and 11.3)', () => {
  const schema = {
    properties: { x: { type: 'integer' } },
    unevaluatedProperties: false,
    dependentSchemas: { c: { properties: { x: { maximum: 4 }, y: true, c: true } } },
  }
  const values: readonly (readonly [value: unknown, valid: boolean])[] = [
    [{ x: 1 }, true],
    [{ x: 9 }, true],
    [{}, true],
    [{ y: 1 }, false],
    [{ x: 1, y: 1 }, false],
    [{ x: 1, c: 0 }, true],
    [{ x: 1, y: 1, c: 0 }, true],
    [{ x: 9, c: 0 }, false],
    [{ x: 1, z: 1, c: 0 }, false],
    [7, true],
  ]
  assert.deepEqual(
    values.map(([value]) => [value, accepts(schema, value)]),
    values,
  )
})

test('an if without then and else still evaluates what it looks at, where it holds (2020-12 core, 10.2.2.1 and 11.2)', () => {
  const schema = { if: { prefixItems: [{ const: 'a' }] }, unevaluatedItems: false }
  const values: readonly (readonly [value: unknown, valid: boolean])[] = [
    [['a'], true],
    [[], true],
    [['b'], false],
    [['a', 'b'], false],
  ]
  assert.deepEqual(
    values.map(([value]) => [value, accepts(schema, value)]),
    values,
  )
})
