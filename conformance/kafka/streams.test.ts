// A Kafka Streams word count with exactly_once_v2, stopped in the middle and started anew without its state: every word is
// counted once, against our broker and against the real one.
// needs: kafka, kafka-streams
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { countWords, kafkaTool } from '../../peers/index.ts'
import { temporaryFolder } from '../harness.ts'
import { brokers, type Broker } from './node.ts'

const lineCount = 3000
const lines = (from: number): string =>
  Array.from({ length: lineCount }, (_, i) => `all w${(from + i) % 50} w${(from + i) % 7}\n`).join('')

/** The last count of each word among what committed consumers see, and whether counts only grew by one. */
function lastCounts(output: string): { counts: Map<string, number>; grew: boolean } {
  const counts = new Map<string, number>()
  let grew = true
  for (const line of output.split('\n').filter((one) => one !== '')) {
    const [word, count] = line.split('=') as [string, string]
    if (Number(count) <= (counts.get(word) ?? 0)) grew = false
    counts.set(word, Number(count))
  }
  return { counts, grew }
}

for (const { name, start } of brokers) {
  describe(`with ${name}`, () => {
    let broker: Broker
    before(async () => {
      broker = await start()
    })
    after(() => broker?.stop())

    test('Kafka Streams: a word count with exactly_once_v2 counts each word once, over a restart without local state', async () => {
      const server = ['--bootstrap-server', broker.bootstrap]
      const run = async (
        ...[tool, args, input]: [Parameters<typeof kafkaTool>[0], string[], string?]
      ): Promise<string> => {
        const result = await kafkaTool(tool, args, input === undefined ? {} : { input })
        assert.equal(result.code, 0, `${tool}: ${result.stderr}${result.stdout}`)
        return result.stdout
      }
      for (const topic of ['lines', 'counts'])
        await run('kafka-topics', [...server, '--create', '--topic', topic, '--partitions', '2'])
      const counting = {
        bootstrap: broker.bootstrap,
        input: 'lines',
        output: 'counts',
        applicationId: 'word-count',
        seconds: 10,
      }
      for (const from of [0, lineCount]) {
        await run('kafka-console-producer', [...server, '--topic', 'lines'], lines(from))
        // Its state comes back from the changelog topic, of which it must read committed records only.
        const counted = await countWords({ ...counting, stateFolder: temporaryFolder() })
        assert.equal(counted.code, 0, counted.stderr)
      }
      const read = async (): Promise<ReturnType<typeof lastCounts>> =>
        lastCounts(
          await run('kafka-console-consumer', [
            ...server,
            '--topic',
            'counts',
            '--isolation-level',
            'read_committed',
            '--from-beginning',
            '--timeout-ms',
            '4000',
            '--formatter-property',
            'print.key=true',
            '--formatter-property',
            'key.separator==',
          ]),
        )
      let { counts, grew } = await read()
      // A slow machine needs more lives to come to the end.
      for (let life = 0; life < 6 && (counts.get('all') ?? 0) < 2 * lineCount; life++) {
        assert.equal((await countWords({ ...counting, stateFolder: temporaryFolder() })).code, 0)
        ;({ counts, grew } = await read())
      }
      const expected = new Map<string, number>()
      for (const word of `${lines(0)}${lines(lineCount)}`.split(/\W+/).filter((one) => one !== ''))
        expected.set(word, (expected.get(word) ?? 0) + 1)
      assert.deepEqual([...counts].toSorted(), [...expected].toSorted())
      assert.ok(grew, 'no count goes back')
    })
  })
}
