import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import {
  createMemoryDisk,
  decodeText,
  encodeText,
  MillraceError,
  nodeDiskSpace,
  openNodeDisk,
  readWholeFile,
  replaceFile,
  type Disk,
} from './index.ts'

/** The same law for every disk. */
function checkDisk(disk: Disk): void {
  assert.equal(readWholeFile(disk, 'a/b.txt'), undefined)
  assert.throws(() => disk.open('a/b.txt', 'read'), MillraceError)
  disk.makeFolder('a/c')
  replaceFile(disk, 'a/b.txt', encodeText('one'))
  replaceFile(disk, 'a/b.txt', encodeText('two'))
  assert.equal(decodeText(readWholeFile(disk, 'a/b.txt')!), 'two')
  assert.deepEqual(disk.list('a'), ['b.txt', 'c'])
  assert.deepEqual(disk.list('missing'), [])
  const file = disk.open('a/c/d', 'create')
  file.write(encodeText('hello'), 3)
  assert.equal(file.size(), 8)
  file.truncate(4)
  file.truncate(6)
  const into = new Uint8Array(10)
  assert.equal(file.read(into, 0), 6)
  assert.deepEqual([...into], [0, 0, 0, 104, 0, 0, 0, 0, 0, 0])
  assert.equal(file.read(into, 6), 0)
  file.sync()
  file.close()
  disk.rename('a/c', 'a/e')
  disk.syncFolder('a')
  assert.deepEqual(disk.list('a'), ['b.txt', 'e'])
  assert.ok(disk.exists('a/e/d'))
  disk.remove('a')
  disk.remove('a')
  assert.deepEqual(disk.list('a'), [])
}

test('a disk in memory keeps the law of disks', () => checkDisk(createMemoryDisk()))

test('a real disk keeps the law of disks', () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-disk-'))
  try {
    checkDisk(openNodeDisk(join(folder, 'data')))
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('a disk tells its size, and what is free for anybody', () => {
  const { totalBytes, usableBytes } = nodeDiskSpace(tmpdir())!
  assert.ok(Number.isSafeInteger(totalBytes) && totalBytes > 2 ** 20, String(totalBytes))
  assert.ok(usableBytes >= 0 && usableBytes <= totalBytes, String(usableBytes))
  assert.equal(nodeDiskSpace('/there/is/no/such/folder'), undefined)
})
