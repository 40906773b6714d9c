-- WITH queries see those before them; constants are folded.
CREATE TABLE orders (
  order_id BIGINT NOT NULL,
  customer STRING NOT NULL,
  amount DECIMAL(10, 2),
  placed_at TIMESTAMP(3) NOT NULL,
  WATERMARK FOR placed_at AS placed_at - INTERVAL '5' SECOND
);
CREATE TABLE sink (customer STRING, d INT);
INSERT INTO sink
WITH recent AS (SELECT customer, placed_at FROM orders WHERE placed_at > TIMESTAMP '2026-01-01 00:00:00' + INTERVAL '1' DAY),
named (who, at_time) AS (SELECT * FROM recent)
SELECT who, CASE WHEN EXTRACT(DAY FROM at_time) BETWEEN 1 AND 2 * 5 THEN 1 ELSE 2 END FROM named;

-- plan
-- sink
-- Sink(table=[sink], mode=[append], fields=[customer, d])
-- +- Calc(select=[customer, CASE WHEN (EXTRACT('DAY', placed_at) >= 1) AND (EXTRACT('DAY', placed_at) <= 10) THEN 1 ELSE 2 END AS d], where=[placed_at > TIMESTAMP '2026-01-02 00:00:00.000'], changelogMode=[I])
--    +- TableSourceScan(table=[orders], fields=[customer, placed_at], watermark=[placed_at - 5000 ms], changelogMode=[I])
