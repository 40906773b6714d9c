-- What services produce, and what pipelines make of it.
CREATE TABLE checkout_events (
  checkout_id STRING NOT NULL,
  user_id BIGINT NOT NULL,
  merchant_id BIGINT NOT NULL,
  amount DECIMAL(12, 2) NOT NULL,
  status STRING NOT NULL,
  event_time TIMESTAMP(3) NOT NULL,
  WATERMARK FOR event_time AS event_time - INTERVAL '10' SECOND
) DISTRIBUTED BY HASH(user_id) INTO 4 BUCKETS;

CREATE TABLE repayments (
  repayment_id STRING NOT NULL,
  loan_id BIGINT NOT NULL,
  amount DECIMAL(12, 2) NOT NULL,
  paid_at TIMESTAMP(3) NOT NULL,
  WATERMARK FOR paid_at AS paid_at - INTERVAL '10' SECOND
) DISTRIBUTED BY HASH(loan_id) INTO 4 BUCKETS;

CREATE TABLE checkouts_enriched (
  checkout_id STRING NOT NULL,
  user_id BIGINT NOT NULL,
  merchant_id BIGINT NOT NULL,
  country STRING,
  risk_band STRING,
  category STRING,
  amount DECIMAL(12, 2) NOT NULL,
  status STRING NOT NULL,
  event_time TIMESTAMP(3) NOT NULL,
  WATERMARK FOR event_time AS event_time - INTERVAL '10' SECOND
) WITH ('millrace.lake' = 'append');

CREATE TABLE approval_rate (
  merchant_id BIGINT NOT NULL,
  window_start TIMESTAMP(3) NOT NULL,
  window_end TIMESTAMP(3) NOT NULL,
  checkouts BIGINT NOT NULL,
  approved BIGINT NOT NULL
);

CREATE TABLE velocity_alerts (
  user_id BIGINT NOT NULL,
  window_start TIMESTAMP(3) NOT NULL,
  window_end TIMESTAMP(3) NOT NULL,
  checkouts BIGINT NOT NULL,
  amount DECIMAL(38, 2)
);

CREATE TABLE loan_balance (
  loan_id BIGINT NOT NULL,
  user_id BIGINT NOT NULL,
  principal DECIMAL(12, 2) NOT NULL,
  repaid DECIMAL(38, 2) NOT NULL,
  balance DECIMAL(38, 2) NOT NULL,
  PRIMARY KEY (loan_id) NOT ENFORCED
) WITH ('millrace.lake' = 'upsert');

-- Tables of the shop's database, captured row by row (see sources/shop.yaml). One partition each.
CREATE TABLE users (
  user_id BIGINT NOT NULL,
  country STRING NOT NULL,
  risk_band STRING NOT NULL,
  updated_at TIMESTAMP(3) NOT NULL,
  WATERMARK FOR updated_at AS updated_at,
  PRIMARY KEY (user_id) NOT ENFORCED
);

CREATE TABLE merchants (
  merchant_id BIGINT NOT NULL,
  name STRING NOT NULL,
  category STRING NOT NULL,
  updated_at TIMESTAMP(3) NOT NULL,
  WATERMARK FOR updated_at AS updated_at,
  PRIMARY KEY (merchant_id) NOT ENFORCED
);

CREATE TABLE orders (
  loan_id BIGINT NOT NULL,
  user_id BIGINT NOT NULL,
  principal DECIMAL(12, 2) NOT NULL,
  PRIMARY KEY (loan_id) NOT ENFORCED
);

CREATE TABLE payments (
  payment_id BIGINT NOT NULL,
  loan_id BIGINT NOT NULL,
  amount DECIMAL(12, 2) NOT NULL,
  state STRING NOT NULL,
  PRIMARY KEY (payment_id) NOT ENFORCED
);

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

INSERT INTO checkouts_enriched
SELECT c.checkout_id, c.user_id, c.merchant_id, u.country, u.risk_band, m.category, c.amount, c.status, c.event_time
FROM checkouts AS c
LEFT JOIN users FOR SYSTEM_TIME AS OF c.event_time AS u ON c.user_id = u.user_id
LEFT JOIN merchants FOR SYSTEM_TIME AS OF c.event_time AS m ON c.merchant_id = m.merchant_id;

INSERT INTO approval_rate
SELECT merchant_id, window_start, window_end, COUNT(*), COUNT(*) FILTER (WHERE status = 'approved')
FROM TABLE(TUMBLE(TABLE checkouts_enriched, DESCRIPTOR(event_time), INTERVAL '1' MINUTE))
GROUP BY merchant_id, window_start, window_end;

INSERT INTO velocity_alerts
SELECT user_id, window_start, window_end, COUNT(*), SUM(amount)
FROM TABLE(TUMBLE(TABLE checkouts_enriched, DESCRIPTOR(event_time), INTERVAL '1' MINUTE))
GROUP BY user_id, window_start, window_end
HAVING COUNT(*) >= 5;

INSERT INTO loan_balance
SELECT o.loan_id, o.user_id, o.principal, COALESCE(r.repaid, 0), o.principal - COALESCE(r.repaid, 0)
FROM orders AS o
LEFT JOIN (
  SELECT loan_id, SUM(amount) AS repaid
  FROM repayments_once
  GROUP BY loan_id
) AS r ON o.loan_id = r.loan_id;

-- plan
-- checkouts_enriched
-- Sink(table=[checkouts_enriched], mode=[append], fields=[checkout_id, user_id, merchant_id, country, risk_band, category, amount, status, event_time])
-- +- Calc(select=[checkout_id, user_id, merchant_id, country, risk_band, category, amount, status, event_time], changelogMode=[I])
--    +- TemporalJoin(joinType=[left], where=[merchant_id = merchant_id], time=[event_time, updated_at], changelogMode=[I])
--       +- Exchange(distribution=[hash[merchant_id]], changelogMode=[I])
--          +- TemporalJoin(joinType=[left], where=[user_id = user_id], time=[event_time, updated_at], changelogMode=[I])
--             +- Exchange(distribution=[hash[user_id]], changelogMode=[I])
--                +- Deduplicate(keep=[FirstRow], key=[checkout_id], order=[event_time], changelogMode=[I])
--                   +- Exchange(distribution=[hash[checkout_id]], changelogMode=[I])
--                      +- TableSourceScan(table=[checkout_events], fields=[checkout_id, user_id, merchant_id, amount, status, event_time], watermark=[event_time - 10000 ms], changelogMode=[I])
--             +- Exchange(distribution=[hash[user_id]], changelogMode=[I,UB,UA,D])
--                +- TableSourceScan(table=[users], fields=[user_id, country, risk_band, updated_at], watermark=[updated_at - 0 ms], changelogMode=[I,UB,UA,D])
--       +- Exchange(distribution=[hash[merchant_id]], changelogMode=[I,UB,UA,D])
--          +- TableSourceScan(table=[merchants], fields=[merchant_id, category, updated_at], watermark=[updated_at - 0 ms], changelogMode=[I,UB,UA,D])
--
-- approval_rate
-- Sink(table=[approval_rate], mode=[append], fields=[merchant_id, window_start, window_end, checkouts, approved])
-- +- Calc(select=[merchant_id, window_start, window_end, checkouts, approved], changelogMode=[I])
--    +- WindowAggregate(groupBy=[merchant_id], window=[TUMBLE(time=[event_time], size=[60000 ms])], select=[COUNT(*) AS checkouts, COUNT(*) FILTER $f AS approved], windowColumns=[window_start, window_end], changelogMode=[I])
--       +- Exchange(distribution=[hash[merchant_id]], changelogMode=[I])
--          +- Calc(select=[merchant_id, status = 'approved' AS $f, event_time], changelogMode=[I])
--             +- TableSourceScan(table=[checkouts_enriched], fields=[merchant_id, status, event_time], watermark=[event_time - 10000 ms], changelogMode=[I])
--
-- velocity_alerts
-- Sink(table=[velocity_alerts], mode=[append], fields=[user_id, window_start, window_end, checkouts, amount])
-- +- Calc(select=[user_id, window_start, window_end, count$0 AS checkouts, sum$1 AS amount], where=[count$0 >= 5], changelogMode=[I])
--    +- WindowAggregate(groupBy=[user_id], window=[TUMBLE(time=[event_time], size=[60000 ms])], select=[COUNT(*) AS count$0, SUM(amount) AS sum$1], windowColumns=[window_start, window_end], changelogMode=[I])
--       +- Exchange(distribution=[hash[user_id]], changelogMode=[I])
--          +- TableSourceScan(table=[checkouts_enriched], fields=[user_id, amount, event_time], watermark=[event_time - 10000 ms], changelogMode=[I])
--
-- loan_balance
-- Sink(table=[loan_balance], mode=[upsert], primaryKey=[loan_id], fields=[loan_id, user_id, principal, repaid, balance])
-- +- Calc(select=[loan_id, user_id, principal, COALESCE(repaid, 0.00) AS repaid, principal - COALESCE(repaid, 0.00) AS balance], changelogMode=[I,UA,D])
--    +- Join(joinType=[left], where=[loan_id = loan_id], upsertKeys=[(loan_id), (loan_id)], changelogMode=[I,UA,D])
--       +- Exchange(distribution=[hash[loan_id]], changelogMode=[I,UB,UA,D])
--          +- TableSourceScan(table=[orders], fields=[loan_id, user_id, principal], changelogMode=[I,UB,UA,D])
--       +- Exchange(distribution=[hash[loan_id]], changelogMode=[I,UA,D])
--          +- GroupAggregate(groupBy=[loan_id], select=[SUM(amount) AS repaid], changelogMode=[I,UA,D])
--             +- Exchange(distribution=[hash[loan_id]], changelogMode=[I])
--                +- Calc(select=[loan_id, amount], changelogMode=[I])
--                   +- Deduplicate(keep=[FirstRow], key=[repayment_id], order=[paid_at], changelogMode=[I])
--                      +- Exchange(distribution=[hash[repayment_id]], changelogMode=[I])
--                         +- TableSourceScan(table=[repayments], fields=[repayment_id, loan_id, amount, paid_at], watermark=[paid_at - 10000 ms], changelogMode=[I])
