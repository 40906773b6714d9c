-- Services retry, so the same checkout or repayment may come twice: the first one counts.
CREATE VIEW checkouts AS
SELECT checkout_id, user_id, merchant_id, amount, status, event_time
FROM (
  SELECT *, ROW_NUMBER() OVER (PARTITION BY checkout_id ORDER BY event_time) AS rn
  FROM checkout_events
)
WHERE rn = 1;

CREATE VIEW repayments_once AS
SELECT repayment_id, loan_id, amount
FROM (
  SELECT *, ROW_NUMBER() OVER (PARTITION BY repayment_id ORDER BY paid_at) AS rn
  FROM repayments
)
WHERE rn = 1;

-- Each checkout with its user and merchant as of the moment it happened.
INSERT INTO checkouts_enriched
SELECT c.checkout_id, c.user_id, c.merchant_id, u.country, u.risk_band, m.category, c.amount, c.status, c.event_time
FROM checkouts AS c
LEFT JOIN users FOR SYSTEM_TIME AS OF c.event_time AS u ON c.user_id = u.user_id
LEFT JOIN merchants FOR SYSTEM_TIME AS OF c.event_time AS m ON c.merchant_id = m.merchant_id;

-- How many checkouts of a merchant were approved, minute by minute.
INSERT INTO approval_rate
SELECT merchant_id, window_start, window_end, COUNT(*), COUNT(*) FILTER (WHERE status = 'approved')
FROM TABLE(TUMBLE(TABLE checkouts_enriched, DESCRIPTOR(event_time), INTERVAL '1' MINUTE))
GROUP BY merchant_id, window_start, window_end;

-- Users with five checkouts or more within a minute.
INSERT INTO velocity_alerts
SELECT user_id, window_start, window_end, COUNT(*), SUM(amount)
FROM TABLE(TUMBLE(TABLE checkouts_enriched, DESCRIPTOR(event_time), INTERVAL '1' MINUTE))
GROUP BY user_id, window_start, window_end
HAVING COUNT(*) >= 5;

-- What is still owed on each loan, kept up to date.
INSERT INTO loan_balance
SELECT o.loan_id, o.user_id, o.principal, COALESCE(r.repaid, 0), o.principal - COALESCE(r.repaid, 0)
FROM orders AS o
LEFT JOIN (
  SELECT loan_id, SUM(amount) AS repaid
  FROM repayments_once
  GROUP BY loan_id
) AS r ON o.loan_id = r.loan_id;
