// The example's results in plain SQL over the generator's own JSON lines: another engine, another way of putting the question, and
// no code shared with ours. Where Flink's rules decide (late rows, keep-first, as-of), the rule is spelled out here.

const timeFormat = '%Y-%m-%d %H:%M:%S.%g'

const columns: Readonly<Record<string, string>> = {
  users:
    "n: 'BIGINT', op: 'VARCHAR', user_id: 'BIGINT', country: 'VARCHAR', risk_band: 'VARCHAR', updated_at: 'TIMESTAMP'",
  merchants:
    "n: 'BIGINT', op: 'VARCHAR', merchant_id: 'BIGINT', name: 'VARCHAR', category: 'VARCHAR', updated_at: 'TIMESTAMP'",
  orders: "n: 'BIGINT', op: 'VARCHAR', loan_id: 'BIGINT', user_id: 'BIGINT', principal: 'DECIMAL(12, 2)'",
  checkout_events:
    "n: 'BIGINT', sent_at: 'TIMESTAMP', checkout_id: 'VARCHAR', user_id: 'BIGINT', merchant_id: 'BIGINT', amount: 'DECIMAL(12, 2)', status: 'VARCHAR', event_time: 'TIMESTAMP'",
  repayments:
    "n: 'BIGINT', sent_at: 'TIMESTAMP', repayment_id: 'VARCHAR', loan_id: 'BIGINT', amount: 'DECIMAL(12, 2)', paid_at: 'TIMESTAMP'",
  undecodable: "n: 'BIGINT', \"table\": 'VARCHAR', bytes: 'VARCHAR'",
}

/** A view per file. @param folder absolute */
export function linesViews(folder: string): string[] {
  return Object.entries(columns).map(([table, types]) => {
    const path = `${folder}/${table}.jsonl`.replaceAll("'", "''")
    return `CREATE TABLE ${table} AS SELECT * FROM read_json('${path}', format = 'newline_delimited', columns = {${types}})`
  })
}

/**
 * Keep-first on event time: rows behind the watermark are dropped before anything else looks at them, and a late row here is at
 * least ten minutes behind its sending, where watermarks are ten seconds behind.
 */
const checkoutsOnce = `
  SELECT * FROM checkout_events
  WHERE amount > 0 AND sent_at - event_time < INTERVAL 10 MINUTE
  QUALIFY ROW_NUMBER() OVER (PARTITION BY checkout_id ORDER BY event_time, n) = 1`

const repaymentsOnce = `
  SELECT * FROM repayments
  WHERE sent_at - paid_at < INTERVAL 10 MINUTE
  QUALIFY ROW_NUMBER() OVER (PARTITION BY repayment_id ORDER BY paid_at, n) = 1`

/** Results as views with the columns of the example's tables. */
export const expectedViews: readonly string[] = [
  `CREATE TABLE enriched AS
   SELECT c.checkout_id, c.user_id, c.merchant_id, u.country, u.risk_band, m.category, c.amount, c.status, c.event_time
   FROM (${checkoutsOnce}) c
   ASOF LEFT JOIN users u ON c.user_id = u.user_id AND c.event_time >= u.updated_at
   ASOF LEFT JOIN merchants m ON c.merchant_id = m.merchant_id AND c.event_time >= m.updated_at`,
  `CREATE VIEW standing_orders AS
   SELECT loan_id, arg_max(user_id, n) AS user_id, arg_max(principal, n) AS principal
   FROM orders GROUP BY loan_id HAVING arg_max(op, n) <> 'd'`,
  `CREATE VIEW repaid AS SELECT loan_id, SUM(amount) AS repaid FROM (${repaymentsOnce}) GROUP BY loan_id`,
]

const minute = "date_trunc('minute', event_time)"
const text = (column: string): string => `CAST(${column} AS VARCHAR)`
const moment = (expression: string): string => `strftime(${expression}, '${timeFormat}')`
const decimal = (expression: string): string => `CAST(CAST(${expression} AS DECIMAL(38, 2)) AS VARCHAR)`

/** Expected rows of each table, all columns as text, in the order of CREATE TABLE. */
export const expectedRows = {
  checkouts_enriched: `SELECT checkout_id, ${text('user_id')}, ${text('merchant_id')}, country, risk_band, category, ${decimal('amount')}, status, ${moment('event_time')} FROM enriched`,
  approval_rate: `SELECT ${text('merchant_id')}, ${moment(minute)}, ${moment(`${minute} + INTERVAL 1 MINUTE`)}, ${text('COUNT(*)')}, ${text("COUNT(*) FILTER (WHERE status = 'approved')")}
    FROM enriched GROUP BY merchant_id, ${minute}`,
  velocity_alerts: `SELECT ${text('user_id')}, ${moment(minute)}, ${moment(`${minute} + INTERVAL 1 MINUTE`)}, ${text('COUNT(*)')}, ${decimal('SUM(amount)')}
    FROM enriched GROUP BY user_id, ${minute} HAVING COUNT(*) >= 5`,
  loan_balance: `SELECT ${text('o.loan_id')}, ${text('o.user_id')}, ${decimal('o.principal')}, ${decimal('COALESCE(r.repaid, 0)')}, ${decimal('o.principal - COALESCE(r.repaid, 0)')}
    FROM standing_orders o LEFT JOIN repaid r ON o.loan_id = r.loan_id`,
} as const

/** How many records of checkout_events must be in quarantine. */
export const expectedQuarantine = `SELECT (SELECT COUNT(*) FROM checkout_events WHERE amount <= 0) + (SELECT COUNT(*) FROM undecodable WHERE "table" = 'checkout_events')`

/** What was sent, for the summary. */
export const summaryQuery = `SELECT
  (SELECT COUNT(*) FROM checkout_events) AS checkout_events,
  (SELECT COUNT(*) - COUNT(DISTINCT checkout_id) FROM checkout_events) AS retries,
  (SELECT COUNT(*) FROM checkout_events WHERE sent_at - event_time >= INTERVAL 10 MINUTE) AS late,
  (SELECT COUNT(*) FROM checkout_events WHERE amount <= 0) AS breaking,
  (SELECT COUNT(*) FROM undecodable) AS undecodable,
  (SELECT COUNT(*) FROM users) + (SELECT COUNT(*) FROM merchants) + (SELECT COUNT(*) FROM orders) AS database_changes,
  (SELECT COUNT(*) FROM repayments) AS repayments`
