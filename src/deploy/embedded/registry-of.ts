// The registry over a node's log: its topic is made when missing, its records go through the main thread's client.
import { MillraceError, nodeClock } from '../../base/index.ts'
import type { LogClient, LogReader } from '../../log/index.ts'
import { encodeRecordBatch } from '../../model/index.ts'
import { createRegistry, schemasTopic, type Registry } from '../../registry/index.ts'

/** Throws MR-DEPLOY-002 when the log refuses, MR-REGISTRY-003 when _schemas cannot be read. */
export async function openRegistry(client: LogClient, reader: LogReader): Promise<Registry> {
  if (!reader.topic(schemasTopic.name)) {
    const made = await client.createTopic({ ...schemasTopic, internal: true })
    if (!made.ok)
      throw new MillraceError('MR-DEPLOY-002', {
        details: { what: `create topic ${schemasTopic.name}`, reason: made.message },
      })
  }
  return createRegistry({
    reader,
    async append(records) {
      const timestampMs = nodeClock.nowMs()
      const outcome = await client.append(
        schemasTopic.name,
        0,
        encodeRecordBatch(records.map((r) => ({ ...r, timestampMs }))),
      )
      if (!outcome.ok)
        throw new MillraceError('MR-DEPLOY-002', { details: { what: 'write to _schemas', reason: outcome.message } })
      return outcome.baseOffset
    },
  })
}
