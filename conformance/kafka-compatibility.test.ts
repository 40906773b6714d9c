import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { caseProblems, compatibilityPage, compatibilityPath, kafkaCases, runProblems } from './kafka-compatibility.ts'

test('each case is for both brokers, or says why not; each key that differs from Kafka’s has a reason', () => {
  assert.deepEqual(caseProblems(kafkaCases()), [])
})

test('the compatibility page has exactly the cases of the room and the keys that are served', () => {
  const page = readFileSync(join(dirname(import.meta.dirname), compatibilityPath), 'utf8')
  assert.equal(page, compatibilityPage(kafkaCases()), 'run: npm run conformance -- kafka')
})

test('a run that lacks a case, or in which one failed, does not make the page', () => {
  const file = 'x.test.ts'
  const cases = [
    { file, title: 'a: one', onBoth: true },
    { file, title: 'two', onBoth: false },
  ]
  const outcomes = new Map([
    [
      'a: one',
      new Map([
        ['with Millrace', true],
        ['with Kafka', false],
      ]),
    ],
  ])
  assert.deepEqual(runProblems(cases, outcomes), ["'a: one' with Kafka failed", "'two'  did not run"])
})
