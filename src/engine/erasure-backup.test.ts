// A backup goes the way of what it copies: a day after a person's key was deleted for good, neither the key nor what it sealed in
// state is in the place of the backup, and a restore does not bring it back. That the key is gone is still said.
import assert from 'node:assert/strict'
import test from 'node:test'
import { createMemoryDisk, readWholeFile, type Disk } from '../base/index.ts'
import { LogBackup, restoreLog } from '../log/index.ts'
import { encodeRecordBatch, keysTopicName } from '../model/index.ts'
import { erasureRun, sealedTables } from './erasure-kit.ts'
import { openTestLog, readTopic } from './test-kit.ts'

const ada = 'ada@lovelace.example'
const wrapped = 'the wrapped key of Ada'
const hour = 3_600_000

/** As the registry makes it. */
const keysTopic = {
  name: keysTopicName,
  partitionCount: 1,
  configs: {
    'cleanup.policy': 'compact',
    'min.cleanable.dirty.ratio': '0.01',
    'segment.ms': '3600000',
    'max.compaction.lag.ms': '86400000',
    'delete.retention.ms': '9000000000000000',
  },
}

function filesWith(disk: Disk, text: string, folder = ''): string[] {
  return disk.list(folder).flatMap((name) => {
    const path = folder === '' ? name : `${folder}/${name}`
    try {
      return Buffer.from(readWholeFile(disk, path)!).includes(text) ? [path] : []
    } catch {
      return filesWith(disk, text, path)
    }
  })
}

test('an erased person leaves the backup within a day, for ever, and that is known for ever', () => {
  const run = erasureRun(`${sealedTables}
    CREATE TABLE found (country STRING, customer_id BIGINT, email STRING, PRIMARY KEY (country) NOT ENFORCED);
    INSERT INTO found SELECT country, customer_id, email FROM
    (SELECT *, ROW_NUMBER() OVER (PARTITION BY country ORDER BY ts DESC) AS n FROM customers) WHERE n = 1;`)
  assert.ok(run.log.createTopicNow(keysTopic).ok)
  const put = (value: string | null, timestampMs: number, customer = 1): void => {
    const record = {
      key: Buffer.from(`{"subject":"customer-${customer}"}`),
      value: value === null ? null : Buffer.from(value),
    }
    assert.ok(run.log.appendNow(keysTopicName, 0, encodeRecordBatch([{ ...record, timestampMs }])).ok)
  }
  const copy = createMemoryDisk()
  let copied: ConstructorParameters<typeof LogBackup>[0]['copied'] = []
  const pass = (): void => {
    const backup = new LogBackup({ from: run.disk, to: copy, copied })
    let cut = backup.pass()
    while (!cut) cut = backup.pass()
    backup.sweep(cut)
    copied = cut.files
  }
  const start = 1_767_225_600_000
  put(wrapped, start)
  run.produce('customers', [[1n, ada, 'UK', BigInt(start)]])
  run.settle()
  pass()
  assert.equal(filesWith(copy, wrapped).length > 0, true)
  assert.equal(filesWith(copy, ada).filter((path) => path.startsWith('state/')).length, 1)

  put(null, start + 1000)
  run.erase('customer-1')
  run.settle()
  for (let hours = 0; hours < 26; hours++) run.wait(hour)
  run.settle()
  pass()
  for (const disk of [run.disk, copy]) {
    assert.deepEqual(filesWith(disk, wrapped), [])
    assert.deepEqual(
      filesWith(disk, ada).filter((path) => path.startsWith('state/')),
      [],
    )
  }
  // Years later a pipeline that was stopped still learns of it.
  for (let years = 1; years < 4; years++) {
    put('another key', start + years * 365 * 24 * hour, 10 + years)
    run.wait(365 * 24 * hour)
  }
  pass()
  const restored = createMemoryDisk()
  restoreLog({ from: copy, to: restored, files: copied })
  assert.deepEqual(filesWith(restored, wrapped), [])
  const said = readTopic(openTestLog({ disk: restored }).log, keysTopicName)
  assert.deepEqual(
    said.filter(({ key }) => key?.includes('customer-1"')).map(({ value, timestampMs }) => [value, timestampMs]),
    [[null, start + 1000]],
  )
})
