// The largest number of pairs that a bipartite graph lets stand side by side, each node in at most one.
// Reference: augmenting paths (Kuhn).

/** @param joined whether left i and right j may be a pair; asked at most once each. O(left × edges) */
export function matchingSize(left: number, right: number, joined: (i: number, j: number) => boolean): number {
  const edges = Array.from({ length: left }, (_, i) =>
    Array.from({ length: right }, (_, j) => j).filter((j) => joined(i, j)),
  )
  const partner = new Int32Array(right).fill(-1)
  const augment = (i: number, tried: Set<number>): boolean =>
    edges[i]!.some((j) => {
      if (tried.has(j)) return false
      tried.add(j)
      if (partner[j]! >= 0 && !augment(partner[j]!, tried)) return false
      partner[j] = i
      return true
    })
  let size = 0
  for (let i = 0; i < left; i++) if (augment(i, new Set())) size++
  return size
}
