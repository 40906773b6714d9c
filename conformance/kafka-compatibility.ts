// docs/guide/kafka-compatibility.md, from a run of the room `kafka`: each client and each of its cases on ours and on Apache
// Kafka, the API keys with their versions, and the settings of topics. Invariant: the page names every case of the room, every
// key and every setting, and whatever is not on both sides has a reason; kafka-compatibility.test.ts fails when page and sources disagree.
import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseSync } from 'oxc-parser'
import { franzGoTests } from '../peers/index.ts'
import { handlers } from '../src/kafka/server/handlers/index.ts'
import { topicConfigs } from '../src/kafka/server/index.ts'
import { kafkaKeys } from './kafka/api-keys.ts'
import { exceptionOf, exceptions, onlyOneBroker } from './kafka/exceptions.ts'
import { toolCases } from './kafka/tool-cases.ts'
import { topicSettings } from './kafka/topic-settings.ts'

export const compatibilityPath = 'docs/guide/kafka-compatibility.md'

/** A case as the sources have it. */
export interface KafkaCase {
  readonly file: string
  readonly title: string
  /** It stands in a `describe` for each of the brokers. */
  readonly onBoth: boolean
}

/** `passed` by case, then broker; what did not run is not in it. */
export type KafkaOutcomes = ReadonlyMap<string, ReadonlyMap<string, boolean>>

interface Node {
  readonly type: string
  readonly [key: string]: unknown
}

/** Every case in conformance/kafka, by file and place: calls of `test` with their titles. */
export function kafkaCases(): KafkaCase[] {
  const folder = join(import.meta.dirname, 'kafka')
  return globSync('*.test.ts', { cwd: folder })
    .toSorted()
    .flatMap((file) => {
      const { program } = parseSync(file, readFileSync(join(folder, file), 'utf8'))
      return casesIn(program as unknown as Node, file, false)
    })
}

function casesIn(node: Node, file: string, onBoth: boolean): KafkaCase[] {
  const callee = node.type === 'CallExpression' ? (node['callee'] as Node)['name'] : undefined
  const [first] = (node['arguments'] ?? []) as Node[]
  if (callee === 'test') return titles(first!, file).map((title) => ({ file, title, onBoth }))
  const inner = onBoth || (callee === 'describe' && first?.type === 'TemplateLiteral')
  return Object.values(node).flatMap((value) =>
    (Array.isArray(value) ? value : [value])
      .filter((child): child is Node => typeof child === 'object' && child !== null && 'type' in child)
      .flatMap((child) => casesIn(child, file, inner)),
  )
}

function titles(title: Node, file: string): string[] {
  if (typeof title['value'] === 'string') return [title['value']]
  const listed = generatedTitles[file]
  if (!listed)
    throw new Error(`conformance/kafka/${file}: the title of a test is made at run time; say which in generatedTitles`)
  return listed
}

/** Cases whose titles are made from a list. */
const generatedTitles: Readonly<Record<string, string[]>> = {
  'tools.test.ts': toolCases.map(({ title }) => title),
  'franz-go.test.ts': franzGoTests.map((name) => `franz-go: ${name}`),
}

/** What is wrong with the sources: a case that is not for both brokers without a reason, an exception for no case. */
export function caseProblems(cases: readonly KafkaCase[]): string[] {
  const titles = new Set(cases.map(({ title }) => title))
  const doubled = cases.filter(({ title }, at) => cases.findIndex((other) => other.title === title) !== at)
  const lone = cases.filter(({ onBoth, title }) => !onBoth && !(title in onlyOneBroker))
  const stray = [...exceptions.map((one) => one.case), ...Object.keys(onlyOneBroker)].filter(
    (title) => !titles.has(title),
  )
  const nameless = cases.filter(({ onBoth, title }) => onBoth && !title.includes(': '))
  return [
    ...doubled.map(({ file, title }) => `${file}: another case is called '${title}' too`),
    ...lone.map(({ file, title }) => `${file}: '${title}' runs on one broker only, and onlyOneBroker does not say why`),
    ...stray.map((title) => `exceptions.ts: there is no case '${title}'`),
    ...nameless.map(({ file, title }) => `${file}: '${title}' does not begin with a client and a colon`),
    ...keyProblems(),
    ...settingProblems(),
  ]
}

function settingProblems(): string[] {
  return [
    ...[...topicConfigs.keys()]
      .filter((name) => !(name in topicSettings))
      .map((name) => `topic-settings.ts: lacks ${name}`),
    ...Object.keys(topicSettings)
      .filter((name) => !topicConfigs.has(name))
      .map((name) => `topic-settings.ts: there is no setting ${name}`),
  ]
}

/** Where the version of each client is written down, and how. */
const versionSources: readonly (readonly [client: string, file: string, pattern: RegExp])[] = [
  ['confluent-kafka (librdkafka)', 'peers/python/confluent-kafka.txt', /^confluent-kafka\S*==(\S+)/m],
  ['@confluentinc/kafka-javascript (librdkafka)', 'peers/confluent-js/install.sh', /^version=(\S+)/m],
  ['@platformatic/kafka', 'package.json', /"@platformatic\/kafka": "([^"]+)"/],
  ['kafkajs', 'package.json', /"kafkajs": "([^"]+)"/],
  ['franz-go', 'peers/franz-go/go.mod', /franz-go v(\S+)/],
  ['Java clients and tools', 'peers/kafka/pom.xml', /<artifactId>kafka_2\.13<[^]*?<version>([^<]+)</],
  ['Kafka Connect', 'peers/kafka-connect/pom.xml', /<artifactId>connect-runtime<[^]*?<version>([^<]+)</],
  ['Kafka Streams', 'peers/kafka-streams/pom.xml', /<artifactId>kafka-streams<[^]*?<version>(\d+\.[^<]+)</],
  ['Flink', 'peers/flink/pom.xml', /<flink>([^<]+)</],
  ['Flink’s Kafka connector', 'peers/flink/pom.xml', /<artifactId>flink-sql-connector-kafka<[^]*?<version>([^<]+)</],
]

/** Clients with the versions that are installed for the run. */
function clientVersions(): string[] {
  const root = dirname(import.meta.dirname)
  const rows = versionSources.map(([client, file, pattern]) => {
    const version = pattern.exec(readFileSync(join(root, file), 'utf8'))?.[1]
    if (version === undefined) throw new Error(`${file} does not say the version of ${client}`)
    return `| ${client} | ${version} |`
  })
  return ['| kcat (librdkafka) | 1.7, as Debian has it |', ...rows]
}

function keyProblems(): string[] {
  const known = new Set(kafkaKeys.map(({ key }) => key))
  return [
    ...[...handlers.keys()].filter((key) => !known.has(key)).map((key) => `api-keys.ts: lacks ${key}, which is served`),
    ...kafkaKeys.flatMap(({ key, name, kafka, reason }) => {
      const same = range(served(key)) === range(kafka)
      if (!same && reason === undefined) return [`api-keys.ts: ${name} (${key}) differs from Kafka's without a reason`]
      if (same && kafka && reason !== undefined)
        return [`api-keys.ts: ${name} (${key}) is as Kafka's; its reason is stale`]
      return []
    }),
  ]
}

function served(key: number): readonly [number, number] | undefined {
  const handler = handlers.get(key)
  return handler && [handler.advertisedMin, handler.api.versionMax]
}

function range(versions: readonly [number, number] | undefined): string {
  if (!versions) return '–'
  return versions[0] === versions[1] ? String(versions[0]) : `${versions[0]}–${versions[1]}`
}

/** What each case on each broker has in the page, when all of them pass. Keys: title. */
export function caseRow({ title }: KafkaCase): string {
  const [client, what] = splitTitle(title)
  const cells = ['Millrace', 'Kafka'].map((broker) => {
    const exception = exceptionOf(title, broker)
    if (!exception) return 'passed'
    return exception.kind === 'skipped' ? `skipped: ${exception.reason}` : `passed, and differs: ${exception.reason}`
  })
  return `| ${client} | ${cell(what)} | ${cell(cells[0]!)} | ${cell(cells[1]!)} |`
}

/** The page as a run makes it in which every case passed. */
export function compatibilityPage(cases: readonly KafkaCase[]): string {
  const both = cases.filter(({ onBoth }) => onBoth).map(caseRow)
  const lone = cases
    .filter(({ onBoth }) => !onBoth)
    .map(({ title }) => `| ${cell(title)} | ${cell(onlyOneBroker[title] ?? '')} |`)
  const keys = kafkaKeys.map(
    ({ key, name, kafka, reason }) =>
      `| ${key} | ${name} | ${range(served(key))} | ${range(kafka)} | ${cell(reason ?? '')} |`,
  )
  const settings = Object.entries(topicSettings).map(
    ([name, differs]) => `| \`${name}\` | ${cell(differs ?? 'as in Kafka')} |`,
  )
  return `# What Kafka's clients see

Written by \`npm run conformance -- kafka\` when every case passed, and checked by each later run. A case is the same script with an
unchanged client, run against a Millrace node and against Apache Kafka 4.3.1; what is left out, or differs, says why.

## Clients and tools

| Client | Version |
|---|---|
${clientVersions().join('\n')}

| Client | Case | Millrace | Apache Kafka 4.3.1 |
|---|---|---|---|
${both.join('\n')}

## Checks on one broker only

| Case | Why only one |
|---|---|
${lone.join('\n')}

## API keys

Versions that are advertised. A request with another key or version ends its connection, as with Kafka; ApiVersions itself answers with its range.

| Key | Name | Millrace | Apache Kafka 4.3.1 | Why not the same |
|---|---|---|---|---|
${keys.join('\n')}

## Settings of topics

All of Kafka's, with its names, checks and defaults; they are shown and changed as there, and inherited from what is set for brokers.

| Setting | Here |
|---|---|
${settings.join('\n')}

## Elsewhere

What differs in a subject, beyond requests: [groups](groups.md#otherwise-than-kafka), [transactions](transactions.md), [security](security.md). \`acks=1\` and
\`acks=all\` are one here: acknowledged means on disk, unless \`durability\` says otherwise ([running](running.md)). A fetch is answered with at most 4 MiB, or one batch. Of the
node's own settings those are changed by Kafka's tools that topics inherit; threads, buffers of the cleaner, throttles of replication and Kerberos are kept without effect; the rest is the folder's and the command line's.
Topics that the platform keeps its own state in are not deleted, emptied or divided by clients (17), and what they keep is not changed (44).
`
}

/**
 * Looks a run over.
 * @returns what stands against the page: cases that failed, did not run, or have no place in the sources
 */
export function runProblems(cases: readonly KafkaCase[], outcomes: KafkaOutcomes): string[] {
  return cases.flatMap(({ title, onBoth }) => {
    const seen = outcomes.get(title)
    const wanted = onBoth ? ['with Millrace', 'with Kafka'] : ['']
    return wanted
      .filter((broker) => seen?.get(broker) !== true)
      .map((broker) => `'${title}' ${broker} ${seen?.has(broker) ? 'failed' : 'did not run'}`)
  })
}

function splitTitle(title: string): [string, string] {
  const at = title.indexOf(': ')
  return [title.slice(0, at), title.slice(at + 2)]
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}
