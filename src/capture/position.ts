// Where capture of one source stands: which transactions are committed here, where inside one, and how far each table's snapshot
// is. It is the position of capture's commit group, so it moves with the records or not at all. JSON, since it is small and people
// look at it. Invariant: version 1 is read for ever; a newer one is refused.
import { decodeText, encodeText, MillraceError, type ErrorCode } from '../base/index.ts'
import type { EpochCommit } from '../model/index.ts'
import type { CaptureProblem } from './capture-types.ts'
import { GtidSet, type Gtid } from './mysql/gtid-set.ts'

export interface TablePosition {
  readonly topic: string
  readonly phase: 'snapshot' | 'stream' | 'stopped'
  /** Last key of the last finished chunk, in key order, as decimal text; null before the first. */
  readonly cursor: readonly string[] | null
  readonly problem: CaptureProblem | undefined
  /** Time of the last heartbeat row in the topic; 0 for none. */
  readonly heartbeatMs: number
}

/** Inside a transaction that was too large for one commit group: per table, how many of its row changes are committed here. */
export interface InsidePosition {
  readonly gtid: Gtid
  readonly rows: Readonly<Record<string, number>>
}

export interface CapturePosition {
  readonly executed: GtidSet
  readonly inside: InsidePosition | undefined
  readonly tables: ReadonlyMap<string, TablePosition>
}

const version = 1

export function captureOwner(source: string): string {
  return `capture/${source}`
}

/** Is every one of the source's tables past its snapshot (or stopped), as committed? False before the first commit. */
export function isStreaming(commit: EpochCommit, source: string): boolean {
  const last = commit.last(captureOwner(source))
  return (
    last !== undefined &&
    [...decodePosition(last.position, source).tables.values()].every((table) => table.phase !== 'snapshot')
  )
}

export function encodePosition(position: CapturePosition): Uint8Array {
  return encodeText(
    JSON.stringify({
      version,
      executed: position.executed.toString(),
      inside: position.inside ?? null,
      tables: Object.fromEntries(position.tables),
    }),
  )
}

/** Throws MR-CAPTURE-010 when a newer version wrote it or it is damaged. */
export function decodePosition(bytes: Uint8Array, source: string): CapturePosition {
  try {
    const raw = JSON.parse(decodeText(bytes)) as {
      version: number
      executed: string
      inside: InsidePosition | null
      tables: Record<string, Omit<TablePosition, 'problem'> & { problem?: CaptureProblem & { code: ErrorCode } }>
    }
    if (raw.version !== version) throw new Error(`version ${raw.version}, this program reads ${version}`)
    const tables = Object.entries(raw.tables).map(([name, t]): [string, TablePosition] => [
      name,
      { ...t, problem: t.problem },
    ])
    return { executed: GtidSet.parse(raw.executed), inside: raw.inside ?? undefined, tables: new Map(tables) }
  } catch (cause) {
    throw new MillraceError('MR-CAPTURE-010', { details: { source, reason: (cause as Error).message }, cause })
  }
}
