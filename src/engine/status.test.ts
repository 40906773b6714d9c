// What a pipeline says of itself while its input is deleted.
import assert from 'node:assert/strict'
import test from 'node:test'
import { MillraceError } from '../base/index.ts'
import { createPipelinesBody } from './index.ts'
import { shopSpecs, shopTopics } from './shop-kit.ts'
import { noMeter, noSchemaIds, openTestLog, stepClock } from './test-kit.ts'

test('a topic that is deleted while the status is taken does not end the worker', () => {
  const clock = stepClock()
  const { log, disk } = openTestLog({ clock })
  for (const [name, partitionCount] of shopTopics) assert.ok(log.createTopicNow({ name, partitionCount }).ok)
  let deleted = false
  const reader = Object.create(log, {
    endOffset: {
      value: (topic: string, partition: number) => {
        if (deleted) throw new MillraceError('MR-LOG-004', { details: { topic, partition } })
        return log.endOffset(topic, partition)
      },
    },
  }) as typeof log
  const body = createPipelinesBody({
    specs: shopSpecs(),
    reader,
    commit: log,
    schemaIds: noSchemaIds,
    clock,
    disk,
    meter: noMeter,
  })
  while (body.step());
  deleted = true
  const [status] = body.status()
  assert.equal(status!.lagRecords, 0)
})
