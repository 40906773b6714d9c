// The seven levels over three versions, as Confluent's documentation defines them: which versions are compared, and in
// which direction.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRegistry } from './index.ts'
import { compatibilityLevels, type CompatibilityLevel } from './registry-types.ts'
import { memoryTopic } from './testing.ts'

const record = (...fields: object[]): string => JSON.stringify({ type: 'record', name: 'R', fields })
const a = { name: 'a', type: 'int' }
const b = { name: 'b', type: 'int' }
const c = { name: 'c', type: 'int' }
const withDefault = (field: object): object => ({ ...field, default: 0 })

/** Which levels let `now` follow the earlier versions. */
async function allowed(
  earlier: readonly string[],
  now: string,
  type: 'AVRO' | 'JSON' = 'AVRO',
): Promise<CompatibilityLevel[]> {
  const found: CompatibilityLevel[] = []
  for (const level of compatibilityLevels) {
    const topic = memoryTopic()
    const registry = createRegistry({ reader: topic.reader, append: topic.append })
    await registry.setConfig('s', { compatibilityLevel: 'NONE' })
    for (const text of earlier) await registry.register('s', type, text)
    await registry.setConfig('s', { compatibilityLevel: level })
    if (registry.check('s', { type, text: now }).length === 0) found.push(level)
  }
  return found
}

const all = [...compatibilityLevels]
const only = (...levels: CompatibilityLevel[]): CompatibilityLevel[] => ['NONE', ...levels]

test('Avro: each level compares what it says', async () => {
  const cases: [name: string, earlier: string[], now: string, levels: CompatibilityLevel[]][] = [
    ['nothing earlier', [], record(a), all],
    ['an optional field more', [record(a)], record(a, withDefault(b)), all],
    ['a field without default more', [record(a)], record(a, b), only('FORWARD', 'FORWARD_TRANSITIVE')],
    ['a field less', [record(a, b)], record(a), only('BACKWARD', 'BACKWARD_TRANSITIVE')],
    ['an optional field less', [record(a, withDefault(b))], record(a), all],
    ['another type', [record(a)], record({ name: 'a', type: 'string' }), only()],
    ['a promoted type', [record(a)], record({ name: 'a', type: 'long' }), only('BACKWARD', 'BACKWARD_TRANSITIVE')],
    // The last version reads it, or is read; the first one is not.
    [
      'a default that was lost',
      [record(a), record(a, withDefault(b))],
      record(a, b),
      only('BACKWARD', 'FORWARD', 'FORWARD_TRANSITIVE', 'FULL'),
    ],
    [
      'a field that comes back as another',
      [record(a, c), record(a)],
      record(a, { name: 'c', type: 'string', default: '' }),
      only('BACKWARD', 'FORWARD', 'FULL'),
    ],
    [
      'a field that the first one needs',
      [record(a, b), record(a, withDefault(b))],
      record(a),
      only('BACKWARD', 'BACKWARD_TRANSITIVE', 'FORWARD', 'FULL'),
    ],
    [
      'an earlier version that nobody can follow',
      [record({ name: 'a', type: 'string' }), record(a)],
      record(a, withDefault(b)),
      only('BACKWARD', 'FORWARD', 'FULL'),
    ],
  ]
  for (const [name, earlier, now, levels] of cases)
    assert.deepEqual((await allowed(earlier, now)).toSorted(), levels.toSorted(), name)
})

test('JSON Schema: each level compares what it says', async () => {
  const object = (properties: object): string =>
    JSON.stringify({ type: 'object', properties, additionalProperties: false })
  const string = { type: 'string' }
  const cases: [name: string, earlier: string[], now: string, levels: CompatibilityLevel[]][] = [
    [
      'a property more, closed',
      [object({ x: string })],
      object({ x: string, y: string }),
      only('BACKWARD', 'BACKWARD_TRANSITIVE'),
    ],
    [
      'a property less, closed',
      [object({ x: string, y: string })],
      object({ x: string }),
      only('FORWARD', 'FORWARD_TRANSITIVE'),
    ],
    [
      'a property that was gone',
      [object({ x: string, y: { type: 'integer' } }), object({ x: string })],
      object({ x: string, y: string }),
      only('BACKWARD'),
    ],
    ['the same', [object({ x: string })], object({ x: { ...string, title: 't' } }), all],
  ]
  for (const [name, earlier, now, levels] of cases)
    assert.deepEqual((await allowed(earlier, now, 'JSON')).toSorted(), levels.toSorted(), name)
})

test('another schema type stands against it at every level but NONE', async () => {
  const topic = memoryTopic()
  const registry = createRegistry({ reader: topic.reader, append: topic.append })
  await registry.register('s', 'AVRO', record(a))
  assert.match(registry.check('s', { type: 'JSON', text: '{}' })[0]!, /different schema type/)
})
