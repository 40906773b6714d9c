// Fetches that wait for records: nothing runs for them until the log says that one of their partitions has grown.

type Wake = () => void

export class FetchWaiters {
  /** By topic, then partition. */
  readonly #waiting = new Map<string, Map<number, Set<Wake>>>()

  /** Calls `wake` at each advance of any of the partitions until the result is called. */
  add(partitions: readonly { topic: string; partition: number }[], wake: Wake): () => void {
    for (const { topic, partition } of partitions) {
      let byPartition = this.#waiting.get(topic)
      if (!byPartition) this.#waiting.set(topic, (byPartition = new Map()))
      let wakes = byPartition.get(partition)
      if (!wakes) byPartition.set(partition, (wakes = new Set()))
      wakes.add(wake)
    }
    return () => {
      for (const { topic, partition } of partitions) {
        const byPartition = this.#waiting.get(topic)
        const wakes = byPartition?.get(partition)
        if (!byPartition || !wakes) continue
        wakes.delete(wake)
        if (wakes.size > 0) continue
        byPartition.delete(partition)
        if (byPartition.size === 0) this.#waiting.delete(topic)
      }
    }
  }

  advanced(topic: string, partition: number): void {
    const wakes = this.#waiting.get(topic)?.get(partition)
    // Waking may take waiters out and put them in again.
    if (wakes) for (const wake of Array.from(wakes)) wake()
  }
}
