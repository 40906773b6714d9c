-- The version of the right row that was valid at the left row's time; a condition on the right side stays in the join.
CREATE TABLE orders (
  order_id BIGINT NOT NULL,
  customer STRING NOT NULL,
  amount DECIMAL(10, 2),
  placed_at TIMESTAMP(3) NOT NULL,
  WATERMARK FOR placed_at AS placed_at - INTERVAL '5' SECOND
);
CREATE TABLE rates (currency STRING NOT NULL, rate DECIMAL(10, 4) NOT NULL, since TIMESTAMP(3) NOT NULL,
  WATERMARK FOR since AS since, PRIMARY KEY (currency) NOT ENFORCED);
CREATE TABLE priced (order_id BIGINT NOT NULL, rate DECIMAL(10, 4), placed_at TIMESTAMP(3));
INSERT INTO priced
SELECT o.order_id, r.rate, o.placed_at FROM orders AS o
LEFT JOIN rates FOR SYSTEM_TIME AS OF o.placed_at AS r ON UPPER(o.customer) = r.currency AND r.rate > 0
WHERE o.amount > 0;

-- plan
-- priced
-- Sink(table=[priced], mode=[append], fields=[order_id, rate, placed_at])
-- +- Calc(select=[order_id, rate, placed_at], changelogMode=[I])
--    +- TemporalJoin(joinType=[left], where=[$k0 = currency], condition=[rate > 0.0000], time=[placed_at, since], changelogMode=[I])
--       +- Exchange(distribution=[hash[$k0]], changelogMode=[I])
--          +- Calc(select=[order_id, placed_at, UPPER(customer) AS $k0], where=[amount > 0.00], changelogMode=[I])
--             +- TableSourceScan(table=[orders], fields=[order_id, customer, amount, placed_at], watermark=[placed_at - 5000 ms], changelogMode=[I])
--       +- Exchange(distribution=[hash[currency]], changelogMode=[I,UB,UA,D])
--          +- TableSourceScan(table=[rates], fields=[currency, rate, since], watermark=[since - 0 ms], changelogMode=[I,UB,UA,D])
