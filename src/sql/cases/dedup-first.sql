-- ROW_NUMBER = 1 by event time keeps the first row per key: new rows only, and event time stays usable.
CREATE TABLE orders (
  order_id BIGINT NOT NULL,
  customer STRING NOT NULL,
  amount DECIMAL(10, 2),
  placed_at TIMESTAMP(3) NOT NULL,
  WATERMARK FOR placed_at AS placed_at - INTERVAL '5' SECOND
);
CREATE TABLE per_minute (customer STRING, n BIGINT NOT NULL, w TIMESTAMP(3));
CREATE VIEW first_orders AS
SELECT order_id, customer, amount, placed_at FROM (
  SELECT *, ROW_NUMBER() OVER (PARTITION BY order_id ORDER BY placed_at ASC) AS rn FROM orders
) WHERE 1 = rn;
INSERT INTO per_minute
SELECT customer, COUNT(*), window_end FROM TABLE(TUMBLE(TABLE first_orders, DESCRIPTOR(placed_at), INTERVAL '1' MINUTE))
GROUP BY customer, window_start, window_end;

-- plan
-- per_minute
-- Sink(table=[per_minute], mode=[append], fields=[customer, n, w])
-- +- WindowAggregate(groupBy=[customer], window=[TUMBLE(time=[placed_at], size=[60000 ms])], select=[COUNT(*) AS n], windowColumns=[window_end], changelogMode=[I])
--    +- Exchange(distribution=[hash[customer]], changelogMode=[I])
--       +- Calc(select=[customer, placed_at], changelogMode=[I])
--          +- Deduplicate(keep=[FirstRow], key=[order_id], order=[placed_at], changelogMode=[I])
--             +- Exchange(distribution=[hash[order_id]], changelogMode=[I])
--                +- TableSourceScan(table=[orders], fields=[order_id, customer, placed_at], watermark=[placed_at - 5000 ms], changelogMode=[I])
