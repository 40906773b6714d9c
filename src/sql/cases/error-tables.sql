-- Declarations that cannot be.
CREATE TABLE a (x INT, x STRING, PRIMARY KEY (y) NOT ENFORCED) DISTRIBUTED BY HASH(z) INTO 4 BUCKETS;
CREATE TABLE b (t TIMESTAMP(6), WATERMARK FOR t AS t);
CREATE TABLE c (t TIMESTAMP(3), WATERMARK FOR u AS u);
CREATE TABLE d (t TIMESTAMP(3), WATERMARK FOR t AS t + INTERVAL '1' SECOND);
CREATE TABLE e (d DECIMAL(40, 2), v VARCHAR(0));
CREATE TABLE f (a INT, b AS a + 1, c BIGINT METADATA FROM 'offset' VIRTUAL);
CREATE TABLE g (a INT) WITH ('k' = 'v', 'k' = 'w');

-- errors
-- 2:24 MR-SQL-018 Table declaration: column x is declared twice.
--      Rename or remove one of them.
-- 2:47 MR-SQL-005 There is no column y in a.
--      Columns of a: x, x.
-- 2:84 MR-SQL-005 There is no column z in a.
--      Columns of a: x, x.
-- 3:47 MR-SQL-018 Table declaration: the time column t is TIMESTAMP(6).
--      A time column is TIMESTAMP(3) or TIMESTAMP_LTZ(3).
-- 4:47 MR-SQL-005 There is no column u in c.
--      Columns here: t.
-- 5:52 MR-SQL-003 This watermark is not run yet.
--      Write WATERMARK FOR t AS t - INTERVAL '5' SECOND, or AS t.
-- 6:19 MR-SQL-018 Table declaration: DECIMAL has 1 to 38 digits, and no more behind the point.
--      Write for example DECIMAL(12, 2).
-- 6:37 MR-SQL-018 Table declaration: a length is from 1 to 2147483647.
--      Write VARCHAR(n), or STRING.
-- 7:24 MR-SQL-003 A computed column is not run yet.
--      Compute it in a view.
-- 7:45 MR-SQL-003 A METADATA column is not run yet.
--      Remove the column.
-- 8:41 MR-SQL-018 Table declaration: the option 'k' stands twice.
--      Keep one of them.
