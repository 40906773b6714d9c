// A disk that fills up: writes are refused with a clear word, reading goes on, and it heals by itself once there is room. On a real
// small file system where one can be mounted (root on Linux); in any case on a disk that says that it is full.
import { spawnSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import assert from 'node:assert/strict'
import { Producer, stringSerializers } from '@platformatic/kafka'
import { encodeText, MillraceError, nodeClock, nodeRandom, openNodeDisk, type Disk } from '../src/base/index.ts'
import type { MessageShape, PipelineShape, TopicShape } from '../src/console-api/index.ts'
import { createLocalLog, createLog } from '../src/log/index.ts'
import { encodeRecordBatch } from '../src/model/index.ts'
import { startMillrace } from '../tools/millrace-process.ts'
import { getJson, millrace, plainEnvironment, temporaryFolder, waitUntil } from './kit.ts'

test('the log refuses what does not fit, reads what it has, and takes writes again when there is room', async () => {
  const folder = temporaryFolder()
  const state = { full: false }
  const disk = fillable(openNodeDisk(folder), folder, state)
  const local = createLocalLog(createLog({ disk, clock: nodeClock, random: nodeRandom }), disk)
  const batch = (text: string): Uint8Array =>
    encodeRecordBatch([{ key: null, value: encodeText(text), timestampMs: nodeClock.nowMs() }])
  await local.createTopic({ name: 'sales', partitionCount: 1, configs: {} })
  assert.equal((await local.append('sales', 0, batch('before'))).ok, true)
  state.full = true
  const refused = await local.append('sales', 0, batch('while'))
  assert.deepEqual(refused, { ok: false, error: 56, message: 'no room left on the disk' })
  assert.equal(local.endOffset('sales', 0), 1)
  assert.ok(local.read('sales', 0, 0, 1 << 20).length > 0, 'what is there is read')
  state.full = false
  const after = await local.append('sales', 0, batch('after'))
  assert.deepEqual([after.ok, local.endOffset('sales', 0)], [true, 2])
})

const mount = mountSmall()
if (mount !== undefined) {
  test('a node on a full disk says so, reads on, and goes on by itself when there is room', async () => {
    const project = temporaryFolder()
    writeFileSync(
      join(project, 'millrace.yaml'),
      'apiVersion: millrace/v1\nkind: Project\nmetadata: { name: sales, owner: team }\n---\napiVersion: millrace/v1\nkind: Owner\nmetadata: { name: team }\nspec: { contact: team@example.org }\n',
    )
    writeFileSync(
      join(project, 'sales.sql'),
      `CREATE TABLE sales (sale_id BIGINT NOT NULL) WITH ('millrace.format' = 'json');
CREATE TABLE copies (sale_id BIGINT NOT NULL) WITH ('millrace.format' = 'json');
INSERT INTO copies SELECT sale_id FROM sales;
`,
    )
    const data = join(mount, 'data')
    const env = { ...plainEnvironment }
    const node = await startMillrace({ project, data, env, log: join(project, 'node.log') })
    const producer = new Producer({
      clientId: 'shop',
      bootstrapBrokers: [node.bootstrap],
      serializers: stringSerializers,
      retries: 0,
    })
    const send = async (sale: number): Promise<unknown> => {
      try {
        await producer.send({ messages: [{ topic: 'sales', value: JSON.stringify({ sale_id: sale }) }] })
        return 'acknowledged'
      } catch (error) {
        return error
      }
    }
    const copies = async (): Promise<number> =>
      Number(
        (await getJson<readonly TopicShape[]>(node.ports.console, '/api/topics')).find((t) => t.name === 'copies')!
          .records,
      )
    const filler = join(mount, 'filler')
    try {
      assert.equal(await send(1), 'acknowledged')
      await waitUntil('the pipeline has read it', async () => (await copies()) === 1)
      let sent = 1
      // The file system is filled again and again: a page that is already there may still take a record.
      await waitUntil('a write is refused', async () => {
        fill(filler)
        const outcome = await send(sent + 1)
        if (outcome === 'acknowledged') sent++
        return outcome !== 'acknowledged'
      })
      await waitUntil(
        'the terminal says so',
        () => /problem.* disk: No room left on the disk/.test(node.output()) || sendQuietly(send),
      )
      const messages = await getJson<readonly MessageShape[]>(node.ports.console, '/api/topics/sales/messages?limit=10')
      assert.equal(messages.length, Math.min(10, sent), 'what was acknowledged is read')
      const second = await millrace(['dev', project, '--data', join(mount, 'other')])
      assert.equal(second.code, 1)
      assert.match(
        second.stderr,
        /^error: No room left on the disk while writing .+ \[MR-BASE-002\]\n {2}Free some space/,
      )
      rmSync(join(mount, 'other'), { recursive: true, force: true })

      rmSync(filler)
      await waitUntil('a write is taken again', async () => (await send(0)) === 'acknowledged')
      const records = async (): Promise<number> =>
        Number(
          (await getJson<readonly TopicShape[]>(node.ports.console, '/api/topics')).find((t) => t.name === 'sales')!
            .records,
        )
      await waitUntil('the pipeline has caught up', async () => (await copies()) === (await records()))
      await waitUntil('all pipelines run', async () =>
        (await getJson<readonly PipelineShape[]>(node.ports.console, '/api/pipelines')).every(
          (p) => p.state === 'running' && p.error === null,
        ),
      )
      await waitUntil('the terminal says that it is over', () => /over.* disk\n/.test(node.output()))
      await producer.close(true)
      process.kill(node.pid, 'SIGINT')
      assert.equal(await node.ended, 0)
    } finally {
      await node.stop()
    }
  })
}

/** A write while the disk is full: what makes a waiting pipeline notice. Always false, for waitUntil. */
async function sendQuietly(send: (sale: number) => Promise<unknown>): Promise<boolean> {
  await send(0)
  return false
}

/** Writes zeros until nothing more fits. */
function fill(path: string): void {
  const file = openSync(path, 'a')
  try {
    for (let size = 1 << 20; size >= 1024; size >>= 1) {
      const zeros = new Uint8Array(size)
      try {
        for (;;) writeSync(file, zeros)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
      }
    }
  } finally {
    closeSync(file)
  }
}

/** A file system of 32 MB of its own; undefined where this user may not mount one. Gone when this process ends. */
function mountSmall(): string | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return undefined
  const folder = join(temporaryFolder(), 'small')
  mkdirSync(folder)
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=32m', 'tmpfs', folder]).status !== 0) return undefined
  process.prependListener('exit', () => spawnSync('umount', ['--lazy', folder]))
  return folder
}

/** A disk that takes no more bytes while `state.full`. */
function fillable(disk: Disk, root: string, state: { readonly full: boolean }): Disk {
  return {
    ...disk,
    open(path, mode) {
      const file = disk.open(path, mode)
      return {
        size: () => file.size(),
        read: (into, position) => file.read(into, position),
        write(bytes, position) {
          if (state.full) throw new MillraceError('MR-BASE-002', { details: { path: join(root, path) } })
          file.write(bytes, position)
        },
        sync: () => file.sync(),
        truncate: (size) => file.truncate(size),
        close: () => file.close(),
      }
    },
  }
}
