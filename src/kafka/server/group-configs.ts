// The settings of a group that administrators may change, as of Kafka's GroupConfig: those of the new protocol's consumers. A
// session is longer than the time between heartbeats; both lie within the node's bounds.
import { kafkaErrors } from '../wire/index.ts'
import type { Configs, ConfigProblem } from './dynamic-configs.ts'
import type { KafkaServerLimits, KafkaServerSettings } from './limits.ts'
import { quoted } from './quoted.ts'

export interface GroupConfig {
  readonly name: string
  /** The broker's setting that its default comes from. */
  readonly brokerName: string
  readonly defaultValue: number
  readonly min: number
  readonly max: number
}

type Bounds = Pick<
  KafkaServerLimits,
  | 'consumerSessionTimeoutMsMin'
  | 'consumerSessionTimeoutMsMax'
  | 'consumerHeartbeatIntervalMsMin'
  | 'consumerHeartbeatIntervalMsMax'
>

/** In the order of their names. */
export function groupConfigs(settings: KafkaServerSettings, limits: Bounds): GroupConfig[] {
  return [
    {
      name: 'consumer.assignment.interval.ms',
      brokerName: 'group.consumer.assignment.interval.ms',
      // Partitions are assigned at once.
      defaultValue: 0,
      min: 0,
      max: 0,
    },
    {
      name: 'consumer.heartbeat.interval.ms',
      brokerName: 'group.consumer.heartbeat.interval.ms',
      defaultValue: settings.consumerHeartbeatIntervalMs,
      min: limits.consumerHeartbeatIntervalMsMin,
      max: limits.consumerHeartbeatIntervalMsMax,
    },
    {
      name: 'consumer.session.timeout.ms',
      brokerName: 'group.consumer.session.timeout.ms',
      defaultValue: settings.consumerSessionTimeoutMs,
      min: limits.consumerSessionTimeoutMsMin,
      max: limits.consumerSessionTimeoutMsMax,
    },
  ]
}

/** Why these cannot be a group's settings; undefined when they can. */
export function groupConfigsProblem(configs: Configs, known: readonly GroupConfig[]): ConfigProblem | undefined {
  const refuse = (message: string): ConfigProblem => ({ error: kafkaErrors.invalidConfig, message })
  for (const [name, value] of Object.entries(configs)) {
    const config = known.find((one) => one.name === name)
    if (!config && /^(share|streams)\./.test(name))
      return refuse(`${quoted(name)}: share groups and streams groups are not served`)
    if (!config) return refuse(`Unknown group config name: ${quoted(name)}`)
    if (!/^[+-]?\d{1,10}$/.test(value))
      return refuse(`Invalid value ${quoted(value)} for configuration ${name}: Not a number of type INT`)
    const { min, max, brokerName } = config
    const bound = (which: string): string => brokerName.replace('consumer.', `consumer.${which}.`)
    if (Number(value) < min) return refuse(`${name} must be greater than or equal to ${bound('min')}, ${min}`)
    if (Number(value) > max) return refuse(`${name} must be less than or equal to ${bound('max')}, ${max}`)
  }
  const valueOf = (name: string): number =>
    Number(configs[name] ?? known.find((one) => one.name === name)!.defaultValue)
  return valueOf('consumer.session.timeout.ms') > valueOf('consumer.heartbeat.interval.ms')
    ? undefined
    : refuse('consumer.session.timeout.ms must be greater than consumer.heartbeat.interval.ms')
}
