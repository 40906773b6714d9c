// The settings that a topic may have: Kafka's names, types and defaults. What is set is kept by the log with the topic; those
// that the log acts on are marked, the others are kept and shown, as tools set them without asking.
// Reference: Kafka's TopicConfig and LogConfig.
import type { TopicInfo } from './log-face.ts'
import { quoted } from './quoted.ts'

/** ConfigDef.Type codes as DescribeConfigs carries them. */
export const configTypes = { boolean: 1, string: 2, int: 3, long: 5, double: 6, list: 7 } as const

export interface TopicConfig {
  readonly name: string
  readonly type: number
  readonly defaultValue: string
  /** Why a value is not taken; undefined when it is. */
  check(value: string): string | undefined
}

const maxInt = 2 ** 31 - 1
const maxLong = 9223372036854775807n

export function whole(
  type: 'int' | 'long',
  name: string,
  defaultValue: string,
  from: number,
  upTo?: number,
): TopicConfig {
  const to = upTo !== undefined ? BigInt(upTo) : type === 'int' ? BigInt(maxInt) : maxLong
  return {
    name,
    type: configTypes[type],
    defaultValue,
    check: (value) => {
      if (!/^-?\d{1,19}$/.test(value)) return `${quoted(value)} is not a whole number`
      const number = BigInt(value)
      return number < BigInt(from) || number > to ? `${value} is not from ${from} to ${to}` : undefined
    },
  }
}

/** A number that may have a fraction. */
export function decimal(name: string, defaultValue: string, from: number, upTo: number): TopicConfig {
  return {
    name,
    type: configTypes.double,
    defaultValue,
    check: (value) => {
      const number = value.trim() === '' ? NaN : Number(value)
      return number >= from && number <= upTo ? undefined : `${quoted(value)} is not from ${from} to ${upTo}`
    },
  }
}

function choice(
  name: string,
  defaultValue: string,
  values: readonly string[],
  type: number = configTypes.string,
): TopicConfig {
  return {
    name,
    type,
    defaultValue,
    check: (value) => {
      const parts = type === configTypes.list ? value.split(',').map((part) => part.trim()) : [value]
      // An empty list is one, too: nothing is deleted then, nor compacted.
      if (type === configTypes.list && value === '') return undefined
      const wrong = parts.find((part) => !values.includes(part))
      return wrong === undefined ? undefined : `${quoted(wrong)} is not one of ${values.join(', ')}`
    },
  }
}

const yesNo = (name: string, defaultValue: string): TopicConfig =>
  choice(name, defaultValue, ['true', 'false'], configTypes.boolean)

const throttledReplicas = (name: string): TopicConfig => ({
  name,
  type: configTypes.list,
  defaultValue: '',
  check: (value) =>
    /^(\*|(\d+:\d+(,\d+:\d+)*)?)$/.test(value) ? undefined : `${quoted(value)} is neither * nor partition:broker,…`,
})

/** From 1 to 9, or -1 for what gzip does by itself; 0 would not compress. */
const gzipLevel: TopicConfig = {
  ...whole('int', 'compression.gzip.level', '-1', -1, 9),
  check: (value) => (/^(-1|[1-9])$/.test(value) ? undefined : `${quoted(value)} is not from 1 to 9, or -1`),
}

const configs: readonly TopicConfig[] = [
  choice('cleanup.policy', 'delete', ['compact', 'delete'], configTypes.list),
  gzipLevel,
  whole('int', 'compression.lz4.level', '9', 1, 17),
  choice('compression.type', 'producer', ['uncompressed', 'zstd', 'lz4', 'snappy', 'gzip', 'producer']),
  whole('int', 'compression.zstd.level', '3', -131072, 22),
  whole('long', 'delete.retention.ms', '86400000', 0),
  whole('long', 'file.delete.delay.ms', '60000', 0),
  whole('long', 'flush.messages', '9223372036854775807', 1),
  whole('long', 'flush.ms', '9223372036854775807', 0),
  throttledReplicas('follower.replication.throttled.replicas'),
  whole('int', 'index.interval.bytes', '4096', 0),
  throttledReplicas('leader.replication.throttled.replicas'),
  whole('long', 'local.retention.bytes', '-2', -2),
  whole('long', 'local.retention.ms', '-2', -2),
  whole('long', 'max.compaction.lag.ms', '9223372036854775807', 1),
  whole('int', 'max.message.bytes', '1048588', 0),
  whole('long', 'message.timestamp.after.max.ms', '3600000', 0),
  whole('long', 'message.timestamp.before.max.ms', '9223372036854775807', 0),
  choice('message.timestamp.type', 'CreateTime', ['CreateTime', 'LogAppendTime']),
  decimal('min.cleanable.dirty.ratio', '0.5', 0, 1),
  whole('long', 'min.compaction.lag.ms', '0', 0),
  whole('int', 'min.insync.replicas', '1', 1),
  yesNo('preallocate', 'false'),
  yesNo('remote.log.copy.disable', 'false'),
  yesNo('remote.log.delete.on.disable', 'false'),
  yesNo('remote.storage.enable', 'false'),
  // Whatever is below 0 means none.
  whole('long', 'retention.bytes', '-1', Number.MIN_SAFE_INTEGER),
  whole('long', 'retention.ms', '604800000', -1),
  whole('int', 'segment.bytes', '1073741824', 14),
  whole('int', 'segment.index.bytes', '10485760', 4),
  whole('long', 'segment.jitter.ms', '0', 0),
  whole('long', 'segment.ms', '604800000', 1),
  yesNo('unclean.leader.election.enable', 'false'),
]

/** The broker's setting that a topic's default comes from, where it has another name; null where there is none. */
const brokerNames: Readonly<Record<string, string | null>> = {
  'cleanup.policy': 'log.cleanup.policy',
  'delete.retention.ms': 'log.cleaner.delete.retention.ms',
  'file.delete.delay.ms': 'log.segment.delete.delay.ms',
  'flush.messages': 'log.flush.interval.messages',
  'flush.ms': null,
  'follower.replication.throttled.replicas': null,
  'index.interval.bytes': 'log.index.interval.bytes',
  'leader.replication.throttled.replicas': null,
  'local.retention.bytes': 'log.local.retention.bytes',
  'local.retention.ms': 'log.local.retention.ms',
  'max.compaction.lag.ms': 'log.cleaner.max.compaction.lag.ms',
  'max.message.bytes': 'message.max.bytes',
  'message.timestamp.after.max.ms': 'log.message.timestamp.after.max.ms',
  'message.timestamp.before.max.ms': 'log.message.timestamp.before.max.ms',
  'message.timestamp.type': 'log.message.timestamp.type',
  'min.cleanable.dirty.ratio': 'log.cleaner.min.cleanable.ratio',
  'min.compaction.lag.ms': 'log.cleaner.min.compaction.lag.ms',
  preallocate: 'log.preallocate',
  'remote.log.copy.disable': null,
  'remote.log.delete.on.disable': null,
  'remote.storage.enable': null,
  'retention.bytes': 'log.retention.bytes',
  // The broker's is in hours.
  'retention.ms': null,
  'segment.bytes': 'log.segment.bytes',
  'segment.index.bytes': 'log.index.size.max.bytes',
  'segment.jitter.ms': null,
  'segment.ms': null,
}

/** The broker's setting that a topic's default comes from; null where there is none. */
export function brokerNameOf(topicConfig: string): string | null {
  const name = brokerNames[topicConfig]
  return name === undefined ? topicConfig : name
}

export const topicConfigs: ReadonlyMap<string, TopicConfig> = new Map(configs.map((config) => [config.name, config]))

/** A setting of the node that topics inherit, and that may be changed while it runs (Kafka's DynamicLogConfig). */
export interface InheritedSetting extends TopicConfig {
  readonly topicName: string
  /** Kafka's own default, under the name that has one. */
  readonly fallback: { readonly name: string; readonly value: string }
}

/** Those that the broker has in other units, too, where Kafka's default lies. */
const inUnits: Readonly<Record<string, { name: string; fallback: [string, string] }>> = {
  'flush.ms': { name: 'log.flush.interval.ms', fallback: ['log.flush.scheduler.interval.ms', '9223372036854775807'] },
  'retention.ms': { name: 'log.retention.ms', fallback: ['log.retention.hours', '168'] },
  'segment.jitter.ms': { name: 'log.roll.jitter.ms', fallback: ['log.roll.jitter.hours', '0'] },
  'segment.ms': { name: 'log.roll.ms', fallback: ['log.roll.hours', '168'] },
}

/** Where brokers are stricter than topics. */
const brokerChecks: Readonly<Record<string, TopicConfig['check']>> = {
  'log.segment.bytes': whole('int', 'log.segment.bytes', '1073741824', 1 << 20).check,
  'log.retention.ms': (value) =>
    value === '0' ? 'it is -1 or at least 1' : topicConfigs.get('retention.ms')!.check(value),
}

function inheritedSetting(config: TopicConfig): InheritedSetting[] {
  const { name: topicName, defaultValue } = config
  const units = inUnits[topicName]
  const name = units?.name ?? brokerNameOf(topicName)
  if (name === null) return []
  const [fallbackName, value] = units?.fallback ?? [name, defaultValue]
  const fallback = { name: fallbackName, value }
  return [{ ...config, name, topicName, fallback, check: brokerChecks[name] ?? config.check }]
}

/** By the broker's names. */
export const inheritedSettings: ReadonlyMap<string, InheritedSetting> = new Map(
  configs.flatMap(inheritedSetting).map((setting) => [setting.name, setting]),
)
/** By topics' names. */
export const inheritedByTopic: ReadonlyMap<string, InheritedSetting> = new Map(
  [...inheritedSettings.values()].map((setting) => [setting.topicName, setting]),
)

/** A value as Kafka parses it, keeps it and shows it: "TRUE" is true, " compact, compact" compact, "1e-1" 0.1. Wrong ones stay. */
export function canonicalValue({ type }: Pick<TopicConfig, 'type'>, value: string): string {
  const { boolean, int, long, double, list } = configTypes
  const trimmed = value.trim()
  if (type === boolean) return /^(true|false)$/i.test(trimmed) ? trimmed.toLowerCase() : trimmed
  if (type === int || type === long)
    return /^[+-]?\d{1,19}$/.test(trimmed) ? String(BigInt(trimmed.replace('+', ''))) : trimmed
  if (type === list) return [...new Set(trimmed.split(',').map((part) => part.trim()))].join(',')
  if (type !== double || trimmed === '') return trimmed
  const number = Number(trimmed)
  if (!Number.isFinite(number)) return trimmed
  // Java always writes a fraction; what it writes with an exponent is left to its writer.
  return Number.isInteger(number) && Math.abs(number) < 1e7
    ? number.toFixed(1)
    : /e/i.test(String(number))
      ? trimmed
      : String(number)
}

/** The same for a topic's settings; names that are not known stay as they are. */
export function canonicalTopicConfigs(given: Readonly<Record<string, string>>): Record<string, string> {
  const parsed = Object.entries(given).map(([name, value]) => {
    const config = topicConfigs.get(name)
    return [name, config ? canonicalValue(config, value) : value]
  })
  return Object.fromEntries(parsed) as Record<string, string>
}

/** What is wrong with a setting's value; undefined when it may be set. */
export function valueProblem(config: TopicConfig, value: string): string | undefined {
  const problem = config.check(value)
  return problem && `${quoted(config.name)}: ${problem}`
}

/** What is wrong with settings beside each other; undefined when they may be a topic's. */
export function topicConfigsProblem(configs: Readonly<Record<string, string>>): string | undefined {
  const lag = (name: string): bigint => BigInt(configs[name] ?? topicConfigs.get(name)!.defaultValue)
  const [min, max] = [lag('min.compaction.lag.ms'), lag('max.compaction.lag.ms')]
  return min > max ? `'min.compaction.lag.ms' (${min}) is above 'max.compaction.lag.ms' (${max})` : undefined
}

/** What is wrong with a value for a topic's setting; undefined when it may be set. `millrace.…` is ours and free. */
export function topicConfigProblem(name: string, value: string | null): string | undefined {
  if (value === null) return `${quoted(name)} has no value`
  if (name.startsWith('millrace.')) return undefined
  const config = topicConfigs.get(name)
  if (!config) return `there is no topic setting ${quoted(name)}`
  const problem = valueProblem(config, value)
  if (problem) return problem
  return name === 'remote.storage.enable' && value === 'true' ? 'there is no tiered storage' : undefined
}

function numberOf(topic: TopicInfo, name: string): number {
  return Number(topic.configs[name] ?? topicConfigs.get(name)!.defaultValue)
}

export const messageBytesMaxOf = (topic: TopicInfo): number => numberOf(topic, 'max.message.bytes')
export const timestampAfterMsMaxOf = (topic: TopicInfo): number => numberOf(topic, 'message.timestamp.after.max.ms')
