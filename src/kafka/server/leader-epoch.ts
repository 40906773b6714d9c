// What a client's idea of the current leader epoch is worth (KIP-320): -1 is none, an older one is fenced, a newer one is
// unknown, as the node cannot be behind itself: its data folder is older than what the client saw.
import { currentLeaderEpoch } from '../../log/index.ts'
import { kafkaErrors } from '../wire/index.ts'
import type { Broker } from './broker.ts'

/** @returns 0, 74 (fenced) or 75 (unknown) */
export function leaderEpochError(broker: Broker, topic: string, partition: number, claimed: number): number {
  if (claimed < 0) return 0
  const current = leaderEpochOf(broker, topic, partition)
  if (claimed === current) return 0
  return claimed < current ? kafkaErrors.fencedLeaderEpoch : kafkaErrors.unknownLeaderEpoch
}

export function leaderEpochOf({ reader }: Pick<Broker, 'reader'>, topic: string, partition: number): number {
  return currentLeaderEpoch(reader.leaderEpochs(topic, partition))
}
