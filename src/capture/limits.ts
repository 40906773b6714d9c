// Every size, count and time that bounds capture. Tests hand in smaller ones where edges matter.

export const captureLimits = {
  /** Unread bytes of a dump before its socket waits: about 0.1 s of the fastest stream seen. */
  streamBytesMax: 8 << 20,
  /** How often an idle source says where its log ends. */
  streamHeartbeatMs: 500,
  /** An idle dump that says nothing for this long is dead: several heartbeats. */
  streamSilenceMs: 10_000,
  connectTimeoutMs: 5_000,
  /** Between attempts to connect: doubled each time, from and up to. */
  reconnectMinMs: 200,
  reconnectMaxMs: 15_000,
  /** Rows, encoded bytes and age after which what was read is committed: one sync each, seen by consumers as one. */
  commitRowsMax: 20_000,
  commitBytesMax: 4 << 20,
  commitIntervalMs: 50,
  /** The same when only the position moved: other tables' transactions. */
  positionIntervalMs: 1_000,
  /** Records of one Kafka record batch. */
  recordBatchBytesMax: 512 << 10,
  /** Events handled by one step, so that it stays short. */
  stepEventsMax: 256,
  /** Rows of one snapshot chunk: short reads, small windows. */
  chunkRowsMax: 4096,
  /** Rows of a table whose key cannot be walked in order (text, decimals), which is read whole and held. */
  wholeTableRowsMax: 500_000,
  /** Changes held while a chunk waits for its window to close. */
  windowRowsMax: 200_000,
  /** Row events of a two-phase transaction, held until it is known whether it is committed in one phase. */
  heldBytesMax: 64 << 20,
  /** One compressed transaction, unpacked: MySQL's own limit for an event. */
  payloadBytesMax: 1 << 30,
  /** How often the state is reported. */
  statusIntervalMs: 1_000,
  /** Heartbeat rows speak of a time this long ago: writers stamp rows before they commit them. */
  heartbeatDelayMs: 3_000,
  /** Least time between heartbeats: the server caches its list of open transactions for 100 ms after each look. */
  heartbeatEveryMsMin: 250,
} as const

export type CaptureLimits = { readonly [K in keyof typeof captureLimits]: number }
