// A folder's topics on a real Kafka. The cluster itself is what was applied: the difference is taken to what it says now, so drift shows.
// Nothing is ever deleted here, and topics that the folder does not name are left alone.
import { MillraceError } from '../../base/index.ts'
import type { ClusterTopic, KafkaAdmin } from '../../kafka/client/index.ts'
import type { Change, Desired, DesiredTopic } from '../../project/index.ts'

/** The difference between the folder's topics and the cluster's. Two requests. */
export async function diffKafka(desired: Desired, admin: KafkaAdmin): Promise<Change[]> {
  const existing = new Map((await admin.describeTopics(desired.topics.map((t) => t.name))).map((t) => [t.name, t]))
  return desired.topics.flatMap((topic) => {
    const found = existing.get(topic.name)
    const change = found ? describeUpdate(topic, found) : describeCreate(topic)
    return change ? [change] : []
  })
}

/**
 * Carries the difference out. What was done before an error stays done; running it again goes on.
 * Throws MR-DEPLOY-001 (a change needs an approval), MR-DEPLOY-005 (fewer partitions: no approval helps), both before anything is
 * changed; MR-KAFKA-001 (no answer), MR-KAFKA-002 (the cluster refuses).
 */
export async function applyKafka(desired: Desired, admin: KafkaAdmin, accept: readonly string[]): Promise<Change[]> {
  const changes = await diffKafka(desired, admin)
  const existing = new Map((await admin.describeTopics(changes.map((c) => c.name))).map((t) => [t.name, t]))
  for (const { name, partitionCount: wanted } of desired.topics) {
    const found = existing.get(name)?.partitionCount ?? 0
    if (wanted < found) throw new MillraceError('MR-DEPLOY-005', { details: { topic: name, found, wanted } })
  }
  const refused = changes.filter((c) => c.refused && !accept.includes(`topic/${c.name}`) && !accept.includes(c.name))
  if (refused.length > 0) {
    throw new MillraceError('MR-DEPLOY-001', {
      details: {
        count: refused.length,
        changes: refused.map((c) => `topic/${c.name}: ${c.risks.join('; ')}`).join(' | '),
        names: refused.map((c) => `topic/${c.name}`).join(','),
      },
    })
  }
  for (const change of changes) {
    const topic = desired.topics.find((t) => t.name === change.name)!
    const found = existing.get(topic.name)
    if (!found) {
      await admin.createTopic({ name: topic.name, partitionCount: topic.partitionCount, configs: topic.configs })
      continue
    }
    if (topic.partitionCount > found.partitionCount) await admin.addPartitions(topic.name, topic.partitionCount)
    const changed = changedConfigs(topic, found)
    if (Object.keys(changed).length > 0) await admin.alterTopic(topic.name, changed)
  }
  return changes
}

/** Settings that the folder names and the cluster has otherwise; others are the cluster's own business. */
function changedConfigs(topic: DesiredTopic, found: ClusterTopic): Record<string, string> {
  return Object.fromEntries(Object.entries(topic.configs).filter(([key, value]) => found.configs[key] !== value))
}

function describeCreate(topic: DesiredTopic): Change {
  const configs = Object.entries(topic.configs).map(([k, v]) => `${k}=${v}`)
  return {
    action: 'create',
    kind: 'topic',
    name: topic.name,
    details: [`${topic.partitionCount} ${topic.partitionCount === 1 ? 'partition' : 'partitions'}`, ...configs],
    risks: [],
    refused: false,
  }
}

function describeUpdate(topic: DesiredTopic, found: ClusterTopic): Change | undefined {
  const details = Object.entries(changedConfigs(topic, found)).map(
    ([k, v]) => `${k}: ${found.configs[k] ?? '(default)'} → ${v}`,
  )
  const risks: string[] = []
  if (topic.partitionCount !== found.partitionCount)
    details.push(`partitions ${found.partitionCount} → ${topic.partitionCount}`)
  if (topic.partitionCount > found.partitionCount)
    risks.push('keys move to other partitions: the order of a key across the change is not kept')
  if (topic.partitionCount < found.partitionCount) risks.push('partitions cannot be taken away: make a new topic')
  if (details.length === 0) return undefined
  const final = topic.partitionCount < found.partitionCount
  return {
    action: 'update',
    kind: 'topic',
    name: topic.name,
    details,
    risks,
    refused: risks.length > 0,
    ...(final ? { final } : {}),
  }
}
