// Kafka Connect standalone: a file source into a topic, and a file sink out of it, over a crash of the worker.
// needs: kafka, kafka-connect
import assert from 'node:assert/strict'
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Kafka, logLevel } from 'kafkajs'
import { startConnect, type Connect } from '../../peers/index.ts'
import { temporaryFolder } from '../harness.ts'
import { brokers, type Broker } from './node.ts'

const lineCount = 2000
const linesOf = (part: number): string[] => Array.from({ length: lineCount }, (_, i) => `part ${part} line ${i}`)
const textOf = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('')

for (const { name, start } of brokers) {
  describe(`with ${name}`, () => {
    let broker: Broker
    let connect: Connect | undefined
    before(async () => {
      broker = await start()
    })
    after(async () => {
      await connect?.stop()
      await broker?.stop()
    })

    test('Kafka Connect: FileStream source and sink copy lines in order and, after a crash, leave none out', async () => {
      const folder = temporaryFolder()
      const [input, output] = [join(folder, 'in.txt'), join(folder, 'out.txt')]
      const file = 'org.apache.kafka.connect.file.FileStream'
      const open = (): Promise<Connect> =>
        startConnect({
          bootstrap: broker.bootstrap,
          folder: join(folder, 'connect'),
          connectors: {
            source: {
              'connector.class': `${file}SourceConnector`,
              'tasks.max': '1',
              file: input,
              topic: 'lines',
              // It keeps what it has read beyond a full batch until the file grows again.
              'batch.size': '100000',
            },
            sink: { 'connector.class': `${file}SinkConnector`, 'tasks.max': '1', file: output, topics: 'lines' },
          },
        })
      const written = (): string[] => (existsSync(output) ? readFileSync(output, 'utf8').split('\n').slice(0, -1) : [])
      const waitFor = async (line: string): Promise<void> => {
        for (const deadline = performance.now() + 30_000; !written().includes(line); await sleep(50))
          assert.ok(performance.now() < deadline, `${line} is not there; the last one is ${written().at(-1)}`)
      }
      const admin = new Kafka({ brokers: [broker.bootstrap], logLevel: logLevel.NOTHING }).admin()
      await admin.connect()
      await admin.createTopics({ topics: [{ topic: 'lines', numPartitions: 1 }] })

      writeFileSync(input, textOf(linesOf(0)))
      connect = await open()
      await waitFor(linesOf(0).at(-1)!)
      assert.deepEqual(written(), linesOf(0), 'each line once, in order')
      appendFileSync(input, textOf(linesOf(1)))
      await waitFor(linesOf(1)[0]!)
      await connect.crash()
      appendFileSync(input, textOf(linesOf(2)))
      connect = await open()
      await waitFor(linesOf(2).at(-1)!)
      await connect.stop()
      connect = undefined
      // What was not yet noted as done is done again; nothing is left out.
      assert.deepEqual([...new Set(written())], [...linesOf(0), ...linesOf(1), ...linesOf(2)])
      // The sink committed where it ended.
      const [committed] = await admin.fetchOffsets({ groupId: 'connect-sink', topics: ['lines'] })
      const [end] = await admin.fetchTopicOffsets('lines')
      await admin.disconnect()
      assert.equal(committed?.partitions[0]?.offset, end?.high)
    })
  })
}
