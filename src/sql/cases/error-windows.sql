-- Windows, deduplication and temporal joins that are not run, or mean nothing.
CREATE TABLE orders (
  order_id BIGINT NOT NULL,
  customer STRING NOT NULL,
  amount DECIMAL(10, 2),
  placed_at TIMESTAMP(3) NOT NULL,
  WATERMARK FOR placed_at AS placed_at - INTERVAL '5' SECOND
);
CREATE TABLE plain (customer STRING NOT NULL, since TIMESTAMP(3), PRIMARY KEY (customer) NOT ENFORCED);
CREATE VIEW a AS SELECT * FROM TABLE(HOP(TABLE orders, DESCRIPTOR(placed_at), INTERVAL '1' MINUTE, INTERVAL '5' MINUTE));
CREATE VIEW b AS SELECT * FROM TABLE(TUMBLE(TABLE orders, DESCRIPTOR(order_id), INTERVAL '1' MINUTE));
CREATE VIEW c AS SELECT window_start, COUNT(*) FROM TABLE(TUMBLE(TABLE orders, DESCRIPTOR(placed_at), INTERVAL '1' MINUTE)) GROUP BY window_start;
CREATE VIEW d AS SELECT *, ROW_NUMBER() OVER (PARTITION BY customer ORDER BY amount) AS rn FROM orders;
CREATE VIEW e AS SELECT * FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY customer ORDER BY amount) AS rn FROM orders) WHERE rn = 1;
CREATE VIEW f AS SELECT * FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY customer ORDER BY placed_at) AS rn FROM orders) WHERE rn <= 3;
CREATE VIEW g AS SELECT o.* FROM orders AS o JOIN plain FOR SYSTEM_TIME AS OF o.placed_at AS p ON o.customer = p.customer;
CREATE VIEW h AS SELECT customer, SUM(amount) OVER (PARTITION BY customer ORDER BY placed_at) FROM orders;
CREATE VIEW i AS SELECT TUMBLE_START(placed_at, INTERVAL '1' MINUTE) FROM orders GROUP BY TUMBLE(placed_at, INTERVAL '1' MINUTE);
CREATE VIEW j AS SELECT a.order_id FROM orders AS a JOIN orders AS b ON a.order_id = b.order_id AND a.placed_at BETWEEN b.placed_at AND b.placed_at + INTERVAL '1' HOUR;
CREATE VIEW k AS SELECT customer FROM orders ORDER BY amount LIMIT 3;
CREATE VIEW l AS SELECT customer FROM orders WHERE order_id IN (SELECT order_id FROM orders) AND placed_at > CURRENT_TIMESTAMP;

-- errors
-- 10:32 MR-SQL-003 A HOP window is not run yet.
--      Use TUMBLE windows.
-- 11:70 MR-SQL-014 Window: order_id carries no event time.
--      Name the WATERMARK column, unchanged.
-- 12:18 MR-SQL-014 Window: GROUP BY without both window_start and window_end is not run yet.
--      Write GROUP BY …, window_start, window_end directly over TABLE(TUMBLE(…)), and filter with HAVING.
-- 13:28 MR-SQL-003 ROW_NUMBER without a filter on it is not run yet.
--      Keep one row per key: SELECT … FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY key ORDER BY time) AS rn FROM t) WHERE rn = 1.
-- 14:43 MR-SQL-025 Deduplication: the order must be the event time alone (Top-N by other columns is not run yet).
--      Order by the WATERMARK column, unchanged.
-- 15:43 MR-SQL-003 Top-N (ROW_NUMBER up to a number above 1) is not run yet.
--      Keep one row per key: SELECT … FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY key ORDER BY time) AS rn FROM t) WHERE rn = 1.
-- 16:51 MR-SQL-015 Temporal join: table plain has no WATERMARK, so it has no versions.
--      Declare WATERMARK on plain.
-- 17:35 MR-SQL-003 SUM … OVER is not run yet.
--      Use GROUP BY, or ROW_NUMBER to keep the first or last row.
-- 18:25 MR-SQL-003 The function TUMBLE_START is not run yet.
--      Write FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(time), INTERVAL '1' MINUTE)) … GROUP BY window_start, window_end.
-- 18:91 MR-SQL-003 The function TUMBLE is not run yet.
--      Write FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(time), INTERVAL '1' MINUTE)) … GROUP BY window_start, window_end.
-- 19:53 MR-SQL-003 An interval join is not run yet.
--      Join without comparing the times of both sides, or use FOR SYSTEM_TIME AS OF.
-- 20:55 MR-SQL-003 ORDER BY over an endless stream is not run yet.
--      Remove it.
-- 21:52 MR-SQL-003 IN (sub-query) is not run yet.
--      Write it another way; docs/guide/sql.md lists what is run.
-- 21:110 MR-SQL-003 CURRENT_TIMESTAMP is not run yet.
--      Write it another way; docs/guide/sql.md lists what is run.
