-- Keeping the last row changes rows: the table needs the same key.
CREATE TABLE orders (
  order_id BIGINT NOT NULL,
  customer STRING NOT NULL,
  amount DECIMAL(10, 2),
  placed_at TIMESTAMP(3) NOT NULL,
  WATERMARK FOR placed_at AS placed_at - INTERVAL '5' SECOND
);
CREATE TABLE latest (order_id BIGINT NOT NULL, amount DECIMAL(10, 2), PRIMARY KEY (order_id) NOT ENFORCED);
INSERT INTO latest
SELECT order_id, amount FROM (
  SELECT *, ROW_NUMBER() OVER (PARTITION BY order_id ORDER BY placed_at DESC) AS rn FROM orders
) WHERE rn <= 1;

-- plan
-- latest
-- Sink(table=[latest], mode=[upsert], primaryKey=[order_id], fields=[order_id, amount])
-- +- Calc(select=[order_id, amount], changelogMode=[I,UA,D])
--    +- Deduplicate(keep=[LastRow], key=[order_id], order=[placed_at], changelogMode=[I,UA,D])
--       +- Exchange(distribution=[hash[order_id]], changelogMode=[I])
--          +- TableSourceScan(table=[orders], fields=[order_id, amount, placed_at], watermark=[placed_at - 5000 ms], changelogMode=[I])
