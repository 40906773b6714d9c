// Kafka's own tools, step by step on both brokers: the same exit codes and the same words. Of an error its kind is compared, not
// its sentence, which is the broker's own.
// needs: kafka
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { kafkaTool } from '../../peers/index.ts'
import { temporaryFolder } from '../harness.ts'
import { exceptionOf } from './exceptions.ts'
import { brokers, type Broker } from './node.ts'
import { toolCases, type ToolStep } from './tool-cases.ts'

interface Said {
  readonly step: string
  readonly code: number
  readonly words: string
}

const started: Broker[] = []
/** By broker, then title. */
const transcripts = new Map<string, Map<string, Said[]>>()

async function run({ tool, args, input }: ToolStep, bootstrap: string): Promise<Said> {
  const file = join(temporaryFolder(), 'input.json')
  if (args.includes('FILE')) writeFileSync(file, input!)
  const whole = args.includes('SERVER') ? args : `--bootstrap-server SERVER ${args}`
  const words = whole.split(' ').map((word) => word.replace('SERVER', bootstrap).replace('FILE', file))
  const { code, stdout, stderr } = await kafkaTool(tool, words, input === undefined ? {} : { input })
  return { step: `${tool} ${args}`, code, words: plain(`${stdout}${stderr}`, bootstrap) }
}

/** Without what differs from run to run: addresses, ids, times, the sentences of errors and where in the tool they arose. */
function plain(text: string, bootstrap: string): string {
  const [, port] = bootstrap.split(':') as [string, string]
  return text
    .replaceAll(bootstrap, 'SERVER')
    .replaceAll(port, 'PORT')
    .replaceAll(/(org\.apache\.kafka\.common\.errors\.\w+): .*/g, '$1')
    .replaceAll(/(Error while executing topic command :) .*/g, '$1')
    .replaceAll(/(Error: .* failed due to \S+).*/g, '$1')
    .replaceAll(/\b[\w-]{22}\b/g, 'ID')
    .replaceAll(/\b\d{13}\b/g, 'TIME')
    .replaceAll(/(CurrentVoters: ).*/g, '$1')
    .replaceAll(/(HighWatermark: +)\d+/g, '$1')
    .replaceAll(/"logDir":"[^"]*"/g, '"logDir":""')
    .split('\n')
    .filter((line) => !/^\s+at |^\s*\.\.\. \d+ more|^\s*$/.test(line))
    .map((line) => line.trimEnd())
    .join('\n')
}

before(async () => {
  await Promise.all(
    brokers.map(async ({ name, start }) => {
      const broker = await start()
      started.push(broker)
      const said = new Map<string, Said[]>()
      transcripts.set(name, said)
      for (const { title, steps } of toolCases) {
        const lines: Said[] = []
        for (const one of steps) lines.push(await run(one, broker.bootstrap))
        said.set(title, lines)
      }
    }),
  )
})
after(() => Promise.all(started.map((broker) => broker.stop())))

for (const { name } of brokers) {
  describe(`with ${name}`, () => {
    for (const { title, steps } of toolCases) {
      test(title, () => {
        const said = transcripts.get(name)!.get(title)!
        assert.equal(said.length, steps.length)
        if (exceptionOf(title, name)) for (const { code, step } of said) assert.notEqual(code, 0, step)
        else assert.deepEqual(said, transcripts.get('Kafka')!.get(title)!)
      })
    }
  })
}
