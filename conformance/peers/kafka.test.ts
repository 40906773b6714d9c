// The broker, its tools, kcat and Python's client agree with one another, before they judge anything of ours.
// needs: kafka, kcat, confluent-kafka
import { after, before, test } from 'node:test'
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { kafkaTool, kcat, pythonVenv, startKafka, type Kafka } from '../../peers/index.ts'
import { temporaryFolder } from '../harness.ts'

let kafka: Kafka
before(async () => {
  kafka = await startKafka()
})
after(() => kafka?.stop())

test('Kafka takes a topic from its own tool, and kcat lists it', async () => {
  const made = await kafkaTool('kafka-topics', [
    '--bootstrap-server',
    kafka.bootstrap,
    '--create',
    '--topic',
    'orders',
    '--partitions',
    '3',
  ])
  assert.equal(made.code, 0, made.stderr)
  const listed = await kcat(['-b', kafka.bootstrap, '-L', '-J'])
  const { topics } = JSON.parse(listed.stdout) as { topics: { topic: string; partitions: unknown[] }[] }
  assert.deepEqual(
    topics.map(({ topic, partitions }) => ({ topic, partitions: partitions.length })),
    [{ topic: 'orders', partitions: 3 }],
  )
})

test('what kcat produces, confluent-kafka consumes', async () => {
  const produced = await kcat(['-b', kafka.bootstrap, '-P', '-t', 'events', '-K', ':'], { input: 'a:one\nb:two\n' })
  assert.equal(produced.code, 0, produced.stderr)
  const script = join(temporaryFolder(), 'consume.py')
  writeFileSync(
    script,
    `import sys
from confluent_kafka import Consumer
consumer = Consumer({'bootstrap.servers': sys.argv[1], 'group.id': 'g', 'auto.offset.reset': 'earliest'})
consumer.subscribe(['events'])
count = 0
while count < 2:
    message = consumer.poll(30)
    assert message is not None and not message.error(), message and message.error()
    print(message.key().decode(), message.value().decode())
    count += 1
consumer.close()
`,
  )
  const python = await pythonVenv('confluent-kafka')
  const consumed = await python.run(script, [kafka.bootstrap])
  assert.equal(consumed.code, 0, consumed.stderr)
  assert.equal(consumed.stdout, 'a one\nb two\n')
})
