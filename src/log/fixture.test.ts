// Data folders that releases left behind, opened by this program for ever. A new format version adds a folder and a line.
import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { nodeClock, nodeRandom, openNodeDisk } from '../base/index.ts'
import { decodeRecords, encodeRecordBatch, recordValue } from '../model/index.ts'
import { createLocalLog, createLog, lockDataFolder, type LocalLog } from './index.ts'

function valuesOf(log: LocalLog, partition: number): string[] {
  const values: string[] = []
  for (let offset = 0; offset < log.endOffset('orders', partition);) {
    const columns = decodeRecords(log.read('orders', partition, offset, 1))
    for (let i = 0; i < columns.count; i++) values.push(new TextDecoder().decode(recordValue(columns, i)!))
    offset = columns.header.baseOffset + columns.header.lastOffsetDelta + 1
  }
  return values
}

/** From version 2 on: a committed transaction, aborted ones, and in the killed folder an open one. */
function checkPayments(log: LocalLog, state: string): void {
  const paid = decodeRecords(log.read('payments', 0, 0, 1))
  assert.equal(new TextDecoder().decode(recordValue(paid, 0)!), 'paid')
  const seen = { end: log.endOffset('payments', 0), all: log.highWatermark('payments', 0) }
  assert.deepEqual(seen, state === 'closed' ? { end: 4, all: 4 } : { end: 6, all: 7 })
  assert.deepEqual(
    log.abortedTransactions('payments', 0, 0, 9).map(({ firstOffset, lastOffset }) => [firstOffset, lastOffset]),
    state === 'closed'
      ? [[2, 3]]
      : [
          [2, 3],
          [4, 5],
        ],
  )
  assert.doesNotMatch(Buffer.from(log.read('payments', 0, 0, 1 << 20)).toString('latin1'), /never|undecided/)
}

for (const version of ['v1', 'v2']) {
  for (const state of ['closed', 'killed']) {
    test(`a folder of ${version}, ${state}, opens with everything in it`, () => {
      const folder = mkdtempSync(join(tmpdir(), 'millrace-fixture-'))
      try {
        cpSync(join(import.meta.dirname, 'fixtures', version, state), folder, { recursive: true })
        const lock = lockDataFolder(folder)
        const disk = openNodeDisk(folder)
        const log = createLocalLog(createLog({ disk, clock: nodeClock, random: nodeRandom }), disk)
        const count = state === 'closed' ? 20 : 24
        const epoch = state === 'closed' ? 1 : 2
        const values = (odd: number): string[] => Array.from({ length: count / 2 }, (_, i) => `value ${2 * i + odd}`)
        assert.deepEqual(valuesOf(log, 0), [
          ...values(0).slice(0, 10),
          'epoch 1',
          ...(epoch === 2 ? [...values(0).slice(10), 'epoch 2'] : []),
        ])
        assert.deepEqual(valuesOf(log, 1), values(1))
        const last = log.last('pipeline/totals')
        assert.deepEqual([last?.epoch, new TextDecoder().decode(last?.position)], [epoch, `position ${epoch}`])
        assert.deepEqual(last?.stateFiles, [{ path: `state/${epoch}.segment`, size: 5, crc: 7 }])
        assert.deepEqual(
          log.topics().map(({ name, partitionCount }) => [name, partitionCount]),
          [['__consumer_offsets', 50], ['orders', 2], ...(version === 'v1' ? [] : [['payments', 1]])],
        )
        if (version !== 'v1') checkPayments(log, state)
        const next = encodeRecordBatch([{ key: null, value: new Uint8Array(1), timestampMs: 1 }], {
          producerId: 1000n,
          producerEpoch: 0,
          baseSequence: count / 2,
        })
        assert.deepEqual(log.appendNow('orders', 1, next), {
          ok: true,
          baseOffset: count / 2,
          logAppendTimeMs: -1,
          logStartOffset: 0,
        })
        log.close()
        lock.release()
      } finally {
        rmSync(folder, { recursive: true })
      }
    })
  }
}
