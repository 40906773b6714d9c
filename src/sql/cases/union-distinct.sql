-- UNION ALL appends; UNION and DISTINCT group. Two INSERTs into one table are two pipelines.
CREATE TABLE orders (
  order_id BIGINT NOT NULL,
  customer STRING NOT NULL,
  amount DECIMAL(10, 2),
  placed_at TIMESTAMP(3) NOT NULL,
  WATERMARK FOR placed_at AS placed_at - INTERVAL '5' SECOND
);
CREATE TABLE names (name STRING NOT NULL, PRIMARY KEY (name) NOT ENFORCED);
CREATE TABLE log (line STRING);
INSERT INTO names SELECT customer FROM orders UNION SELECT UPPER(customer) FROM orders;
EXECUTE STATEMENT SET BEGIN
  INSERT INTO log SELECT customer FROM orders UNION ALL SELECT 'fixed';
  INSERT INTO log SELECT CAST(order_id AS STRING) FROM orders;
END;

-- plan
-- names
-- Sink(table=[names], mode=[upsert], primaryKey=[name], fields=[name])
-- +- GroupAggregate(groupBy=[name], select=[], changelogMode=[I,UA,D])
--    +- Exchange(distribution=[hash[customer]], changelogMode=[I])
--       +- Union(fields=[customer], changelogMode=[I])
--          +- TableSourceScan(table=[orders], fields=[customer], changelogMode=[I])
--          +- Calc(select=[UPPER(customer) AS customer], changelogMode=[I])
--             +- TableSourceScan(table=[orders], fields=[customer], changelogMode=[I])
--
-- log
-- Sink(table=[log], mode=[append], fields=[line])
-- +- Union(fields=[line], changelogMode=[I])
--    +- TableSourceScan(table=[orders], fields=[customer], changelogMode=[I])
--    +- Values(tuples=[{'fixed'}], changelogMode=[I])
--
-- log#2
-- Sink(table=[log], mode=[append], fields=[line])
-- +- Calc(select=[CAST(order_id AS STRING) AS line], changelogMode=[I])
--    +- TableSourceScan(table=[orders], fields=[order_id], changelogMode=[I])
