// Settings of brokers that Kafka changes while it runs and that have nothing to act on here: threads, the cleaner's buffers,
// throttles of replication, Kerberos. They are kept and shown as there, since tools set them without asking; what would make a
// user believe in more safety than there is (keystores, connection limits) is not among them. Reference: DynamicBrokerConfig.
import type { DefaultsLayer } from '../../model/index.ts'
import type { Configs } from './dynamic-configs.ts'
import { configTypes, decimal, whole, type TopicConfig } from './topic-configs.ts'

const maxLong = '9223372036854775807'

const settings: readonly TopicConfig[] = [
  whole('int', 'background.threads', '10', 1),
  whole('long', 'follower.replication.throttled.rate', maxLong, 0),
  whole('long', 'leader.replication.throttled.rate', maxLong, 0),
  whole('long', 'log.cleaner.backoff.ms', '15000', 0),
  whole('long', 'log.cleaner.dedupe.buffer.size', '134217728', 0),
  decimal('log.cleaner.io.buffer.load.factor', '0.9', -Infinity, Infinity),
  whole('int', 'log.cleaner.io.buffer.size', '524288', 0),
  decimal('log.cleaner.io.max.bytes.per.second', '1.7976931348623157E308', -Infinity, Infinity),
  whole('int', 'log.cleaner.threads', '1', 1),
  whole('int', 'num.io.threads', '8', 1),
  whole('int', 'num.network.threads', '3', 1),
  whole('int', 'num.recovery.threads.per.data.dir', '2', 1),
  whole('int', 'num.replica.fetchers', '1', 1),
  whole('long', 'replica.alter.log.dirs.io.max.bytes.per.second', maxLong, 0),
  {
    name: 'sasl.kerberos.kinit.cmd',
    type: configTypes.string,
    defaultValue: '/usr/bin/kinit',
    check: () => undefined,
  },
  whole('long', 'sasl.kerberos.min.time.before.relogin', '60000', -Number.MAX_SAFE_INTEGER),
  decimal('sasl.kerberos.ticket.renew.jitter', '0.05', -Infinity, Infinity),
  decimal('sasl.kerberos.ticket.renew.window.factor', '0.8', -Infinity, Infinity),
]

/** By name, which is a broker's; topics know none of them. */
export const idleSettings: ReadonlyMap<string, TopicConfig> = new Map(settings.map((one) => [one.name, one]))

/** Kafka has no default for these, and shows them where they are set. */
export const shownWhenSet: ReadonlySet<string> = new Set(
  settings.map(({ name }) => name).filter((name) => /throttled|alter\.log\.dirs/.test(name)),
)

/** Before their names among the sealed topic's configs, where what topics inherit lies, too. */
export const idlePrefix = (layer: DefaultsLayer): string => `millrace.idle-${layer}.`

/** What is set of them in a layer. */
export function idleOf(sealed: Configs | undefined, layer: DefaultsLayer): Record<string, string> {
  const prefix = idlePrefix(layer)
  const found = Object.entries(sealed ?? {}).filter(([name]) => name.startsWith(prefix))
  return Object.fromEntries(found.map(([name, value]) => [name.slice(prefix.length), value]))
}
