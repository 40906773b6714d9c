import { test } from 'node:test'
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { peerNames } from '../peers/index.ts'
import { checkBudget, peersOf, planRooms, type Budget } from './budget.ts'
import { randomFrom, sample, shuffle } from './harness.ts'

const items = Array.from({ length: 50 }, (_, index) => index)

test('a seed gives one order, another seed another', () => {
  assert.deepEqual(shuffle(items, 7), shuffle(items, 7))
  assert.notDeepEqual(shuffle(items, 7), shuffle(items, 8))
  assert.deepEqual(
    shuffle(items, 7).toSorted((a, b) => a - b),
    items,
  )
})

test('a sample keeps order, has no item twice, and takes all when few', () => {
  const taken = sample(items, 10)
  assert.equal(taken.length, 10)
  assert.deepEqual(
    [...new Set(taken)].toSorted((a, b) => a - b),
    taken,
  )
  assert.deepEqual(sample([1, 2], 10), [1, 2])
})

test('seeded numbers spread over their range', () => {
  const random = randomFrom(1)
  const buckets = new Uint32Array(8)
  for (let count = 0; count < 8000; count++) buckets[random() >>> 29]!++
  for (const bucket of buckets) assert.ok(bucket > 850 && bucket < 1150, String(buckets))
})

const budget: Budget = { totalMinutes: 5, rooms: { a: { minutes: 2, peers: [] }, b: { minutes: 3, peers: ['kafka'] } } }

test('rooms run in the order of the budget, and only those with tests', () => {
  assert.deepEqual(
    planRooms(budget, ['b/x.test.ts', 'a/y.test.ts'], []).map((plan) => [plan.room, plan.files]),
    [
      ['a', ['a/y.test.ts']],
      ['b', ['b/x.test.ts']],
    ],
  )
  assert.deepEqual(
    planRooms(budget, ['b/x.test.ts'], ['b']).map((plan) => plan.room),
    ['b'],
  )
})

test('a file may need less than its room has', () => {
  assert.deepEqual(peersOf(budget.rooms['b']!, "import 'x'"), ['kafka'])
  assert.deepEqual(peersOf(budget.rooms['b']!, '// What it does.\n// needs: mysql, kcat\n'), ['mysql', 'kcat'])
  assert.deepEqual(peersOf(budget.rooms['b']!, '// needs: \n'), [])
})

test('a budget that is overdrawn or leaves a room out is refused', () => {
  assert.deepEqual(checkBudget(budget, ['a/x.test.ts']), [])
  assert.equal(checkBudget({ ...budget, totalMinutes: 4 }, []).length, 1)
  assert.match(checkBudget(budget, ['c/x.test.ts'])[0]!, /gives conformance\/c no minutes/)
})

test('the committed budget is sound and names peers that exist', () => {
  const real = JSON.parse(readFileSync(join(import.meta.dirname, 'budget.json'), 'utf8')) as Budget
  assert.deepEqual(checkBudget(real, []), [])
  const known = new Set<string>(peerNames)
  const unknown = Object.values(real.rooms).flatMap((room) => room.peers.filter((peer) => !known.has(peer)))
  assert.deepEqual(unknown, [])
})
