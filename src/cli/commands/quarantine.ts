import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { MessageShape, QuarantineShape, ReplayShape, TopicShape } from '../../console-api/index.ts'
import { UsageError, type Command, type CommandInput } from '../arguments.ts'
import { ask, dataOption, nodePlace, type NodePlace } from '../folder.ts'
import { bold, dim, formatCount, formatNumber, green, print, printJson, printTable, shortened } from '../output.ts'

const verbs = ['list', 'show', 'replay'] as const

export const quarantine: Command = {
  name: 'quarantine',
  summary:
    'What was set aside: lists a topic’s quarantine, shows one record, or writes records back to their topic, unchanged, each once.',
  operands: 'list|show|replay [FOLDER] [TOPIC] [PARTITION:OFFSET …]',
  operandsMax: 1000,
  options: {
    rule: {
      type: 'string',
      value: 'NAME',
      help: 'only records that broke this rule (decodable: could not be decoded)',
    },
    limit: { type: 'string', value: 'N', help: 'how many of the newest to list (20)' },
    ...dataOption,
  },
  example: 'millrace quarantine replay examples/checkout checkout_events --rule amount_positive',
  async run({ operands, options }) {
    const [verb, ...rest] = operands
    if (!verbs.some((one) => one === verb)) throw new UsageError(`what shall be done? There is: ${verbs.join(', ')}`)
    const limit = String(options['limit'] ?? '20')
    if (!/^[1-9][0-9]{0,3}$/.test(limit)) throw new UsageError(`--limit takes a whole number, not '${limit}'`)
    const { place, topic, places } = wordsOf(rest, options)
    const json = options['json'] === true
    if (topic === undefined) {
      if (verb !== 'list') throw new UsageError(`${verb} takes the topic that the records came from`)
      return listTopics(place, json)
    }
    const rule = typeof options['rule'] === 'string' ? options['rule'] : undefined
    if (verb === 'replay') return replay(place, topic, { rule, places }, json)
    if (verb === 'list') {
      if (places.length > 0) throw new UsageError('a PARTITION:OFFSET is for show and replay')
      return list(place, topic, { rule, limit }, json)
    }
    if (places.length !== 1) throw new UsageError('show takes one PARTITION:OFFSET, as list has it')
    return show(place, topic, places[0]!, json)
  },
}

/** The folder may be left out where we stand in it. */
function wordsOf(
  words: readonly string[],
  options: CommandInput['options'],
): { place: NodePlace; topic: string | undefined; places: readonly string[] } {
  const isPlace = (word: string): boolean => /^\d+:\d+$/.test(word)
  const names = words.filter((word) => !isPlace(word))
  if (names.length > 2) throw new UsageError(`too many words: ${names.slice(2).join(' ')}`)
  const [first] = names
  const hasFolder = names.length === 2 || (first !== undefined && existsSync(join(first, 'millrace.yaml')))
  return {
    place: nodePlace(hasFolder ? first : undefined, options),
    topic: hasFolder ? names[1] : first,
    places: words.filter(isPlace),
  }
}

async function listTopics(place: NodePlace, json: boolean): Promise<number> {
  const found = (await ask<readonly TopicShape[]>(place, '/api/topics')).filter(({ role }) => role === 'quarantine')
  if (json) printJson(found)
  else if (found.length === 0) print('none')
  else
    printTable(
      ['quarantine', 'owner', 'offsets'],
      found.map((t) => [t.name, t.owner ?? '-', formatCount(t.offsets)]),
    )
  return 0
}

interface Held extends MessageShape {
  readonly replayed: boolean
}

/** Newest first. */
async function held(place: NodePlace, topic: string, query: string): Promise<Held[]> {
  const { quarantine: name, replayed } = await ask<QuarantineShape>(
    place,
    `/api/quarantine/${encodeURIComponent(topic)}`,
  )
  const messages = await ask<readonly MessageShape[]>(
    place,
    `/api/topics/${encodeURIComponent(name)}/messages?${query}`,
  )
  return messages.map((message) => {
    const offset = Number(message.offset)
    const ranges = replayed[String(message.partition)] ?? []
    return { ...message, replayed: ranges.some(([from, to]) => offset >= from && offset < to) }
  })
}

async function list(
  place: NodePlace,
  topic: string,
  of: { rule: string | undefined; limit: string },
  json: boolean,
): Promise<number> {
  const found = (await held(place, topic, `limit=${of.rule === undefined ? of.limit : 1000}`))
    .filter(({ headers }) => of.rule === undefined || (headers['millrace.rule'] ?? '').split(',').includes(of.rule))
    .slice(0, Number(of.limit))
  if (json) printJson(found)
  else if (found.length === 0) print('none')
  else
    printTable(
      ['place', 'time', 'came from', 'rule', 'replayed', 'value'],
      found.map((m) => [
        `${m.partition}:${m.offset}`,
        new Date(m.timestampMs).toISOString(),
        `${m.headers['millrace.partition'] ?? '?'}:${m.headers['millrace.offset'] ?? '?'}`,
        m.headers['millrace.rule'] ?? '-',
        m.replayed ? 'yes' : 'no',
        shortened(typeof m.value === 'string' ? m.value : JSON.stringify(m.value), 80),
      ]),
    )
  return 0
}

async function show(place: NodePlace, topic: string, at: string, json: boolean): Promise<number> {
  const [partition, offset] = at.split(':').map(Number)
  const query = `limit=1&partition=${partition}&before=${offset! + 1}`
  const found = (await held(place, topic, query)).find((message) => Number(message.offset) === offset)
  if (!found) throw new UsageError(`there is no record at ${at} in the quarantine of ${topic}`)
  if (json) {
    printJson(found)
    return 0
  }
  const { headers } = found
  print(`${bold(`${topic}.quarantine ${at}`)}  ${new Date(found.timestampMs).toISOString()}`)
  print(`  came from  ${headers['millrace.topic']} ${headers['millrace.partition']}:${headers['millrace.offset']}`)
  print(`  rule       ${headers['millrace.rule']}: ${headers['millrace.reason']}`)
  print(`  replayed   ${found.replayed ? 'yes' : 'no'}`)
  print(`  key        ${JSON.stringify(found.key)}`)
  print(`  value      ${JSON.stringify(found.value)}${found.undecodable === null ? '' : dim(`  ${found.undecodable}`)}`)
  return 0
}

async function replay(
  place: NodePlace,
  topic: string,
  { rule, places }: { rule: string | undefined; places: readonly string[] },
  json: boolean,
): Promise<number> {
  const answer = await ask<ReplayShape>(place, `/api/quarantine/${encodeURIComponent(topic)}/replay`, {
    ...(rule === undefined ? {} : { rule }),
    ...(places.length === 0 ? {} : { places }),
  })
  if (json) printJson(answer)
  else if (answer.replayed === 0) print('nothing to replay: what was asked for has gone back already, or is not there')
  else print(`${green('replayed')}  ${formatNumber(answer.replayed, 'record')} of ${answer.quarantine} into ${topic}`)
  return 0
}
