// The registry on a log: makes _schemas when it is missing, and appends to it.
import { MillraceError, type Clock } from '../base/index.ts'
import { encodeRecordBatch, type TopicReader } from '../model/index.ts'
import { schemasTopicName } from './records.ts'
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

/** Throws MR-REGISTRY-002 when _schemas cannot be made, MR-REGISTRY-003 when a record of it cannot be read. */
export async function openRegistry(options: {
  readonly log: SchemasLog
  readonly reader: TopicReader
  readonly clock: Clock
}): Promise<Registry> {
  const { log, reader, clock } = options
  const makeTopic = async (): Promise<void> => {
    if (reader.partitionCount(schemasTopicName) !== undefined) return
    const made = await log.createTopic({ ...schemasTopic, internal: true })
    if (!made.ok) {
      const details = { action: `to make the topic ${schemasTopicName}`, reason: made.message, number: 50001 }
      throw new MillraceError('MR-REGISTRY-002', { details })
    }
  }
  await makeTopic()
  const append: RegistryOptions['append'] = async (records) => {
    // Somebody may have deleted it since.
    await makeTopic()
    const timestampMs = clock.nowMs()
    const batch = encodeRecordBatch(records.map((record) => ({ ...record, timestampMs })))
    const outcome = await log.append(schemasTopicName, 0, batch)
    if (!outcome.ok) throw refusals.storeFailed(`Register operation failed: ${outcome.message}`)
    return outcome.baseOffset
  }
  return createRegistry({ reader, append })
}
