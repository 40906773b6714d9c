// A record is in one place: what a topic's quarantine takes, no reader of the topic reads, whichever columns it needs.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMemoryDisk, encodeText, nodeRandom } from '../base/index.ts'
import type { TopicFormat } from '../format/index.ts'
import { createLocalLog, createLog } from '../log/index.ts'
import { decodeRecords, encodeRecordBatch, recordValue, type SchemaIds } from '../model/index.ts'
import { analyze } from '../sql/index.ts'
import { createTestRun } from './index.ts'

const sql = `CREATE TABLE clicks (id BIGINT NOT NULL, page STRING, n INT) WITH ('millrace.format' = 'json');
CREATE TABLE pages (page STRING) WITH ('millrace.format' = 'json');
INSERT INTO pages SELECT page FROM clicks;`

function pagesRead(guarded: boolean): string[] {
  const { tables, pipelines, errors } = analyze([{ file: 'a.sql', text: sql }])
  assert.deepEqual(errors, [])
  const formatOf = (name: string): TopicFormat => ({
    topic: name,
    schema: tables.find((t) => t.name === name)!.schema,
    keyColumns: null,
    keyFormat: 'raw',
    valueFormat: 'json',
    primaryKey: null,
  })
  const disk = createMemoryDisk()
  const clock = { nowMs: () => 0, monotonicMs: () => 0, after: () => () => {} }
  const log = createLocalLog(createLog({ disk, clock, random: nodeRandom, durability: 'os' }), disk)
  log.createTopicNow({ name: 'clicks', partitionCount: 1 })
  const records = [
    '{"id":1,"page":"a","n":1}',
    '{"id":2,"page":"b","n":"two"}',
    '{"page":"c","n":3}',
    '{"id":4,"page":"d","n":4}',
  ]
  log.appendNow(
    'clicks',
    0,
    encodeRecordBatch(records.map((r) => ({ key: null, value: encodeText(r), timestampMs: 0 }))),
  )
  const noIds: SchemaIds = { byId: () => undefined, latest: () => undefined }
  const run = createTestRun(
    {
      kind: 'query',
      name: 'pages',
      plan: pipelines[0]!,
      inputs: [formatOf('clicks')],
      sink: { ...formatOf('pages'), schemaId: 0 },
      guards: guarded ? [{ table: 'clicks', conditions: [] }] : [],
    },
    { ports: { reader: log, schemaIds: noIds, disk: createMemoryDisk() }, clockMs: 0, sinkPartitions: 1 },
  )
  run.read()
  return run.seal(0).flatMap(({ batches }) => {
    const out = decodeRecords(batches)
    return Array.from(
      { length: out.count },
      (_, i) => (JSON.parse(new TextDecoder().decode(recordValue(out, i)!)) as { page: string }).page,
    )
  })
}

test('a reader of a guarded topic leaves out records that are damaged in columns it does not need', () => {
  assert.deepEqual(pagesRead(true), ['a', 'd'])
})

test('a topic without a quarantine is read by the needed columns alone', () => {
  assert.deepEqual(pagesRead(false), ['a', 'b', 'c', 'd'])
})
