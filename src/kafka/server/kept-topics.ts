// What clients may not do to topics that the platform keeps its own state in, whoever they are: what lies in these would be lost,
// or be found no more. Deleting them and making them by asking are refused elsewhere, by the same names.
import { isKeptTopic } from '../../model/index.ts'
import { kafkaErrors } from '../wire/index.ts'
import type { Configs, ConfigProblem } from './dynamic-configs.ts'
import type { TopicInfo } from './log-face.ts'
import { messageBytesMaxOf } from './topic-configs.ts'

/** Whether the platform itself keeps a topic, by its mark or its name. */
export const isKept = ({ name, internal }: TopicInfo): boolean => internal || isKeptTopic(name)

/** For whoever asks to change it. */
export const keptMessage = (name: string): string => `'${name}' is kept by the platform itself`

/** Settings that decide which records are kept and taken. */
const guarded: ReadonlySet<string> = new Set([
  'cleanup.policy',
  'retention.ms',
  'retention.bytes',
  'message.timestamp.type',
  'message.timestamp.before.max.ms',
  'message.timestamp.after.max.ms',
])

/** Why a kept topic's settings do not become `next`; undefined when they may. Others than the guarded ones are free. */
export function keptConfigsProblem(info: TopicInfo, next: Configs): ConfigProblem | undefined {
  if (!isKept(info)) return undefined
  const names = new Set([...Object.keys(info.configs), ...Object.keys(next)])
  const isOurs = (name: string): boolean => guarded.has(name) || name.startsWith('millrace.')
  const changed = [...names].filter((name) => isOurs(name) && info.configs[name] !== next[name])
  // Larger records than before are no harm; records that were taken before must not be refused.
  if (messageBytesMaxOf({ ...info, configs: next }) < messageBytesMaxOf(info)) changed.push('max.message.bytes')
  if (changed.length === 0) return undefined
  const message = `${keptMessage(info.name)}: ${changed.join(', ')} cannot be changed`
  return { error: kafkaErrors.policyViolation, message }
}
