// Topics that the platform keeps by their names. Clients neither delete them nor make them by asking for them: with the configs
// that everything else has, what they hold would be gone after a week.

/** Of the schema registry: Confluent's names. */
export const schemasTopicName = '_schemas'
export const keysTopicName = '_dek_registry_keys'

const kept: ReadonlySet<string> = new Set([
  schemasTopicName,
  keysTopicName,
  '__consumer_offsets',
  '__transaction_state',
])

/** Whether a name is the platform's, also while there is no such topic, or somebody else has made it. */
export const isKeptTopic = (name: string): boolean =>
  kept.has(name) || name === '__millrace' || name.startsWith('__millrace_')
