// Hashes whose values others depend on: Kafka's partitioner and Flink's key groups.

/** Java client's murmur2 of serialized key bytes, as a signed 32-bit number (org.apache.kafka.common.utils.Utils). */
export function murmur2(bytes: Uint8Array): number {
  const length = bytes.length
  const m = 0x5bd1e995
  let h = 0x9747b28c ^ length
  const words = length >> 2
  for (let i = 0; i < words; i++) {
    const at = i << 2
    let k = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
    k = Math.imul(k, m)
    k ^= k >>> 24
    k = Math.imul(k, m)
    h = Math.imul(h, m) ^ k
  }
  const tail = words << 2
  const left = length & 3
  if (left === 3) h ^= bytes[tail + 2]! << 16
  if (left >= 2) h ^= bytes[tail + 1]! << 8
  if (left >= 1) h = Math.imul(h ^ bytes[tail]!, m)
  h ^= h >>> 13
  h = Math.imul(h, m)
  h ^= h >>> 15
  return h
}

/** The partition of a serialized key, as Java's default partitioner has it. */
export function partitionOf(key: Uint8Array, partitionCount: number): number {
  return (murmur2(key) & 0x7fffffff) % partitionCount
}

/** Flink's MathUtils.murmurHash of a 32-bit hash code; not negative. */
export function flinkMurmur(code: number): number {
  let h = Math.imul(code, 0xcc9e2d51)
  h = (h << 15) | (h >>> 17)
  h = Math.imul(h, 0x1b873593)
  h = (h << 13) | (h >>> 19)
  h = (Math.imul(h, 5) + 0xe6546b64) | 0
  h ^= 4
  h ^= h >>> 16
  h = Math.imul(h, 0x85ebca6b)
  h ^= h >>> 13
  h = Math.imul(h, 0xc2b2ae35)
  h ^= h >>> 16
  if (h >= 0) return h
  return h === -2147483648 ? 0 : -h
}

/** The number of key groups of every keyed state; Flink's default maximum parallelism. */
export const keyGroupCount = 128

/** The key group of a 32-bit key hash (KeyGroupRangeAssignment.computeKeyGroupForKeyHash). */
export function keyGroupOf(keyHash: number): number {
  return flinkMurmur(keyHash) % keyGroupCount
}
