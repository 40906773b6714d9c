// What stands between decoded rows and a commit: collects changes, then turns them into synced data files.
import type { Batch } from '../model/index.ts'
import type { FileChange } from './lake-table.ts'

export interface RowSink {
  /** Takes the batch. @throws MillraceError MR-TABLES-011 for a change that the table's mode cannot hold */
  add(batch: Batch): void
  readonly pendingRows: number
  readonly pendingBytes: number
  /** Writes and syncs data files for what is pending. May be called again after failed(). Blocks on the disk. */
  prepare(): FileChange
  /** The change of the last prepare() is committed: nothing is pending any more. */
  committed(): void
  /** It was not committed, as the reloaded table says: files it does not have go, rows stay pending. */
  failed(): void
}
