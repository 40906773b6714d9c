// A backup beside a running node into a real S3 server, and back: as a person types it.
// needs: s3
import assert from 'node:assert/strict'
import { globSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { Kafka, logLevel } from 'kafkajs'
import { startS3 } from '../../peers/index.ts'
import { startNode } from '../../src/deploy/embedded/index.ts'
import { millrace, plainProject, temporaryFolder } from '../../tests/kit.ts'

const ports = { kafka: 0, registry: 0, catalog: 0, console: 0 }
const files = {
  'millrace.yaml': plainProject,
}

test('passes into a bucket, a lost node, a restore from it; and what is wrong with the bucket is said', async (t) => {
  const s3 = await startS3(['backups'])
  t.after(() => s3.stop())
  const folder = temporaryFolder()
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  const node = await startNode({ project: folder, ports })
  t.after(() => node.stop())
  const kafka = new Kafka({ brokers: [`127.0.0.1:${node.ports.kafka}`], logLevel: logLevel.NOTHING })
  const producer = kafka.producer()
  await producer.connect()
  const send = (count: number) =>
    producer.send({
      topic: 'payments',
      messages: Array.from({ length: count }, () => ({ value: Buffer.alloc(1000, 'x') })),
    })
  const variables = { ...s3.variables, AWS_EC2_METADATA_DISABLED: 'true' }
  const run = (words: readonly string[], more: Readonly<Record<string, string>> = {}) =>
    millrace(words, { env: { ...variables, ...more } })
  const backup = ['backup', folder, '--to', 's3://backups/shop', '--json']

  for (let i = 0; i < 4; i++) await send(500)
  const first = await run(backup)
  assert.equal(first.code, 0, first.stderr)
  for (let i = 0; i < 3; i++) {
    await send(10)
    const next = await run(backup)
    assert.equal(next.code, 0, next.stderr)
  }
  const wrong = await run(backup, { AWS_SECRET_ACCESS_KEY: 'other' })
  assert.equal(wrong.code, 1)
  const { error } = JSON.parse(wrong.stdout) as { error: { code: string; message: string } }
  assert.equal(error.code, 'MR-DEPLOY-019')
  assert.match(error.message, /^Cannot read backup.json of s3:\/\/backups\/shop: /)
  const missing = await run(['backup', folder, '--to', 's3://nothing-here/shop'])
  assert.match(missing.stderr, /MR-DEPLOY-019/)

  await producer.disconnect()
  await node.stop()
  rmSync(join(folder, '.millrace'), { recursive: true })
  const restored = await run(['restore', folder, '--from', 's3://backups/shop'])
  assert.equal(restored.code, 0, restored.stderr)
  assert.match(restored.stdout, /payments +2030\n/)
  assert.deepEqual(globSync(join(folder, '*.download')), [])
  const again = await startNode({ project: folder, ports })
  t.after(() => again.stop())
  assert.equal(again.reader.endOffset('payments', 0), 2_030)
  const verified = await millrace(['log', 'verify', folder])
  assert.equal(verified.code, 0, verified.stdout)

  // An object that somebody removed.
  const [part] = globSync(join(s3.folder, 'backups', 'shop', 'data', '**', '0-*')).toSorted()
  rmSync(part!)
  const broken = await run([
    'restore',
    folder,
    '--data',
    join(temporaryFolder(), 'data'),
    '--from',
    's3://backups/shop',
  ])
  assert.equal(broken.code, 1)
  assert.match(broken.stderr, /is missing or has another size.*\[MR-DEPLOY-011\]/s)
})
