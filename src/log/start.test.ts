// The log in its own thread, through rings, on a real disk.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { openNodeDisk } from '../base/index.ts'
import { encodeRecordBatch } from '../model/index.ts'
import { openLogClient, openLogReader, startLogWorker, type LogWorker } from './index.ts'

let folder: string
let started: LogWorker[]
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-start-'))
  started = []
})
afterEach(async () => {
  await Promise.all(started.map((worker) => worker.stop()))
  rmSync(folder, { recursive: true })
})

const onFailure = (error: Error): never => assert.fail(error.message)
async function start(): Promise<LogWorker> {
  const worker = await startLogWorker({ folder, durability: 'synced', clients: ['main', 'other'], onFailure })
  started.push(worker)
  return worker
}
const batch = (size: number): Uint8Array =>
  encodeRecordBatch([{ key: null, value: new Uint8Array(size), timestampMs: 1 }])

test('appends of many clients and sizes are acknowledged with their offsets, seen by readers, and there after a restart', async () => {
  let worker = await start()
  let client = openLogClient(worker.clientPort('main'))
  const other = openLogClient(worker.clientPort('other'))
  const advanced = new Map<string, number>()
  client.onAdvance((topic, partition, endOffset) => void advanced.set(`${topic}-${partition}`, endOffset))
  assert.ok((await client.createTopic({ name: 'orders', partitionCount: 2 })).ok)
  assert.equal(other.topic('orders')?.partitionCount, 2)
  const small = batch(100)
  const outcomes = await Promise.all(
    Array.from({ length: 400 }, (_, i) => (i % 2 === 0 ? client : other).append('orders', i % 2, small)),
  )
  const offsets = outcomes.map((outcome) => (outcome.ok ? outcome.baseOffset : -1))
  assert.deepEqual(
    offsets,
    Array.from({ length: 400 }, (_, i) => i >> 1),
  )
  // Larger than a ring: it crosses in pieces.
  const large = batch(16 << 20)
  assert.deepEqual(await client.append('orders', 0, large), {
    ok: true,
    baseOffset: 200,
    logAppendTimeMs: -1,
    logStartOffset: 0,
  })

  const reader = openLogReader(worker.share, openNodeDisk(folder))
  assert.deepEqual([reader.endOffset('orders', 0), reader.endOffset('orders', 1)], [201, 200])
  assert.equal(reader.read('orders', 0, 200, 1).length, large.length)
  assert.deepEqual(Object.fromEntries(advanced), { 'orders-0': 201, 'orders-1': 200 })
  reader.close()
  client.close()
  other.close()
  await worker.stop()

  worker = await start()
  client = openLogClient(worker.clientPort('main'))
  assert.deepEqual(await client.append('orders', 1, small), {
    ok: true,
    baseOffset: 200,
    logAppendTimeMs: -1,
    logStartOffset: 0,
  })
  client.close()
  await worker.stop()
})

test('commit groups by submit and outcome; the last commit is known to every client', async () => {
  const worker = await start()
  const client = openLogClient(worker.clientPort('main'))
  await client.createTopic({ name: 'out', partitionCount: 1 })
  const group = {
    owner: 'pipeline/x',
    epoch: 1,
    appends: [{ topic: 'out', partition: 0, batches: batch(2 << 20) }],
    groupOffsets: [],
    position: new Uint8Array([7]),
    stateFiles: [],
  }
  assert.ok(client.submit(group))
  // Everything behind it is answered after it.
  await client.append('out', 0, batch(1))
  assert.deepEqual(client.outcome('pipeline/x'), { ok: true, epoch: 1, baseOffsets: [0] })
  assert.equal(client.outcome('pipeline/x'), undefined)
  const last = openLogClient(worker.clientPort('other'), { loop: false }).last('pipeline/x')
  assert.deepEqual(last, { epoch: 1, position: new Uint8Array([7]), stateFiles: [] })
  client.close()
  assert.deepEqual(await client.append('out', 0, batch(1)), {
    ok: false,
    error: 56,
    message: 'this client of the log is closed',
  })
  await worker.stop()
})

test('a process whose log was stopped ends by itself', () => {
  const program = `
    import { openLogClient, startLogWorker } from ${JSON.stringify(import.meta.resolve('./index.ts'))}
    const worker = await startLogWorker({ folder: ${JSON.stringify(folder)}, durability: 'synced', clients: ['main'], onFailure: (error) => { throw error } })
    const client = openLogClient(worker.clientPort('main'))
    console.log((await client.createTopic({ name: 'a', partitionCount: 1 })).ok)
    client.close()
    await worker.stop()`
  const file = join(folder, 'program.mjs')
  writeFileSync(file, program)
  const child = spawnSync(process.execPath, [file], { encoding: 'utf8', timeout: 30_000 })
  assert.deepEqual([child.status, child.stdout, child.stderr], [0, 'true\n', ''])
})

test('a folder that cannot be opened is told when the worker starts', async () => {
  const worker = await start()
  await worker.stop()
  openNodeDisk(folder).makeFolder('log/partitions/something')
  openNodeDisk(folder).remove('log/checkpoint')
  const failed = startLogWorker({ folder, durability: 'synced', clients: [], onFailure })
  await assert.rejects(failed, { code: 'MR-LOG-003', message: /log\/checkpoint is missing/ })
})

test('a callback that throws is told, keeps nothing from the others, and the client goes on', async () => {
  const worker = await start()
  const faults: unknown[] = []
  const client = openLogClient(worker.clientPort('main'), { onFault: (error) => faults.push(error) })
  const ends: number[] = []
  const fault = new Error('a fault of ours')
  client.onAdvance(() => {
    throw fault
  })
  const seen = new Promise<void>((resolve) => {
    client.onAdvance((_topic, _partition, endOffset) => {
      ends.push(endOffset)
      if (endOffset === 2) resolve()
    })
  })
  assert.ok((await client.createTopic({ name: 'orders', partitionCount: 1 })).ok)
  assert.ok((await client.append('orders', 0, batch(1))).ok)
  assert.ok((await client.append('orders', 0, batch(1))).ok)
  await seen
  assert.equal(ends.at(-1), 2)
  assert.deepEqual(
    faults,
    ends.map(() => fault),
  )
  client.close()
})
