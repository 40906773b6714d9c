// What the node says of the registry's topics: records that were skipped, and damage.
import type { Metrics } from '../../ops/index.ts'
import type { Desired } from '../../project/index.ts'
import type { Registry, TopicHealth } from '../../registry/index.ts'

const skippedMetric = 'millrace_registry_skipped_records'

/** Sets a topic's note and metric. The note names the first record, so that a thousand of them are told once. */
export function noteRegistryHealth(
  registry: Pick<Registry, 'health'>,
  notes: Map<string, string>,
  metrics: Pick<Metrics, 'set'>,
): void {
  for (const health of registry.health()) {
    metrics.set(skippedMetric, { topic: health.topic }, health.skippedCount)
    const note = noteOf(health)
    if (note === undefined) notes.delete(`topic ${health.topic}`)
    else notes.set(`topic ${health.topic}`, note)
  }
}

/**
 * Whether pipelines, tables and sources wait: what reads and writes with ids of schemas must not do so with half of them. The
 * node serves everything else, so that the damage can be mended. Sets a note.
 */
export function holdWorkers(
  registry: Pick<Registry, 'health'>,
  { schemas }: Pick<Desired, 'schemas'>,
  notes: Map<string, string>,
): boolean {
  const damaged = registry.health().find(({ damage }) => damage)
  if (!damaged || schemas.length === 0) return false
  const reason = `Pipelines, tables and sources wait: ${damaged.topic} is damaged, which has their schemas or keys.`
  notes.set('workers', `${reason} Mend it, and start the node again; nothing of them is lost.`)
  return true
}

function noteOf({ damage, firstSkipped, topic }: TopicHealth): string | undefined {
  if (damage) return `${damage.message} ${damage.help}`
  if (!firstSkipped) return undefined
  const { offset, reason } = firstSkipped
  return (
    `Record ${offset} of ${topic} cannot be understood and is skipped: ${reason}. The registry serves everything else. ` +
    `See who may write to ${topic}; the metric ${skippedMetric} counts such records. A tombstone for its key takes it away when the topic is compacted.`
  )
}
