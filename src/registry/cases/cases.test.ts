import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compareSchemas, parseSchema } from '../check.ts'
import { avroCases } from './avro-cases.ts'
import type { CompatibilityCase } from './case.ts'
import { jsonCases } from './json-cases.ts'

function run(type: 'AVRO' | 'JSON', { name, old, now, backward, forward, source }: CompatibilityCase): void {
  assert.ok(source.startsWith('https://'), name)
  const [before, after] = [old, now].map((schema) => parseSchema(type, JSON.stringify(schema), []))
  const verdict = (reading: 'new' | 'old'): string[] =>
    (reading === 'new' ? compareSchemas(after!, before!, 'new') : compareSchemas(before!, after!, 'old')).flatMap(
      ({ rule, warning, places, remedy, reason }) => {
        assert.equal(places?.length, 2, `${name}: ${rule} has its places`)
        assert.ok(remedy !== '' && reason !== '', `${name}: ${rule} says why and what to do`)
        return warning ? [] : [rule]
      },
    )
  for (const [reading, expected] of [
    ['new', backward],
    ['old', forward],
  ] as const) {
    const rules = verdict(reading)
    const told = `${name} (${source}), read with the ${reading} one: ${JSON.stringify(old)} => ${JSON.stringify(now)}`
    if (expected === true) assert.deepEqual(rules, [], told)
    else assert.ok(rules.includes(expected), `${told}: ${expected} expected, got ${rules.join(', ') || 'compatible'}`)
  }
}

const isOnce = (cases: readonly CompatibilityCase[]): boolean =>
  new Set(cases.map(({ name, source }) => `${source} ${name}`)).size === cases.length

test(`Avro: ${avroCases.length} cases with their sources`, async (t) => {
  assert.ok(isOnce(avroCases))
  for (const one of avroCases) await t.test(one.name, () => run('AVRO', one))
})

test(`JSON Schema: ${jsonCases.length} cases with their sources`, async (t) => {
  assert.ok(isOnce(jsonCases))
  for (const one of jsonCases) await t.test(one.name, () => run('JSON', one))
})

test('there are as many cases as are promised', () => {
  assert.ok(avroCases.length + jsonCases.length >= 400, `${avroCases.length} + ${jsonCases.length}`)
})
