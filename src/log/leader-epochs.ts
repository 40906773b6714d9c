// Leader epochs of a partition: which stretch of its offsets each leadership wrote (KIP-101, KIP-320). Each start of the log is a
// new leadership, as a broker's restart is in Kafka: a start may have cut a tail that readers had seen (with durability
// 'interval' or 'os'), and a client that holds an offset of the old epoch can then tell. Invariant: epochs and starts only grow.

/** Epoch and its first offset, oldest first; never empty. Replaced, never changed in place. */
export type LeaderEpochs = readonly (readonly [epoch: number, startOffset: number])[]

export const firstEpochs: LeaderEpochs = [[0, 0]]

/** Starts of a node that wrote in between, per partition, that are told apart; who asks for an older one gets the oldest kept. */
const epochsMax = 32

/** As how many starts a restore counts: more than the lost folder can have had since its backup. */
export const restoreStarts = 1000

/** After another start, or several at once. An epoch that wrote nothing leaves no trace. Epochs wholly below `start` are gone. */
export function nextLeaderEpochs(
  epochs: LeaderEpochs,
  { start, end }: { start: number; end: number },
  starts = 1,
): LeaderEpochs {
  const epoch = currentLeaderEpoch(epochs) + starts
  const kept = epochs.filter(([, from], at) => from < end && (epochs[at + 1]?.[1] ?? Infinity) > start)
  return [...kept, [epoch, end] as const].slice(-epochsMax)
}

/** With what a batch that is found says: the epoch of a start that no checkpoint tells of. */
export function noteLeaderEpoch(epochs: LeaderEpochs, epoch: number, baseOffset: number): LeaderEpochs {
  if (epoch <= currentLeaderEpoch(epochs)) return epochs
  return [...epochs.filter(([, from]) => from < baseOffset), [epoch, baseOffset] as const].slice(-epochsMax)
}

export function currentLeaderEpoch(epochs: LeaderEpochs): number {
  return epochs.at(-1)![0]
}

/** The epoch that wrote the record at an offset; of the end, the current one. */
export function leaderEpochAt(epochs: LeaderEpochs, offset: number): number {
  let epoch = epochs[0]![0]
  for (const [one, from] of epochs) {
    if (from > offset) break
    epoch = one
  }
  return epoch
}

/**
 * Where an epoch ended, as OffsetForLeaderEpoch asks: the newest known epoch that is not above it, and the offset at which the
 * next one began. @param end the end of the current epoch @returns undefined for an epoch that has not been yet
 */
export function endOfLeaderEpoch(
  epochs: LeaderEpochs,
  epoch: number,
  end: number,
): { leaderEpoch: number; endOffset: number } | undefined {
  if (epoch < 0 || epoch > currentLeaderEpoch(epochs)) return undefined
  const above = epochs.findIndex(([one]) => one > epoch)
  if (above < 0) return { leaderEpoch: epoch, endOffset: end }
  return { leaderEpoch: above === 0 ? epoch : epochs[above - 1]![0], endOffset: epochs[above]![1] }
}
