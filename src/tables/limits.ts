// Every limit of the room: unit and reason. Tests shrink them, so that edges occur daily.

export interface TablesLimits {
  /** Raw bytes of rows that a Parquet row group holds at most; a group is buffered whole before it is encoded. */
  readonly rowGroupBytesMax: number
  /** Rows and raw bytes of a page: readers skip and decode by page. */
  readonly pageRowsMax: number
  readonly pageBytesMax: number
  /** Distinct strings of a chunk above which a dictionary no longer pays. */
  readonly dictionaryEntriesMax: number
  readonly dictionaryBytesMax: number
  /** A data file is closed at this size: copy-on-write rewrites whole files, so this bounds what one change costs. */
  readonly fileBytesTarget: number
  /** Live snapshots of a table: loading its metadata stays fast. */
  readonly snapshotsMax: number
  /** Earlier metadata files that are kept and listed in the metadata log. */
  readonly metadataLogMax: number
  /** Manifests of a snapshot; when there are more, the small ones are merged. */
  readonly manifestsMax: number
  /** This many small append files in a row are merged into one. */
  readonly smallFilesMax: number
  /** Changed rows held in memory before a commit is forced (they are held whole until then). */
  readonly pendingBytesMax: number
  readonly pendingRowsMax: number
  /** Bytes that one read takes from a topic: a step stays short. */
  readonly readBytesMax: number
  /** Keys of an upsert table's index in memory, 24 bytes each. */
  readonly indexKeysMax: number
  /** Wait before a failed commit is tried again. */
  readonly retryMs: number
  /** Undecodable records whose place is kept for status; all are counted. */
  readonly badRecordsShown: number
  /** Bytes of a request's body that the catalog parses. */
  readonly requestBytesMax: number
  /** How long one connection to the catalog's database waits for another's transaction. */
  readonly catalogBusyMs: number
}

export const tablesLimits: TablesLimits = {
  rowGroupBytesMax: 64 << 20,
  pageRowsMax: 20_000,
  pageBytesMax: 1 << 20,
  dictionaryEntriesMax: 40_000,
  dictionaryBytesMax: 1 << 20,
  fileBytesTarget: 32 << 20,
  snapshotsMax: 200,
  metadataLogMax: 100,
  manifestsMax: 64,
  smallFilesMax: 32,
  pendingBytesMax: 128 << 20,
  pendingRowsMax: 1_000_000,
  readBytesMax: 1 << 20,
  indexKeysMax: 50_000_000,
  retryMs: 1000,
  badRecordsShown: 10,
  requestBytesMax: 16 << 20,
  catalogBusyMs: 2000,
}
