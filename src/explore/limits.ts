// Limits of ad hoc queries: they share the node with the data's own work.

export interface ExploreLimits {
  /** Records of a topic that one query reads (after the lake table's offsets, where it has one). */
  readonly topicRecordsMax: number
  /** Rows of an answer; the rest is cut and said to be. */
  readonly rowsMax: number
  /** Milliseconds from the question to the answer. */
  readonly queryMsMax: number
  /** Queries at once; a further one is refused. */
  readonly queriesMax: number
  /** Memory of DuckDB for one query. */
  readonly memoryBytesMax: number
  /** Threads of DuckDB for one query. */
  readonly threads: number
  /** Bytes read from a topic between two turns of the event loop. */
  readonly stepBytes: number
}

export const exploreLimits: ExploreLimits = {
  topicRecordsMax: 1_000_000,
  rowsMax: 10_000,
  queryMsMax: 30_000,
  queriesMax: 4,
  memoryBytesMax: 512 << 20,
  threads: 2,
  stepBytes: 256 << 10,
}
