// Transactions by unchanged clients, of both generations of the protocol, against our broker and against the real one: the
// same script must see the same.
// needs: kafka, confluent-kafka
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { join } from 'node:path'
import { kafkaTool, pythonVenv, type KafkaTool } from '../../peers/index.ts'
import { brokers, type Broker } from './node.ts'
import { runTransactions } from './transactional-clients.ts'

for (const { name, start } of brokers) {
  describe(`with ${name}`, () => {
    let broker: Broker
    before(async () => {
      broker = await start()
    })
    after(() => broker?.stop())

    async function run(tool: KafkaTool, args: readonly string[], input?: string): Promise<string> {
      const result = await kafkaTool(tool, args, input === undefined ? {} : { input })
      assert.equal(result.code, 0, `${tool}: ${result.stderr}${result.stdout}`)
      return result.stdout.trim()
    }
    const server = (): string[] => ['--bootstrap-server', broker.bootstrap]

    test('confluent-kafka: commits, aborts, offsets within transactions, and the fencing of an older producer', async () => {
      const python = await pythonVenv('confluent-kafka')
      const script = join(import.meta.dirname, 'transactions.py')
      const result = await python.run(script, [broker.bootstrap], { timeoutMs: 120_000 })
      assert.equal(result.code, 0, result.stderr)
      assert.deepEqual(JSON.parse(result.stdout), {
        'after abort': [10, 20],
        'committed offsets': [50, 50],
        copies: true,
        zombie: ['_FENCED', true],
        'after fencing': [false, true, 111],
      })
    })

    test('kafkajs: transactions, with the oldest versions of the requests', async () => {
      assert.deepEqual(await runTransactions(broker.bootstrap), {
        committed: ['a', 'b'],
        all: ['a', 'b', 'never'],
        offset: '5',
      })
    })

    test('TransactionalMessageCopier: moves every record once, aborts in between, in the second generation', async () => {
      await run('kafka-topics', [...server(), '--create', '--topic', 'copy-in', '--partitions', '1'])
      await run('kafka-topics', [...server(), '--create', '--topic', 'copy-out', '--partitions', '1'])
      const lines = Array.from({ length: 600 }, (_, i) => `${i}\n`).join('')
      await run('kafka-console-producer', [...server(), '--topic', 'copy-in'], lines)
      const copied = await run('transactional-message-copier', [
        '--broker-list',
        broker.bootstrap,
        '--transactional-id',
        'java-copier',
        '--input-topic',
        'copy-in',
        '--input-partition',
        '0',
        '--output-topic',
        'copy-out',
        '--consumer-group',
        'java-copiers',
        '--transaction-size',
        '50',
        '--max-messages',
        '600',
        '--enable-random-aborts',
        '--group-mode',
      ])
      assert.match(copied, /"totalProcessed":"?600/)
      const consumed = await run('kafka-console-consumer', [
        ...server(),
        '--topic',
        'copy-out',
        '--isolation-level',
        'read_committed',
        '--from-beginning',
        '--max-messages',
        '600',
        '--timeout-ms',
        '20000',
      ])
      assert.equal(`${consumed}\n`, lines)
    })

    test('Java tools: kafka-transactions lists and describes them', async () => {
      const listed = await run('kafka-transactions', [...server(), 'list'])
      assert.match(listed, /java-copier\s+\d+\s+\d+\s+CompleteCommit/)
      const described = await run('kafka-transactions', [...server(), 'describe', '--transactional-id', 'java-copier'])
      assert.match(described, /java-copier\s+\d+\s+\d+\s+CompleteCommit/)
      const producers = ['describe-producers', '--topic', 'copy-out', '--partition', '0']
      assert.match(
        await run('kafka-transactions', [...server(), ...producers]),
        /\d+\s+\d+\s+-?\d+\s+-?\d+\s+\d+\s+None/,
      )
    })
  })
}
