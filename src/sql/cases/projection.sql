-- Columns that nobody reads are not decoded; a plain copy needs no computation but the projection.
CREATE TABLE orders (
  order_id BIGINT NOT NULL,
  customer STRING NOT NULL,
  amount DECIMAL(10, 2),
  placed_at TIMESTAMP(3) NOT NULL,
  WATERMARK FOR placed_at AS placed_at - INTERVAL '5' SECOND
);
CREATE TABLE big (customer STRING, doubled DECIMAL(12, 2));
INSERT INTO big SELECT UPPER(customer), amount * 2 FROM orders WHERE amount > 100 AND customer <> 'x';

-- plan
-- big
-- Sink(table=[big], mode=[append], fields=[customer, doubled])
-- +- Calc(select=[UPPER(customer) AS customer, CAST(amount * 2 AS DECIMAL(12, 2)) AS doubled], where=[(amount > 100.00) AND (customer <> 'x')], changelogMode=[I])
--    +- TableSourceScan(table=[orders], fields=[customer, amount], changelogMode=[I])
