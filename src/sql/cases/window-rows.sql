-- A window without GROUP BY only adds its columns.
CREATE TABLE orders (
  order_id BIGINT NOT NULL,
  customer STRING NOT NULL,
  amount DECIMAL(10, 2),
  placed_at TIMESTAMP(3) NOT NULL,
  WATERMARK FOR placed_at AS placed_at - INTERVAL '5' SECOND
);
CREATE TABLE stamped (order_id BIGINT, s TIMESTAMP(3), e TIMESTAMP(3));
INSERT INTO stamped
SELECT order_id, window_start, window_end FROM TABLE(TUMBLE(TABLE orders, DESCRIPTOR(placed_at), INTERVAL '1' DAY)) AS w WHERE w.amount > 5;

-- plan
-- stamped
-- Sink(table=[stamped], mode=[append], fields=[order_id, s, e])
-- +- Calc(select=[order_id, TUMBLE_START(placed_at, 86400000 ms, 0 ms) AS s, TUMBLE_START(placed_at, 86400000 ms, 0 ms) + 86400000 ms AS e], where=[amount > 5.00], changelogMode=[I])
--    +- TableSourceScan(table=[orders], fields=[order_id, amount, placed_at], watermark=[placed_at - 5000 ms], changelogMode=[I])
