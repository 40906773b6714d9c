import type { MessageShape, TopicShape } from '../../console-api/index.ts'
import { UsageError, type Command } from '../arguments.ts'
import { ask, dataOption, nodePlace, type NodePlace } from '../folder.ts'
import { dim, formatCount, print, printJson, printTable, shortened } from '../output.ts'

/** Of a message's value on the terminal; --json has it whole. */
const messageCharactersMax = 2_000

export const topics: Command = {
  name: 'topics',
  summary:
    'Lists the topics of the running node; with a topic’s name, its newest messages, newest first. Offsets: end minus start; markers of transactions and what was compacted away count, so consumers may get fewer records.',
  operands: '[FOLDER] [TOPIC]',
  operandsMax: 2,
  options: {
    limit: { type: 'string', value: 'N', help: 'how many messages (10)' },
    ...dataOption,
    all: { type: 'boolean', help: 'internal topics too' },
  },
  example: 'millrace topics examples/checkout checkouts_enriched --limit 5',
  async run({ operands, options }) {
    const [folder, topic] = operands
    const limit = String(options['limit'] ?? '10')
    if (!/^[1-9][0-9]*$/.test(limit)) throw new UsageError(`--limit takes a whole number, not '${limit}'`)
    if (options['limit'] !== undefined && topic === undefined)
      throw new UsageError('--limit is about messages: name a topic as well')
    const place = nodePlace(folder, options)
    if (topic !== undefined) return printMessages(place, topic, limit, options['json'] === true)
    const found = (await ask<readonly TopicShape[]>(place, '/api/topics')).filter(
      (t) => options['all'] || t.role !== 'internal',
    )
    if (options['json']) printJson(found)
    else {
      printTable(
        ['topic', 'role', 'owner', 'partitions', 'offsets', 'offsets/s', 'fresh', 'format'],
        found.map((t) => [
          t.name,
          t.role,
          t.owner ?? '-',
          t.partitions,
          formatCount(t.offsets),
          Math.round(t.recordsPerSecond),
          t.freshnessSeconds === null ? '-' : `${t.freshnessSeconds.toFixed(1)}s`,
          t.format ?? '-',
        ]),
      )
    }
    return 0
  },
}

async function printMessages(place: NodePlace, topic: string, limit: string, asJson: boolean): Promise<number> {
  const messages = await ask<readonly MessageShape[]>(
    place,
    `/api/topics/${encodeURIComponent(topic)}/messages?limit=${limit}`,
  )
  if (asJson) printJson(messages)
  else
    for (const m of messages) {
      const head = `${new Date(m.timestampMs).toISOString()} ${m.partition}:${m.offset}${m.kind ? ` ${m.kind}` : ''}`
      print(
        `${dim(head)} ${m.key === null ? '' : `${JSON.stringify(m.key)} `}${m.undecodable ? `undecodable: ${m.undecodable}` : m.value === null ? 'null' : shortened(JSON.stringify(m.value), messageCharactersMax)}`,
      )
      for (const [name, value] of Object.entries(m.headers)) print(dim(`    ${name}: ${value}`))
    }
  return 0
}
