-- Number, types and NOT NULL of a table's columns.
CREATE TABLE orders (
  order_id BIGINT NOT NULL,
  customer STRING NOT NULL,
  amount DECIMAL(10, 2),
  placed_at TIMESTAMP(3) NOT NULL,
  WATERMARK FOR placed_at AS placed_at - INTERVAL '5' SECOND
);
CREATE TABLE sink (id BIGINT NOT NULL, name STRING, small INT);
INSERT INTO sink SELECT order_id, customer FROM orders;
INSERT INTO sink SELECT order_id, customer, order_id FROM orders;
INSERT INTO sink (name) SELECT customer FROM orders;
INSERT INTO sink SELECT NULL, customer, 1 FROM orders;
INSERT INTO sink (id, nam) SELECT order_id, customer FROM orders;
SELECT 1;

-- errors
-- 10:18 MR-SQL-011 The query does not fit table sink: the query has 2 columns, the table 3.
--      Select 3 columns: id, name, small.
-- 11:45 MR-SQL-011 The query does not fit table sink: column small is INT, the query gives BIGINT.
--      Write CAST(… AS INT).
-- 12:13 MR-SQL-019 Column id of sink is NOT NULL, but the query gives it no value.
--      Give it a value, or declare it without NOT NULL.
-- 13:25 MR-SQL-019 Column id of sink is NOT NULL, but the query gives it no value.
--      Give it a value, or declare it without NOT NULL.
-- 14:23 MR-SQL-005 There is no column nam in sink.
--      Columns of sink: id, name, small.
-- 15:1 MR-SQL-024 A query alone has no place to go to.
--      Write INSERT INTO a table before it, or CREATE VIEW … AS.
