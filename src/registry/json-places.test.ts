import assert from 'node:assert/strict'
import { test } from 'node:test'
import { placeOf, pointerStep, withPlaces } from './json-places.ts'

const text = `{
  "a/b": [1, "x]\\"{", {"c~": null}],
  "d": 1, "d": {
    "e": true }
}`

test('a pointer gives the line and column where its value begins', () => {
  const cases: [pointer: string, line: number, column: number][] = [
    ['', 1, 1],
    ['/a~1b', 2, 10],
    ['/a~1b/1', 2, 14],
    ['/a~1b/2', 2, 23],
    ['/a~1b/2/c~0', 2, 30],
    ['/d', 3, 16],
    ['/d/e', 4, 10],
    ['/d/missing/further', 3, 16],
    ['/a~1b/7', 2, 10],
  ]
  for (const [pointer, line, column] of cases) assert.deepEqual(placeOf(text, pointer), { line, column }, pointer)
  assert.deepEqual(placeOf('long', '/type'), { line: 1, column: 1 })
  assert.equal(pointerStep('a/~b') + pointerStep(3), '/a~1~0b/3')
})

test('a difference tells its place in both texts', () => {
  const difference = { rule: 'R', path: '/a', writerPath: '/b', reason: '', remedy: '' }
  const [placed] = withPlaces([difference], { reader: '{"a":1}', writer: '{\n"b":1}', reading: 'new' })
  assert.deepEqual(placed!.places, [
    { text: 'new', line: 1, column: 6, path: '/a' },
    { text: 'old', line: 2, column: 5, path: '/b' },
  ])
})
