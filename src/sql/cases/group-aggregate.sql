-- A grouped aggregate updates its rows; a filtered count reads a computed column; the unused SUM of the view is not computed.
CREATE TABLE orders (
  order_id BIGINT NOT NULL,
  customer STRING NOT NULL,
  amount DECIMAL(10, 2),
  placed_at TIMESTAMP(3) NOT NULL,
  WATERMARK FOR placed_at AS placed_at - INTERVAL '5' SECOND
);
CREATE TABLE totals (customer STRING NOT NULL, n BIGINT, big BIGINT, average DECIMAL(38, 6), PRIMARY KEY (customer) NOT ENFORCED);
CREATE VIEW per_customer AS
SELECT customer, COUNT(*) AS n, COUNT(*) FILTER (WHERE amount > 100) AS big, SUM(amount) AS total, AVG(amount) AS average
FROM orders GROUP BY customer;
INSERT INTO totals SELECT customer, n, big, average FROM per_customer;

-- plan
-- totals
-- Sink(table=[totals], mode=[upsert], primaryKey=[customer], fields=[customer, n, big, average])
-- +- GroupAggregate(groupBy=[customer], select=[COUNT(*) AS n, COUNT(*) FILTER $f4 AS big, AVG(amount) AS average], changelogMode=[I,UA,D])
--    +- Exchange(distribution=[hash[customer]], changelogMode=[I])
--       +- Calc(select=[customer, amount, amount > 100.00 AS $f4], changelogMode=[I])
--          +- TableSourceScan(table=[orders], fields=[customer, amount], changelogMode=[I])
