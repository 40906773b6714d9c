// Consumer groups of both protocols as unchanged clients see them, on our broker and on the real one: same script, same outcome.
// needs: kafka, kcat, confluent-kafka
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { join } from 'node:path'
import { kafkaTool, kcat, pythonVenv, type KafkaTool } from '../../peers/index.ts'
import { brokers, type Broker } from './node.ts'

describe('groups', () => {
  for (const { name, start } of brokers) {
    describe(`with ${name}`, () => {
      let broker: Broker
      before(async () => {
        broker = await start()
      })
      after(() => broker?.stop())

      const run = async (tool: KafkaTool, args: readonly string[], input?: string): Promise<string> => {
        const result = await kafkaTool(
          tool,
          ['--bootstrap-server', broker.bootstrap, ...args],
          input === undefined ? {} : { input },
        )
        assert.equal(result.code, 0, `${tool}: ${result.stderr}${result.stdout}`)
        return result.stdout.trim()
      }

      test('confluent-kafka with group.protocol=consumer: shares, a pattern, static members, what tools see', async () => {
        const python = await pythonVenv('confluent-kafka')
        const script = join(import.meta.dirname, 'groups.py')
        const seen = await python.run(script, [broker.bootstrap], { timeoutMs: 180_000 })
        assert.equal(seen.code, 0, seen.stderr)
        assert.deepEqual(JSON.parse(seen.stdout), {
          alone: [6],
          two: [3, 3],
          distinct: 300,
          state: 'STABLE',
          type: 'CONSUMER',
          members: [3, 3],
          committed: 300,
          'one again': 6,
          'by pattern': ['jobs-a', 'jobs-b'],
          'pattern grows': ['jobs-a', 'jobs-b', 'jobs-c'],
          'bad pattern': 'Broker: The regular expression is not valid',
          'bad assignor': 'Broker: The assignor or its version range is not supported by the consumer group',
          'same share after a restart': true,
          'classic beside consumer': 'nothing',
          'rolling over': [3, 3],
          'rolled over': 6,
          'rolling back': [3, 3],
          'rolled back': 6,
          'offsets when empty': 'ok',
          deleted: 'ok',
        })
      })

      test('Java tools: the console consumer of the new protocol, and what kafka-consumer-groups says of its group', async () => {
        await run('kafka-topics', ['--create', '--topic', 'work', '--partitions', '2'])
        const produced = await kcat(['-b', broker.bootstrap, '-P', '-t', 'work', '-K', ':'], {
          input: 'a:1\nb:2\nc:3\nd:4\n',
        })
        assert.equal(produced.code, 0, produced.stderr)
        const consumed = await run('kafka-console-consumer', [
          '--topic',
          'work',
          '--group',
          'new',
          '--from-beginning',
          '--max-messages',
          '4',
          '--timeout-ms',
          '30000',
          '--command-property',
          'group.protocol=consumer',
        ])
        assert.deepEqual(consumed.split('\n').toSorted(), ['1', '2', '3', '4'])
        const described = await run('kafka-consumer-groups', ['--describe', '--group', 'new', '--state'])
        assert.match(described, /new\s.*uniform\s+Empty\s+0/)
        assert.match(await run('kafka-consumer-groups', ['--list', '--state']), /new\s+Empty/)
        assert.match(await run('kafka-consumer-groups', ['--list', '--type', 'consumer']), /^new\s+Consumer/m)
        const offsets = await run('kafka-consumer-groups', ['--describe', '--group', 'new'])
        const lags = [...offsets.matchAll(/^new\s+work\s+\d+\s+(\d+)\s+(\d+)\s+(\d+)/gm)].map((row) =>
          row.slice(1).map(Number),
        )
        assert.deepEqual(
          [lags.length, lags.reduce((sum, [offset]) => sum + offset!, 0), lags.map(([, , lag]) => lag)],
          [2, 4, [0, 0]],
        )
        const reset = ['--group', 'new', '--topic', 'work', '--reset-offsets', '--to-earliest', '--execute']
        assert.match(await run('kafka-consumer-groups', reset), /new\s+work\s+0\s+0/)
        await run('kafka-consumer-groups', ['--delete-offsets', '--group', 'new', '--topic', 'work'])
        assert.match(await run('kafka-consumer-groups', ['--delete', '--group', 'new']), /successful/)
        assert.doesNotMatch(await run('kafka-consumer-groups', ['--list']), /^new/m)
      })
    })
  }
})
