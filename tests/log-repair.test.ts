// A data folder with a damaged file, as an operator meets it: verify names the place, a dry run says what repairing costs and
// changes nothing, repair waits until no node runs, and afterwards the node starts, is sound, and clients read on and write.
import { createHash } from 'node:crypto'
import { closeSync, globSync, openSync, readFileSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import assert from 'node:assert/strict'
import { Kafka, logLevel } from 'kafkajs'
import type { LogRepair } from '../src/log/index.ts'
import { startMillrace, type Millrace } from '../tools/millrace-process.ts'
import { copyExample, millrace, plainEnvironment, temporaryFolder } from './kit.ts'

const count = 300

const startNode = (project: string, data: string): Promise<Millrace> =>
  startMillrace({ project, data, env: plainEnvironment })
const clientOf = (node: Millrace): Kafka =>
  new Kafka({ brokers: [`127.0.0.1:${node.ports.kafka}`], logLevel: logLevel.NOTHING })

async function produce(node: Millrace, values: readonly string[]): Promise<void> {
  const producer = clientOf(node).producer()
  await producer.connect()
  for (const value of values) await producer.send({ topic: 'pay', messages: [{ value }] })
  await producer.disconnect()
}

/** Offsets and values up to the last one. */
async function consume(node: Millrace, last: string): Promise<[number, string][]> {
  const consumer = clientOf(node).consumer({ groupId: 'repair' })
  await consumer.connect()
  await consumer.subscribe({ topic: 'pay', fromBeginning: true })
  const seen: [number, string][] = []
  await new Promise<void>((resolve) => {
    void consumer.run({
      async eachMessage({ message }) {
        seen.push([Number(message.offset), message.value!.toString()])
        if (message.value!.toString() === last) resolve()
      },
    })
  })
  await consumer.disconnect()
  return seen
}

const digest = (folder: string): string[] =>
  globSync('**/*', { cwd: folder })
    .filter((path) => statSync(join(folder, path)).isFile())
    .map(
      (path) =>
        `${path} ${createHash('sha256')
          .update(readFileSync(join(folder, path)))
          .digest('hex')}`,
    )
    .toSorted()

test('a flipped byte: verify, repair --dry-run, repair, and the node goes on', async () => {
  const project = copyExample()
  const data = join(temporaryFolder(), 'data')
  const words = (...more: string[]): string[] => ['log', ...more, project, '--data', data]
  let node = await startNode(project, data)
  const admin = clientOf(node).admin()
  await admin.connect()
  await admin.createTopics({ topics: [{ topic: 'pay', numPartitions: 1 }] })
  await admin.disconnect()
  await produce(
    node,
    Array.from({ length: count }, (_, i) => `payment ${i}`),
  )
  await node.stop()

  // The batch of payment 100: a byte of its records.
  const segment = globSync('log/partitions/*/*.segment', { cwd: data })
    .map((path) => join(data, path))
    .find((path) => readFileSync(path).includes('payment 100'))!
  const file = openSync(segment, 'r+')
  writeSync(file, 'X', readFileSync(segment).indexOf('payment 100') + 3)
  closeSync(file)

  const verified = await millrace(words('verify'))
  assert.equal(verified.code, 1)
  assert.match(
    verified.stdout,
    /^damaged {2}pay-0, offset 100, log\/partitions\/.*\.segment:\d+: a batch’s checksum is wrong$/m,
  )
  const before = digest(data)
  const foretold = await millrace(words('repair', '--dry-run'))
  assert.equal(foretold.code, 1)
  assert.match(foretold.stdout, /^can be repaired {2}pay-0: readable and writable, end 300$/m)
  assert.match(foretold.stdout, /^ {2}lost: offsets 100, at most 1 records$/m)
  assert.deepEqual(digest(data), before, 'a dry run changes nothing')

  node = await startNode(project, data)
  const refused = await millrace(words('repair'))
  assert.equal(refused.code, 1)
  assert.match(refused.stderr, /MR-BASE-005/)
  await node.stop()

  const repaired = await millrace(words('repair', '--json'))
  assert.equal(repaired.code, 0, repaired.stdout + repaired.stderr)
  const { aside, partitions, remaining } = JSON.parse(repaired.stdout) as LogRepair
  assert.deepEqual([partitions.map((one) => one.lost), remaining], [[[{ from: 100, to: 101 }]], []])
  const kept = globSync(`${aside}/*`, { cwd: data }).map((path) => readFileSync(join(data, path)))
  assert.ok(
    kept.some((bytes) => bytes.includes('payXent 100')),
    'what was damaged is kept',
  )
  assert.equal((await millrace(words('verify'))).code, 0)

  node = await startNode(project, data)
  await produce(node, ['the next'])
  const expected = Array.from({ length: count }, (_, i): [number, string] => [i, `payment ${i}`])
  assert.deepEqual(await consume(node, 'the next'), [...expected.filter(([i]) => i !== 100), [count, 'the next']])
  await node.stop()
  const again = await millrace(words('repair'))
  assert.deepEqual([again.code, again.stdout], [0, 'sound: nothing to repair\n'])
})
