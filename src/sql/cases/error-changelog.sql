-- Updating queries need a table with their key.
CREATE TABLE orders (
  order_id BIGINT NOT NULL,
  customer STRING NOT NULL,
  amount DECIMAL(10, 2),
  placed_at TIMESTAMP(3) NOT NULL,
  WATERMARK FOR placed_at AS placed_at - INTERVAL '5' SECOND
);
CREATE TABLE plain (customer STRING, n BIGINT);
CREATE TABLE keyed (customer STRING NOT NULL, n BIGINT NOT NULL, PRIMARY KEY (n) NOT ENFORCED);
CREATE TABLE single (n BIGINT NOT NULL, PRIMARY KEY (n) NOT ENFORCED);
INSERT INTO plain SELECT customer, COUNT(*) FROM orders GROUP BY customer;
INSERT INTO keyed SELECT customer, COUNT(*) FROM orders GROUP BY customer;
INSERT INTO single SELECT COUNT(*) FROM orders;

-- errors
-- 12:13 MR-SQL-012 Table plain takes only new rows, but the query changes rows it has given before (GROUP BY).
--      Declare PRIMARY KEY (customer) NOT ENFORCED on plain, or write a query without updates (a window aggregate, a temporal join).
-- 13:13 MR-SQL-013 The rows of the query are told apart by customer, those of table keyed by its PRIMARY KEY (n).
--      Make them the same: declare PRIMARY KEY (customer), or group the query by (n). ON CONFLICT is not run yet.
-- 14:13 MR-SQL-013 The rows of the query are told apart by nothing (there is one row), those of table single by its PRIMARY KEY (n).
--      Make them the same: declare PRIMARY KEY (…), or group the query by (n). ON CONFLICT is not run yet.
