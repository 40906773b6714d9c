// The time up to which a source's changes are all in its log, and where the log ended then. Never says more than is so: rows are
// stamped before they are committed, so the time lies `heartbeatDelayMs` back, and before the start of every open transaction
// that has changed something. Whoever stamps rows further back than that writes late rows, which no heartbeat can prevent.
import type { LogPlace } from './log-place.ts'
import type { SourceQueries } from './mysql/connection.ts'

export interface SourceTime {
  /** Milliseconds since 1970, the source's clock. */
  readonly completeMs: number
  /** All changes up to completeMs lie before it. */
  readonly end: LogPlace
}

/** Order matters: first the time, then open transactions, then the end of the log. */
export async function readSourceTime(
  queries: SourceQueries,
  statusStatement: string,
  delayMs: number,
): Promise<SourceTime> {
  const [now] = await queries.rows('SELECT CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS UNSIGNED) AS now')
  const openMs = await longestOpenMs(queries)
  const [status] = await queries.rows(statusStatement)
  return {
    completeMs: Number(now?.['now'] ?? 0) - delayMs - openMs,
    end: { file: status?.['File'] ?? '', position: Number(status?.['Position'] ?? 0) },
  }
}

/** How long the oldest transaction with changes has been open; 0 when the user may not see it (PROCESS). */
async function longestOpenMs(queries: SourceQueries): Promise<number> {
  try {
    const [row] = await queries.rows(
      'SELECT TIMESTAMPDIFF(SECOND, MIN(trx_started), NOW()) AS seconds FROM information_schema.INNODB_TRX WHERE trx_rows_modified > 0 OR trx_query IS NOT NULL',
    )
    const seconds = Number(row?.['seconds'] ?? 0)
    // Starts are told in whole seconds, rounded down.
    return row?.['seconds'] == null ? 0 : (Math.max(0, seconds) + 1) * 1000
  } catch {
    // Without the privilege the delay alone bounds how long a transaction may take; the README says so.
    return 0
  }
}
