// What capture is told and what it tells. Plain data: it crosses threads.
import type { Body, ErrorCode } from '../base/index.ts'
import type { TopicFormat } from '../format/index.ts'

export interface CapturedTable {
  /** 'database.table' in the source. */
  readonly source: string
  /** The topic that its changes go to; a Debezium format. A new topic name captures the table anew. */
  readonly format: TopicFormat
  /** Registry id of the value's schema; 0 for formats without one. */
  readonly schemaId: number
  readonly partitionCount: number
}

/** Rows that are in no database: they say "nothing older than this is still to come". */
export interface HeartbeatTable {
  /** As in CapturedTable.source. */
  readonly source: string
  /** The TIMESTAMP column that carries event time. */
  readonly timeColumn: string
  /** Values of other columns; NOT NULL columns that are not named get '' or 0. */
  readonly row: Readonly<Record<string, string | number | boolean>>
}

export interface CaptureSpec {
  /** Name of the Source resource. */
  readonly source: string
  /** mysql://user:password@host:port/ — a secret: never printed, never stored. */
  readonly url: string
  readonly tables: readonly CapturedTable[]
  readonly heartbeat: { readonly everyMs: number; readonly tables: readonly HeartbeatTable[] } | null
}

/** A coded message, as MillraceError has it, in plain data. */
export interface CaptureProblem {
  readonly code: ErrorCode
  readonly message: string
  readonly help: string
}

export interface CapturedTableStatus {
  readonly source: string
  readonly topic: string
  readonly phase: 'snapshot' | 'stream' | 'stopped'
  /** Change rows committed since this body began, snapshot rows included. */
  readonly rowsCommitted: number
  /** Why it was stopped. */
  readonly problem: CaptureProblem | undefined
}

export interface CaptureStatus {
  readonly source: string
  /** 'waiting': tries again by itself, see problem. */
  readonly state: 'connecting' | 'snapshot' | 'stream' | 'waiting'
  readonly problem: CaptureProblem | undefined
  readonly tables: readonly CapturedTableStatus[]
  /** The source's transactions that are committed here, as MySQL writes a GTID set. */
  readonly position: string
  /** When the source committed the last transaction read here (ms since 1970); 0 before the first. */
  readonly readUntilMs: number
  /** The source's time up to which all is committed here, as of the last heartbeat; 0 before the first. */
  readonly completeUntilMs: number
}

export type CaptureReport = { readonly kind: 'status'; readonly status: CaptureStatus }

export type CaptureBody = Body & { status(): CaptureStatus }
