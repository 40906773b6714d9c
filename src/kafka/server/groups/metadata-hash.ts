// A number that differs when subscribed topics do: made, deleted, made anew, or given more partitions. Kept with a group's epoch, so
// that a restart tells a change from none. Not Kafka's own function: nobody but the group's coordinator compares it.
import { crc32c, encodeText } from '../../../base/index.ts'
import type { TopicsView } from './consumer-group.ts'

/** 64 bits, signed. 0 for no topics. */
export function metadataHash(names: ReadonlySet<string>, view: TopicsView): bigint {
  const lines: string[] = []
  for (const name of [...names].toSorted()) {
    const topic = view.topic(name)
    if (topic) lines.push(`${name} ${topic.id} ${topic.partitionCount}`)
  }
  if (lines.length === 0) return 0n
  const low = crc32c(encodeText(lines.join('\n')))
  const high = crc32c(encodeText(`${lines.length} ${lines.toReversed().join(' ')}`))
  return BigInt.asIntN(64, (BigInt(high) << 32n) | BigInt(low))
}
