// The registry on a log: makes _schemas when it is missing, and appends to it.
import { MillraceError, type Clock } from '../base/index.ts'
import { encodeRecordBatch, type TopicReader } from '../model/index.ts'
import { keysTopic } from './keys/key-records.ts'
import type { SchemasRecord } from './records.ts'
import { createRegistry, schemasTopic, type Registry, type RegistryOptions } from './registry.ts'
import { refusals } from './registry-types.ts'

/** The two calls of a log (or of a Kafka client) that the registry needs. */
export interface SchemasLog {
  append(
    topic: string,
    partition: number,
    batches: Uint8Array,
  ): Promise<{ readonly ok: true; readonly baseOffset: number } | { readonly ok: false; readonly message: string }>
  createTopic(topic: {
    readonly name: string
    readonly partitionCount: number
    readonly configs: Readonly<Record<string, string>>
    readonly internal: boolean
  }): Promise<{ readonly ok: true } | { readonly ok: false; readonly message: string }>
}

/** Throws MR-REGISTRY-002 when _schemas cannot be made. */
export async function openRegistry(options: {
  readonly log: SchemasLog
  readonly reader: TopicReader
  readonly clock: Clock
  /** Of the local key service, which wraps keys for data; absent: this node can neither wrap nor open any. */
  readonly localSecret?: string | undefined
}): Promise<Registry> {
  const { log, reader, clock, localSecret } = options
  const makeTopic = async (topic: typeof schemasTopic | typeof keysTopic): Promise<void> => {
    if (reader.partitionCount(topic.name) !== undefined) return
    const made = await log.createTopic({ ...topic, internal: true })
    if (!made.ok) {
      const details = { action: `to make the topic ${topic.name}`, reason: made.message, number: 50001 }
      throw new MillraceError('MR-REGISTRY-002', { details })
    }
  }
  await makeTopic(schemasTopic)
  const appendTo =
    (topic: typeof schemasTopic | typeof keysTopic): RegistryOptions['append'] =>
    async (records: readonly SchemasRecord[]) => {
      // Somebody may have deleted it since; keys' topic is made when there is a key.
      await makeTopic(topic)
      const timestampMs = clock.nowMs()
      const batch = encodeRecordBatch(records.map((record) => ({ ...record, timestampMs })))
      const outcome = await log.append(topic.name, 0, batch)
      if (!outcome.ok) throw refusals.storeFailed(`Register operation failed: ${outcome.message}`)
      return outcome.baseOffset
    }
  return createRegistry({
    reader,
    append: appendTo(schemasTopic),
    keys: {
      reader,
      append: appendTo(keysTopic),
      ...(localSecret === undefined ? {} : { secret: localSecret }),
    },
  })
}
