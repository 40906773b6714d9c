-- Operators and functions over types that they do not take; conditions that are none.
CREATE TABLE orders (
  order_id BIGINT NOT NULL,
  customer STRING NOT NULL,
  amount DECIMAL(10, 2),
  placed_at TIMESTAMP(3) NOT NULL,
  WATERMARK FOR placed_at AS placed_at - INTERVAL '5' SECOND
);
CREATE VIEW a AS SELECT amount + customer FROM orders;
CREATE VIEW b AS SELECT customer = order_id FROM orders;
CREATE VIEW c AS SELECT customer FROM orders WHERE amount;
CREATE VIEW d AS SELECT SUM(customer), UPPER(order_id), SUBSTRING(customer) FROM orders;
CREATE VIEW e AS SELECT CASE WHEN amount > 1 THEN 1 ELSE 'x' END FROM orders;
CREATE VIEW f AS SELECT DATE '2026-02-30', INTERVAL 'x' DAY, COALESCE(customer, 1) FROM orders;
CREATE VIEW g AS SELECT EXTRACT(HOUR FROM CAST(placed_at AS DATE)), DATE_FORMAT(placed_at, 'yyyy-MM-dd VV') FROM orders;

-- errors
-- 9:32 MR-SQL-008 + cannot be applied to DECIMAL(10, 2) and STRING.
--      Text is not a number here: use CAST, or || to join texts.
-- 10:34 MR-SQL-008 = cannot be applied to STRING and BIGINT.
--      Compare values of one kind; use CAST.
-- 11:52 MR-SQL-022 The condition of WHERE must be BOOLEAN, but is DECIMAL(10, 2).
--      Write a comparison, for example amount > 0.
-- 12:25 MR-SQL-008 SUM cannot be applied to STRING.
--      SUM takes numbers.
-- 12:46 MR-SQL-016 order_id is neither grouped nor aggregated.
--      Add it to GROUP BY, or put it into an aggregate such as MAX(order_id).
-- 12:67 MR-SQL-016 customer is neither grouped nor aggregated.
--      Add it to GROUP BY, or put it into an aggregate such as MAX(customer).
-- 13:25 MR-SQL-008 CASE cannot be applied to INT and CHAR(1).
--      All results must have a common type; use CAST.
-- 14:25 MR-SQL-017 '2026-02-30' is not a valid DATE.
--      Write it like DATE '2026-01-31'.
-- 14:44 MR-SQL-017 'x' is not a valid INTERVAL DAY.
--      Write it like INTERVAL '10' SECOND or INTERVAL '1 02:03' DAY TO MINUTE.
-- 14:62 MR-SQL-008 COALESCE cannot be applied to STRING and INT.
--      All values must have a common type; use CAST.
-- 15:25 MR-SQL-008 EXTRACT cannot be applied to DATE.
--      HOUR is not a part of DATE.
-- 15:69 MR-SQL-008 DATE_FORMAT cannot be applied to TIMESTAMP(3) and CHAR(13).
--      Of the pattern letters, y M d D E a H h k K m s S n and 'text' are run.
