-- A table that pipelines write by key is read through ChangelogNormalize; the key is read even when nobody names it.
CREATE TABLE orders (
  order_id BIGINT NOT NULL,
  customer STRING NOT NULL,
  amount DECIMAL(10, 2),
  placed_at TIMESTAMP(3) NOT NULL,
  WATERMARK FOR placed_at AS placed_at - INTERVAL '5' SECOND
);
CREATE TABLE counts (customer STRING NOT NULL, n BIGINT NOT NULL, PRIMARY KEY (customer) NOT ENFORCED);
CREATE TABLE histogram (n BIGINT NOT NULL, customers BIGINT NOT NULL, PRIMARY KEY (n) NOT ENFORCED);
INSERT INTO counts SELECT customer, COUNT(*) FROM orders GROUP BY customer;
INSERT INTO histogram SELECT n, COUNT(*) FROM counts GROUP BY n;

-- plan
-- counts
-- Sink(table=[counts], mode=[upsert], primaryKey=[customer], fields=[customer, n])
-- +- GroupAggregate(groupBy=[customer], select=[COUNT(*) AS n], changelogMode=[I,UA,D])
--    +- Exchange(distribution=[hash[customer]], changelogMode=[I])
--       +- TableSourceScan(table=[orders], fields=[customer], changelogMode=[I])
--
-- histogram
-- Sink(table=[histogram], mode=[upsert], primaryKey=[n], fields=[n, customers])
-- +- GroupAggregate(groupBy=[n], select=[COUNT(*) AS customers], changelogMode=[I,UA,D])
--    +- Exchange(distribution=[hash[n]], changelogMode=[I,UB,UA,D])
--       +- Calc(select=[n], changelogMode=[I,UB,UA,D])
--          +- ChangelogNormalize(key=[customer], changelogMode=[I,UB,UA,D])
--             +- Exchange(distribution=[hash[customer]], changelogMode=[I,UA,D])
--                +- TableSourceScan(table=[counts], fields=[n, customer], changelogMode=[I,UA,D])
