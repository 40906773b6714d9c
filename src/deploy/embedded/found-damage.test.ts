// A place that a reader found damaged is said again by the next start, until it is whole.
import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { MillraceError, nodeClock, nodeRandom, openNodeDisk } from '../../base/index.ts'
import { createLocalLog, createLog, type LocalLog } from '../../log/index.ts'
import { encodeRecordBatch } from '../../model/index.ts'
import { FoundDamage } from './found-damage.ts'

function openLog(t: TestContext, folder: string): LocalLog {
  const disk = openNodeDisk(folder)
  const log = createLocalLog(createLog({ disk, clock: nodeClock, random: nodeRandom }), disk)
  t.after(() => log.close())
  return log
}

async function damagedFolder(t: TestContext, where: 'record' | 'header') {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-damage-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const log = openLog(t, folder)
  await log.createTopic({ name: 'pay', partitionCount: 1 })
  for (let i = 0; i < 3; i++)
    await log.append('pay', 0, encodeRecordBatch([{ key: null, value: new Uint8Array(200).fill(i), timestampMs: 1 }]))
  const sizes = log.read('pay', 0, 0, 1 << 20).length / 3
  const partition = join(folder, 'log/partitions', `${log.topic('pay')!.id}.0`)
  const path = join(
    partition,
    readdirSync(partition).find((name) => name.endsWith('.segment'))!,
  )
  const whole = readFileSync(path)
  const hurt = Buffer.from(whole)
  const second = whole.indexOf(new Uint8Array(200).fill(1)) - (sizes - 200 - 1)
  // A value's byte, or the length of the batch.
  if (where === 'record') hurt[second + sizes - 20]! ^= 1
  else hurt.fill(0xff, second + 8, second + 12)
  return { folder, log, path, whole, hurt }
}

const found = (log: LocalLog, folder: string) => {
  const said: string[] = []
  const disk = openNodeDisk(folder)
  const damage = new FoundDamage({ disk, reader: log, onStill: (error) => void said.push(error.message) })
  return { said, damage }
}

function errorOf(read: () => unknown): MillraceError {
  try {
    read()
  } catch (error) {
    if (error instanceof MillraceError) return error
  }
  return assert.fail('it should be damaged')
}

for (const where of ['record', 'header'] as const) {
  test(`a damaged ${where} that was found is said by the next start, and forgotten when it is whole`, async (t) => {
    const { folder, log, path, whole, hurt } = await damagedFolder(t, where)
    writeFileSync(path, hurt)
    const first = found(log, folder)
    const error = errorOf(() => {
      for (let next = 0; next < 3; next++) log.readUncommitted('pay', 0, next, 1)
    })
    assert.equal(error.code, 'MR-LOG-001')
    first.damage.note(error)
    first.damage.note(error)
    assert.deepEqual(first.said, [])

    const second = found(log, folder)
    for (let i = 0; i < 3; i++) second.damage.look()
    assert.equal(second.said.length, 1)
    assert.match(second.said[0]!, /^pay-0 is damaged from offset/)

    writeFileSync(path, whole)
    const third = found(log, folder)
    for (let i = 0; i < 3; i++) third.damage.look()
    assert.deepEqual(third.said, [])
    // Damaged anew, nobody has found it yet.
    writeFileSync(path, hurt)
    const fourth = found(log, folder)
    for (let i = 0; i < 3; i++) fourth.damage.look()
    assert.deepEqual(fourth.said, [])
  })
}

test('a topic that is gone, another of its name, and a file that is not ours are no damage', async (t) => {
  const { folder, log, path, hurt } = await damagedFolder(t, 'record')
  writeFileSync(path, hurt)
  found(log, folder).damage.note(errorOf(() => log.readUncommitted('pay', 0, 1, 1)))
  await log.deleteTopic('pay')
  await log.createTopic({ name: 'pay', partitionCount: 1 })
  const again = found(log, folder)
  again.damage.look()
  assert.deepEqual(again.said, [])
  writeFileSync(join(folder, 'found-damage.json'), '{"places":[{"topic":1},null]}')
  assert.deepEqual(found(log, folder).said, [])
})
