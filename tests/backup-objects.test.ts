// A backup to a bucket that fails, or whose process dies, at each of its steps: what counts before still restores whole, and the
// next backup goes on from there and leaves nothing behind.
import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { Kafka, logLevel, type Producer } from 'kafkajs'
import { MillraceError, openNodeDisk } from '../src/base/index.ts'
import { fetchObjectBackup, openObjectBackup } from '../src/deploy/embedded/backup-objects.ts'
import { restoreBackup } from '../src/deploy/embedded/backup.ts'
import { startNode, type EmbeddedNode } from '../src/deploy/embedded/index.ts'
import type { ObjectStore } from '../src/deploy/embedded/object-store.ts'
import { verifyLog } from '../src/log/index.ts'
import { plainProject, temporaryFolder } from './kit.ts'

class MemoryStore implements ObjectStore {
  readonly place = 's3://memory/backup'
  readonly objects: Map<string, { bytes: Uint8Array; tag: string }>
  /** Operations until one fails; it has an effect all the same when `isHalf`. */
  left: number
  readonly isHalf: boolean
  #tags = 0

  constructor(objects = new Map<string, { bytes: Uint8Array; tag: string }>(), left = Infinity, isHalf = false) {
    this.objects = new Map(objects)
    this.left = left
    this.isHalf = isHalf
  }

  #step<T>(run: () => T): Promise<T> {
    const fails = this.left-- <= 0
    const result = !fails || this.isHalf ? run() : undefined
    return fails ? Promise.reject(new Error('the network is gone')) : Promise.resolve(result as T)
  }

  get(key: string) {
    return Promise.resolve(this.objects.get(key))
  }
  put(key: string, bytes: Uint8Array, over?: string | null) {
    return this.#step(() => {
      if (over !== undefined && (this.objects.get(key)?.tag ?? null) !== over) return undefined
      const tag = `${this.objects.size}.${this.#tags++}.${bytes.length}`
      this.objects.set(key, { bytes: bytes.slice(), tag })
      return tag
    })
  }
  remove(keys: readonly string[]) {
    return this.#step(() => keys.forEach((key) => this.objects.delete(key)))
  }
  list() {
    return this.#step(() => [...this.objects.keys()])
  }
  close(): void {}
}

async function startShop(t: TestContext): Promise<{ node: EmbeddedNode; producer: Producer }> {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'millrace.yaml'), plainProject)
  const node = await startNode({ project: folder, ports: { kafka: 0, registry: 0, catalog: 0, console: 0 } })
  t.after(() => node.stop())
  const kafka = new Kafka({ brokers: [`127.0.0.1:${node.ports.kafka}`], logLevel: logLevel.NOTHING })
  const admin = kafka.admin()
  await admin.connect()
  await admin.createTopics({ topics: [{ topic: 'payments' }] })
  await admin.disconnect()
  const producer = kafka.producer()
  await producer.connect()
  t.after(() => producer.disconnect())
  return { node, producer }
}

const send = (producer: Producer, count: number) =>
  producer.send({ topic: 'payments', messages: Array.from({ length: count }, (_, i) => ({ value: `payment ${i}` })) })

/** Restores what counts in the store. @returns how many payments are in it */
async function restored(store: MemoryStore): Promise<number> {
  const place = temporaryFolder()
  const download = join(place, 'download')
  mkdirSync(download)
  await fetchObjectBackup(store, download)
  const manifest = restoreBackup(download, { data: join(place, 'data'), lake: null })
  const { problems } = verifyLog(openNodeDisk(join(place, 'data')))
  assert.deepEqual(problems, [])
  return manifest.topics.find(({ name }) => name === 'payments')!.ends[0]!
}

const partsOf = (store: MemoryStore): string[] => {
  const { parts } = JSON.parse(Buffer.from(store.objects.get('backup.json')!.bytes).toString()) as {
    parts: Record<string, { key: string }[]>
  }
  return Object.values(parts).flatMap((of) => of.map(({ key }) => key))
}

test('a pass that dies at any step leaves what counted before, and the next one goes on', async (t) => {
  const { node, producer } = await startShop(t)
  const source = { project: 'shop', data: node.data, lake: node.lake }
  await send(producer, 100)
  const first = new MemoryStore()
  await (await openObjectBackup(source, first)).pass()
  assert.equal(await restored(first), 100)
  await send(producer, 50)
  let steps = 0
  for (const isHalf of [false, true]) {
    for (let left = 0; ; left++) {
      const store = new MemoryStore(first.objects, left, isHalf)
      const backup = await openObjectBackup(source, store)
      const failed = await backup.pass().then(
        () => false,
        () => true,
      )
      assert.ok([100, 150].includes(await restored(store)))
      store.left = Infinity
      // Another process, and the same one again where it does not think that another has written.
      await (await openObjectBackup(source, store)).pass()
      assert.equal(await restored(store), 150)
      assert.deepEqual(
        [...store.objects.keys()].filter((key) => key !== 'backup.json').toSorted(),
        partsOf(store).toSorted(),
      )
      if (!failed) break
      steps++
    }
  }
  assert.ok(steps >= 8, `${steps} steps`)
})

test('two backups into one place: the second to write is refused, and what the first wrote counts', async (t) => {
  const { node, producer } = await startShop(t)
  const source = { project: 'shop', data: node.data, lake: node.lake }
  const store = new MemoryStore()
  await send(producer, 10)
  const [one, other] = [await openObjectBackup(source, store), await openObjectBackup(source, store)]
  await one.pass()
  await send(producer, 5)
  await assert.rejects(other.pass(), (error) => error instanceof MillraceError && error.code === 'MR-DEPLOY-020')
  assert.equal(await restored(store), 10)
  await one.pass()
  assert.equal(await restored(store), 15)
})

test('hundreds of passes do not leave hundreds of objects', async (t) => {
  const { node, producer } = await startShop(t)
  const store = new MemoryStore()
  const backup = await openObjectBackup({ project: 'shop', data: node.data, lake: node.lake }, store)
  for (let i = 0; i < 100; i++) {
    await send(producer, 1)
    await backup.pass()
  }
  assert.equal(await restored(store), 100)
  assert.ok(store.objects.size < 40, `${store.objects.size} objects`)
})
