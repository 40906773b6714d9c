import { test } from 'node:test'
import assert from 'node:assert/strict'
import { compare, spreadOf, type Contestant } from './harness.ts'

test('rounds alternate, warm-ups are not counted, ratios are taken round by round', async () => {
  const order: string[] = []
  const contestant = (name: string, values: Record<number, number>): Contestant => ({
    name,
    async measure(round) {
      order.push(`${name}${round}`)
      return { speed: values[round]!, delay: values[round]! }
    },
  })
  const printed: string[] = []
  const rows = await compare(
    {
      title: 'a test',
      command: 'npm run bench -- nothing',
      figures: [
        { name: 'speed', unit: '1/s', better: 'higher' },
        { name: 'delay', unit: 'ms', better: 'lower' },
      ],
      ours: contestant('ours', { [-1]: 99, 0: 20, 1: 40, 2: 30 }),
      peers: [contestant('peer', { [-1]: 99, 0: 10, 1: 10, 2: 15 })],
      rounds: 3,
      warmUps: 1,
    },
    (line) => printed.push(line),
  )
  assert.deepEqual(order, ['peer-1', 'ours-1', 'ours0', 'peer0', 'peer1', 'ours1', 'ours2', 'peer2'])
  assert.deepEqual(
    rows.map(({ contestant, value, ratio }) => ({ contestant, value, ratio })),
    [
      { contestant: 'ours', value: { median: 30, min: 20, max: 40 }, ratio: undefined },
      { contestant: 'peer', value: { median: 10, min: 10, max: 15 }, ratio: { median: 2, min: 2, max: 4 } },
      { contestant: 'ours', value: { median: 30, min: 20, max: 40 }, ratio: undefined },
      { contestant: 'peer', value: { median: 10, min: 10, max: 15 }, ratio: { median: 0.5, min: 0.25, max: 0.5 } },
    ],
  )
  assert.match(printed.at(-1)!, /npm run bench -- nothing$/)
})

test('the median of an even count lies between', () => {
  assert.deepEqual(spreadOf([4, 1, 3, 2]), { median: 2.5, min: 1, max: 4 })
})
