// Folders that were started from one backup: the first goes on into it, any other is refused, and nothing is written over.
import assert from 'node:assert/strict'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { MillraceError, nodeClock, nodeRandom, openNodeDisk } from '../../base/index.ts'
import { createLocalLog, createLog } from '../../log/index.ts'
import { encodeRecordBatch } from '../../model/index.ts'
import { openObjectBackup, fetchObjectBackup } from './backup-objects.ts'
import { openBackup, restoreBackup, type BackupManifest, type BackupSource } from './backup.ts'
import type { ObjectStore } from './object-store.ts'

const place = mkdtempSync(join(tmpdir(), 'millrace-lineage-'))
after(() => rmSync(place, { recursive: true }))
let folders = 0
const fresh = (): string => join(place, `${folders++}`)

const sourceOf = (data: string): BackupSource => ({ project: 'shop', data, lake: null })

/** A node's short life on a data folder. */
function write(data: string, ...values: string[]): void {
  const disk = openNodeDisk(data)
  const log = createLocalLog(createLog({ disk, clock: nodeClock, random: nodeRandom }), disk)
  if (!log.topic('orders')) log.createTopicNow({ name: 'orders', partitionCount: 1 })
  for (const value of values) {
    const record = { key: null, value: new TextEncoder().encode(value), timestampMs: 1 }
    assert.ok(log.appendNow('orders', 0, encodeRecordBatch([record])).ok)
  }
  log.close()
}

function make(...values: string[]): string {
  const data = fresh()
  mkdirSync(data)
  writeFileSync(join(data, 'cluster-id'), 'a-cluster\n')
  write(data, ...values)
  return data
}

async function backUp(data: string, to: string): Promise<BackupManifest> {
  const backup = openBackup(sourceOf(data), to)
  try {
    return await backup.pass()
  } finally {
    backup.close()
  }
}

function restore(from: string): string {
  const data = fresh()
  restoreBackup(from, { data, lake: null })
  return data
}

const refused = (reason: RegExp) => (error: unknown) =>
  error instanceof MillraceError && error.code === 'MR-DEPLOY-032' && reason.test(error.message)

test('of two folders restored from one backup the first goes on into it, and the second is refused, as is the one before', async () => {
  const first = make('a', 'b')
  const to = fresh()
  await backUp(first, to)
  const [one, two] = [restore(to), restore(to)]
  write(one, 'c')
  write(two, 'd', 'e')
  await backUp(one, to)
  write(one, 'f')
  const { topics } = await backUp(one, to)
  const held = readFileSync(join(to, 'backup.json'))
  await assert.rejects(
    backUp(two, to),
    refused(/another folder that was restored from the same backup went on into it/),
  )
  await assert.rejects(backUp(first, to), refused(/restored from a backup of this one went on into it/))
  assert.deepEqual(readFileSync(join(to, 'backup.json')), held)
  assert.deepEqual(topics.find(({ name }) => name === 'orders')!.ends, [4])
  // Each has a place of its own, and what was restored from a restored one goes on as well.
  const other = fresh()
  await backUp(two, other)
  const again = restore(to)
  write(again, 'g')
  await backUp(again, to)
  await assert.rejects(backUp(one, to), refused(/restored from a backup of this one/))
})

test('a restored folder is refused where the one it was taken of has gone on', async () => {
  const first = make('a')
  const to = fresh()
  await backUp(first, to)
  const restored = restore(to)
  write(first, 'b')
  await backUp(first, to)
  await assert.rejects(backUp(restored, to), refused(/the folder that it was taken of went on into it/))
  write(first, 'c')
  await backUp(first, to)
})

test('of two copies of a folder the first goes on, whichever it is; restarts and kills between passes mean nothing', async () => {
  for (const winner of [0, 1]) {
    const first = make('a')
    const to = fresh()
    await backUp(first, to)
    const copy = fresh()
    cpSync(first, copy, { recursive: true })
    const [one, two] = winner === 0 ? [first, copy] : [copy, first]
    // Neither has begun to differ.
    await backUp(two, to)
    write(one, 'b')
    write(one)
    write(one, 'c')
    await backUp(one, to)
    write(two, 'd')
    await assert.rejects(backUp(two, to), refused(/a copy of this folder went on into it/))
    write(one, 'e')
    const { topics } = await backUp(one, to)
    assert.deepEqual(topics.find(({ name }) => name === 'orders')!.ends, [4])
  }
})

test('a copy that is started, and writes, before the other one’s next pass does not take what the other has backed up', async () => {
  const first = make('a')
  const to = fresh()
  await backUp(first, to)
  const copy = fresh()
  cpSync(first, copy, { recursive: true })
  write(first, 'b')
  await backUp(first, to)
  write(copy, 'c')
  await assert.rejects(backUp(copy, to), refused(/a copy of this folder went on/))
  await backUp(first, to)
})

test('backups of before lines were told count as the first line', async () => {
  const first = make('a')
  const to = fresh()
  await backUp(first, to)
  const {
    lineage: _,
    start: __,
    syncedSequence: ___,
    ...old
  } = JSON.parse(readFileSync(join(to, 'backup.json'), 'utf8')) as BackupManifest
  writeFileSync(join(to, 'backup.json'), JSON.stringify(old))
  const [one, two] = [restore(to), restore(to)]
  write(first, 'b')
  await backUp(one, to)
  await assert.rejects(backUp(two, to), refused(/same backup/))
  await assert.rejects(backUp(first, to), refused(/restored from a backup of this one/))
})

test('a backup that runs while its data are replaced by a restore ends, too', async () => {
  const first = make('a')
  const to = fresh()
  const backup = openBackup(sourceOf(first), to)
  await backup.pass()
  const early = fresh()
  await backUp(first, early)
  write(first, 'b')
  await backup.pass()
  rmSync(first, { recursive: true })
  restoreBackup(early, { data: first, lake: null })
  write(first, 'c')
  await assert.rejects(backup.pass(), refused(/the folder that it was taken of went on into it/))
  backup.close()
})

function memoryStore(): ObjectStore {
  const objects = new Map<string, { bytes: Uint8Array; tag: string }>()
  let tags = 0
  return {
    place: 's3://memory/shop',
    get: (key) => Promise.resolve(objects.get(key)),
    put(key, bytes, over) {
      if (over !== undefined && (objects.get(key)?.tag ?? null) !== over) return Promise.resolve(undefined)
      const tag = `${tags++}`
      objects.set(key, { bytes: bytes.slice(), tag })
      return Promise.resolve(tag)
    },
    remove(keys) {
      for (const key of keys) objects.delete(key)
      return Promise.resolve()
    },
    list: () => Promise.resolve([...objects.keys()]),
    close() {},
  }
}

test('in a bucket it is the same', async () => {
  const store = memoryStore()
  const pass = async (data: string): Promise<void> =>
    void (await (await openObjectBackup(sourceOf(data), store)).pass())
  const first = make('a')
  await pass(first)
  const fetched = fresh()
  await fetchObjectBackup(store, fetched)
  const [one, two] = [restore(fetched), restore(fetched)]
  write(one, 'b')
  write(two, 'c')
  await pass(one)
  await assert.rejects(pass(two), refused(/same backup/))
  await assert.rejects(pass(first), refused(/restored from a backup of this one/))
  await pass(one)
})
