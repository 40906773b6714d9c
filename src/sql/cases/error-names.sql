-- Every mistake is reported once, at its place.
CREATE TABLE orders (
  order_id BIGINT NOT NULL,
  customer STRING NOT NULL,
  amount DECIMAL(10, 2),
  placed_at TIMESTAMP(3) NOT NULL,
  WATERMARK FOR placed_at AS placed_at - INTERVAL '5' SECOND
);
CREATE TABLE sink (customer STRING, n BIGINT);
CREATE TABLE sink (x INT);
CREATE VIEW v AS SELECT custmer, o.amount, nope.x FROM orders AS o;
INSERT INTO sink SELECT customer, order_id FROM oders;
INSERT INTO snk SELECT customer, order_id FROM orders;
INSERT INTO sink SELECT customer, LENGHT(customer) FROM orders;
CREATE VIEW ambiguous AS SELECT order_id FROM orders AS a JOIN orders AS b ON a.order_id = b.order_id;
INSERT INTO v SELECT 1, 2, 3;

-- errors
-- 10:14 MR-SQL-009 Table sink is declared twice; the first is at error-names.sql:9:14.
--      Rename or remove one of them.
-- 11:25 MR-SQL-005 There is no column custmer.
--      Did you mean customer? Columns here: order_id, customer, amount, placed_at.
-- 11:44 MR-SQL-005 There is no column nope.x: no table here is called nope.
--      Tables here: o.
-- 12:49 MR-SQL-004 There is no table or view oders.
--      Did you mean orders?
-- 13:13 MR-SQL-004 There is no table or view snk.
--      Did you mean sink?
-- 14:35 MR-SQL-007 There is no function LENGHT.
--      docs/guide/sql.md lists the functions.
-- 15:33 MR-SQL-006 The column order_id is in several tables here: a, b.
--      Write which one, for example a.order_id.
-- 16:13 MR-SQL-021 v is a view: nothing can be inserted into it.
--      Insert into a table.
