// Confluent's client for Node against our broker and against the real one: the same script must see the same.
// needs: kafka, confluent-js
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { join } from 'node:path'
import { confluentJs } from '../../peers/index.ts'
import { brokers, type Broker } from './node.ts'

for (const { name, start } of brokers) {
  describe(`with ${name}`, () => {
    let broker: Broker
    before(async () => {
      broker = await start()
    })
    after(() => broker?.stop())

    test('@confluentinc/kafka-javascript: admin, an idempotent producer, groups, transactions', async () => {
      const run = await confluentJs(join(import.meta.dirname, 'confluent-js.mjs'), [broker.bootstrap])
      assert.equal(run.code, 0, run.stderr)
      assert.deepEqual(JSON.parse(run.stdout.trim().split('\n').at(-1)!), {
        created: true,
        'created again': false,
        distinct: 3000,
        committed: ['a', 'b'],
        groups: ['confluent-js', 'confluent-js-committed'],
      })
    })
  })
}
