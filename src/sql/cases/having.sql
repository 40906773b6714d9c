-- A filter over an updating query needs the old rows (UB), so that rows can leave the result.
CREATE TABLE orders (
  order_id BIGINT NOT NULL,
  customer STRING NOT NULL,
  amount DECIMAL(10, 2),
  placed_at TIMESTAMP(3) NOT NULL,
  WATERMARK FOR placed_at AS placed_at - INTERVAL '5' SECOND
);
CREATE TABLE busy (customer STRING NOT NULL, n BIGINT, PRIMARY KEY (customer) NOT ENFORCED);
INSERT INTO busy SELECT customer, COUNT(DISTINCT order_id) FROM orders GROUP BY customer HAVING COUNT(*) > 3;

-- plan
-- busy
-- Sink(table=[busy], mode=[upsert], primaryKey=[customer], fields=[customer, n])
-- +- Calc(select=[customer, count$1 AS n], where=[count$0 > 3], changelogMode=[I,UB,UA,D])
--    +- GroupAggregate(groupBy=[customer], select=[COUNT(*) AS count$0, COUNT(DISTINCT order_id) AS count$1], changelogMode=[I,UB,UA,D])
--       +- Exchange(distribution=[hash[customer]], changelogMode=[I])
--          +- TableSourceScan(table=[orders], fields=[order_id, customer], changelogMode=[I])
