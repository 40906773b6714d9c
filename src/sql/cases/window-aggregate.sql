-- HAVING, an expression as key, window_time as the new event time, and a window over the result of a window's view.
CREATE TABLE orders (
  order_id BIGINT NOT NULL,
  customer STRING NOT NULL,
  amount DECIMAL(10, 2),
  placed_at TIMESTAMP(3) NOT NULL,
  WATERMARK FOR placed_at AS placed_at - INTERVAL '5' SECOND
);
CREATE TABLE peaks (letter STRING, w TIMESTAMP(3), best DECIMAL(10, 2), n BIGINT);
INSERT INTO peaks
SELECT LEFT(customer, 1), window_time, MAX(amount), COUNT(*)
FROM TABLE(TUMBLE(DATA => TABLE orders, TIMECOL => DESCRIPTOR(placed_at), SIZE => INTERVAL '1' HOUR, OFFSET => INTERVAL '10' MINUTE))
WHERE amount IS NOT NULL
GROUP BY LEFT(customer, 1), window_start, window_end, window_time
HAVING COUNT(*) >= 2;

-- plan
-- peaks
-- Sink(table=[peaks], mode=[append], fields=[letter, w, best, n])
-- +- Calc(select=[$f7 AS letter, window_time AS w, max$1 AS best, count$0 AS n], where=[count$0 >= 2], changelogMode=[I])
--    +- WindowAggregate(groupBy=[$f7], window=[TUMBLE(time=[placed_at], size=[3600000 ms], offset=[600000 ms])], select=[COUNT(*) AS count$0, MAX(amount) AS max$1], windowColumns=[window_time], changelogMode=[I])
--       +- Exchange(distribution=[hash[$f]], changelogMode=[I])
--          +- Calc(select=[LEFT(customer, 1) AS $f, amount, placed_at], where=[amount IS NOT NULL], changelogMode=[I])
--             +- TableSourceScan(table=[orders], fields=[customer, amount, placed_at], watermark=[placed_at - 5000 ms], changelogMode=[I])
