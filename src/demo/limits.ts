// Every size, count and time that bounds the generator and its check.
export const demoLimits = {
  /** Events of one commit group: one sync each. With partitions appended together, event time stays even across them. */
  groupEventsMax: 1_000,
  /** How long a live generator gathers before it commits. */
  groupIntervalMs: 100,
  /** A live generator that is behind by more than this begins a new segment of its time line. */
  behindMsMax: 5_000,
  /** How often the state is reported. */
  statusIntervalMs: 1_000,
  /** Between attempts to reach the database. */
  databaseRetryMs: 1_000,
  /** Bytes of a JSON-lines file that are gathered before they are written. */
  fileBytesMax: 1 << 20,
  /** Differing rows that a check shows per table and side. */
  examplesMax: 5,
} as const
