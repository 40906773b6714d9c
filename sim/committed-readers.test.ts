// What the rooms that read topics in the process make of transactions: a pipeline's input, a lake table's rows, the rows of
// queries. None sees an aborted record, none waits at one, none reads beyond an open one.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { topicRows } from '../src/deploy/embedded/topic-rows.ts'
import { defaultLimits } from '../src/engine/limits.ts'
import { TopicInput } from '../src/engine/source.ts'
import { jsonFormat, noSchemaIds, openTestLog, schemaOf } from '../src/engine/test-kit.ts'
import type { LocalLog } from '../src/log/index.ts'
import { encodeRecordBatch, rowAt, types } from '../src/model/index.ts'

const format = jsonFormat('payments', schemaOf({ id: types.bigint() }))

async function write(
  log: LocalLog,
  producerId: bigint | undefined,
  sequence: number,
  ids: readonly number[],
): Promise<void> {
  const records = ids.map((id) => ({ key: null, value: new TextEncoder().encode(`{"id":${id}}`), timestampMs: 1 }))
  const producer =
    producerId === undefined ? {} : { producerId, producerEpoch: 0, baseSequence: sequence, transactional: true }
  assert.ok((await log.append('payments', 0, encodeRecordBatch(records, producer))).ok)
}
async function end(log: LocalLog, producerId: bigint, commits: boolean): Promise<void> {
  assert.ok((await log.endTransaction({ producerId, producerEpoch: 0, coordinatorEpoch: 0, commits, appends: [] })).ok)
}

/** Everything that a pipeline's input gives now. */
function taken(input: TopicInput): { ids: number[]; to: number } {
  const ids: number[] = []
  for (let slices = 0; input.hasData(0); slices++) {
    assert.ok(slices < 100, 'it comes to an end')
    const { batch } = input.take(0, Infinity)
    for (let row = 0; row < batch.rowCount; row++) ids.push(Number(rowAt(batch, row)[0]))
  }
  return { ids, to: input.offset(0) }
}

test('pipelines and queries see committed records only, and go over what was aborted', async () => {
  const { log } = openTestLog()
  log.createTopicNow({ name: 'payments', partitionCount: 1, configs: { 'retention.ms': '-1' } })
  const input = new TopicInput(
    { format, columns: [0], watermark: null, keepRecords: true },
    { reader: log, schemaIds: noSchemaIds, decompress: undefined, limits: defaultLimits, pipeline: 'p' },
  )
  assert.ok(input.refresh())
  const rows = (): number[] => [...topicRows({ reader: log, format, schemaIds: noSchemaIds })].map(([id]) => Number(id))
  await write(log, undefined, 0, [1])
  await write(log, 1n, 0, [2, 3])
  await write(log, 2n, 0, [100])
  await write(log, 2n, 1, [101])
  await write(log, undefined, 0, [4])
  assert.deepEqual([taken(input), rows()], [{ ids: [1], to: 1 }, [1]])
  await end(log, 2n, false)
  assert.deepEqual([taken(input), rows()], [{ ids: [], to: 1 }, [1]])
  await end(log, 1n, true)
  assert.deepEqual([taken(input), rows()], [{ ids: [2, 3, 4], to: 8 }, [1, 2, 3, 4]])
  // Nothing but aborted records: the position moves on.
  await write(log, 2n, 2, [102, 103])
  await end(log, 2n, false)
  assert.deepEqual([taken(input), rows()], [{ ids: [], to: 11 }, [1, 2, 3, 4]])
  await write(log, undefined, 0, [5])
  assert.deepEqual([taken(input), rows()], [{ ids: [5], to: 12 }, [1, 2, 3, 4, 5]])
})
