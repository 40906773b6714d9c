// The broker whole under seeded time, disk and network (see node-scenario.ts), and that its checker finds what it is there for.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NodeChecker } from './node-checker.ts'
import { createNetwork } from './network.ts'
import { nodeScenario } from './node-scenario.ts'
import { createRandom } from './random.ts'
import { runSeed } from './scenario.ts'

const seedsInTests = 100

test('through the protocol nothing is lost, doubled, torn or moved back, over crashes, cut connections and requests sent again', async () => {
  const one = process.env['MILLRACE_SIM_SEED']
  const seeds = one === undefined ? Array.from({ length: seedsInTests }, (_, i) => i + 1) : [Number(one)]
  const sums: Record<string, number> = {}
  for (const seed of seeds) {
    const { crashes, acknowledged, counts } = await runSeed(nodeScenario, seed)
    for (const [name, count] of Object.entries({ ...counts, crashes, acknowledged }))
      sums[name] = (sums[name] ?? 0) + count
  }
  // Each kind of thing happened in each twentieth run, on average.
  for (const [name, count] of Object.entries(sums)) assert.ok(count >= seeds.length / 20, `${count} times "${name}"`)
})

test('the checker of the simulated node: an offset that has another record, a consumer that sees what was aborted', () => {
  const checker = new NodeChecker()
  checker.noteAcknowledged('plain', 0, 4, ['a#0', 'a#1'])
  assert.throws(() => checker.noteSeen('plain', 0, { offset: 5, value: 'b#0', committed: false }), /has b#0 at 5/)
  const { transaction } = checker.beginTransaction('teller')
  checker.noteEnd(transaction, 'aborted')
  assert.throws(() => checker.noteEnd(transaction, 'committed'), /aborted transaction is now committed/)
})

test('the simulated network loses what was under way when it cuts, and nothing before', async () => {
  const network = createNetwork(createRandom(7))
  const received: number[] = []
  await network.listen({ host: '127.0.0.1', port: 1, what: '', option: '' }, (connection) => {
    connection.onData = (bytes) => void received.push(...bytes)
  })
  const client = await network.connect({ host: '127.0.0.1', port: 1 })
  let isClosed = false
  client.onClose = () => (isClosed = true)
  const sent = Array.from({ length: 2000 }, (_, i) => i % 251)
  for (let i = 0; i < sent.length; i += 10) client.write(new Uint8Array(sent.slice(i, i + 10)))
  for (let step = 0; step < 20; step++) network.step()
  network.cutChance = 1
  network.step()
  assert.ok(isClosed)
  assert.ok(received.length > 0 && received.length < sent.length, `${received.length} bytes`)
  assert.deepEqual(received, sent.slice(0, received.length))
  await assert.rejects(network.connect({ host: '127.0.0.1', port: 2 }), /refused/)
})
