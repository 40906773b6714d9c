// The registry on a log: makes _schemas when it is missing, and appends to it.
import { MillraceError, type Clock } from '../base/index.ts'
import type { LocalSecret } from '../format/index.ts'
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
  alterTopic(
    name: string,
    configs: Readonly<Record<string, string>>,
  ): Promise<{ readonly ok: true } | { readonly ok: false; readonly message: string }>
}

/** As records are read, and with the configs that a topic has of its own. */
export type SchemasReader = TopicReader & {
  topic(name: string): { readonly configs: Readonly<Record<string, string>> } | undefined
}

const retention = 'delete.retention.ms'
const dayMs = 86_400_000

type KeptTopic = typeof schemasTopic | typeof keysTopic

/** Throws MR-REGISTRY-002 when _schemas cannot be made, or be set to keep what it holds. */
export async function openRegistry(options: {
  readonly log: SchemasLog
  readonly reader: SchemasReader
  readonly clock: Clock
  /** Of the local key service, which wraps keys for data; absent: this node can neither wrap nor open any. */
  readonly localSecret?: LocalSecret | undefined
  /** Told in a sentence what was changed that somebody else had made. */
  readonly tell?: (line: string) => void
}): Promise<Registry> {
  const { log, reader, clock, localSecret, tell = () => {} } = options
  const must = (outcome: { readonly ok: true } | { readonly ok: false; readonly message: string }, action: string) => {
    if (outcome.ok) return
    throw new MillraceError('MR-REGISTRY-002', { details: { action, reason: outcome.message, number: 50001 } })
  }
  // A client may have made the topic before there was one, or changed it: records would be gone when their time is over.
  const keepAll = async ({ name, configs }: KeptTopic): Promise<void> => {
    const found = reader.topic(name)?.configs
    const policy = found?.['cleanup.policy'] ?? 'delete'
    if (!found) return
    if (policy === 'compact') return keepTombstones(name, found, configs)
    const unlimited = { 'retention.ms': '-1', 'retention.bytes': '-1' }
    must(await log.alterTopic(name, { ...found, ...unlimited, ...configs }), `to have the topic ${name} compacted`)
    tell(
      `Topic ${name} had cleanup.policy ${policy}, which deletes what it holds. It is set to compact, as the registry needs it.`,
    )
  }
  // Older programs, too, made the topic of keys so that it forgot after a day which keys had been deleted.
  const keepTombstones = async (
    name: string,
    found: Readonly<Record<string, string>>,
    configs: Readonly<Record<string, string>>,
  ): Promise<void> => {
    const wanted = configs[retention]
    if (wanted === undefined || Number(found[retention] ?? dayMs) >= Number(wanted)) return
    must(
      await log.alterTopic(name, { ...found, [retention]: wanted }),
      `to have the topic ${name} keep what was deleted`,
    )
  }
  const makeTopic = async (topic: KeptTopic): Promise<void> => {
    if (reader.partitionCount(topic.name) !== undefined) await keepAll(topic)
    else must(await log.createTopic({ ...topic, internal: true }), `to make the topic ${topic.name}`)
  }
  await makeTopic(schemasTopic)
  await keepAll(keysTopic)
  const appendTo =
    (topic: KeptTopic): RegistryOptions['append'] =>
    async (records: readonly SchemasRecord[]) => {
      // Somebody may have deleted it since; keys' topic is made when there is a key.
      await makeTopic(topic)
      const timestampMs = clock.nowMs()
      const batch = encodeRecordBatch(records.map((record) => ({ timestampMs, ...record })))
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
