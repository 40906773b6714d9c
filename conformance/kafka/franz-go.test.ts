// franz-go's own tests that say something about a broker: each passes on ours as on the real one.
// needs: kafka, franz-go
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { franzGoTests, runFranzGoTests, type FranzGoOutcome } from '../../peers/index.ts'
import { exceptionOf } from './exceptions.ts'
import { brokers, type Broker } from './node.ts'

const started: Broker[] = []
const outcomes = new Map<string, ReadonlyMap<string, FranzGoOutcome>>()

// Side by side: their time is nearly all waiting.
before(async () => {
  await Promise.all(
    brokers.map(async ({ name, start }) => {
      const broker = await start()
      started.push(broker)
      const found = new Map(await runFranzGoTests({ bootstrap: broker.bootstrap }))
      // Kafka's coordinator of share groups answers some seconds late that it is there: its own hiccup, and not what is asked here.
      const again = name === 'Kafka' ? franzGoTests.filter((one) => found.get(one)!.outcome === 'fail') : []
      if (again.length > 0) {
        for (const [one, outcome] of await runFranzGoTests({ bootstrap: broker.bootstrap, tests: again }))
          found.set(one, outcome)
      }
      outcomes.set(name, found)
    }),
  )
})
after(() => Promise.all(started.map((broker) => broker.stop())))

for (const { name } of brokers) {
  describe(`with ${name}`, () => {
    for (const goTest of franzGoTests) {
      const title = `franz-go: ${goTest}`
      test(title, () => {
        const { outcome, output } = outcomes.get(name)!.get(goTest)!
        assert.equal(outcome, exceptionOf(title, name)?.kind === 'skipped' ? 'skip' : 'pass', output)
      })
    }
  })
}
