-- What is selected beside aggregates must be grouped; aggregates have their places.
CREATE TABLE orders (
  order_id BIGINT NOT NULL,
  customer STRING NOT NULL,
  amount DECIMAL(10, 2),
  placed_at TIMESTAMP(3) NOT NULL,
  WATERMARK FOR placed_at AS placed_at - INTERVAL '5' SECOND
);
CREATE VIEW a AS SELECT customer, COUNT(*) FROM orders;
CREATE VIEW b AS SELECT customer, amount FROM orders GROUP BY customer;
CREATE VIEW c AS SELECT customer FROM orders WHERE COUNT(*) > 1;
CREATE VIEW d AS SELECT SUM(COUNT(*)) FROM orders;
CREATE VIEW e AS SELECT * FROM orders GROUP BY customer;
CREATE VIEW f AS SELECT UPPER(customer), SUM(amount) FROM orders GROUP BY UPPER(customer);

-- errors
-- 9:25 MR-SQL-016 customer is neither grouped nor aggregated.
--      Add it to GROUP BY, or put it into an aggregate such as MAX(customer).
-- 10:35 MR-SQL-016 amount is neither grouped nor aggregated.
--      Add it to GROUP BY, or put it into an aggregate such as MAX(amount).
-- 11:52 MR-SQL-023 The aggregate COUNT cannot stand in WHERE.
--      Compute it in a sub-query first.
-- 12:29 MR-SQL-023 The aggregate COUNT cannot stand inside of another aggregate.
--      Compute it in a sub-query first.
-- 13:25 MR-SQL-016 order_id is neither grouped nor aggregated.
--      Add it to GROUP BY, or put it into an aggregate such as MAX(order_id).
