-- Known in Flink, refused by name here.
CREATE TABLE t (k INT NOT NULL, v STRING, PRIMARY KEY (k) NOT ENFORCED);
CREATE TABLE log (k INT NOT NULL, v STRING);
INSERT OVERWRITE t SELECT * FROM log;
INSERT INTO t PARTITION (k = 1) SELECT v FROM log;
INSERT INTO t SELECT * FROM log ON CONFLICT DO DEDUPLICATE;
INSERT INTO t SELECT * FROM log;
INSERT INTO log (SELECT k, v FROM log) EXCEPT (SELECT k, v FROM log);
CREATE VIEW a AS SELECT * FROM log NATURAL JOIN t;
CREATE VIEW b AS SELECT * FROM log JOIN t USING (k);
CREATE VIEW c AS SELECT k, SUM(k) OVER w FROM log WINDOW w AS (PARTITION BY v);
CREATE VIEW d AS SELECT /*+ STATE_TTL('log' = '1d') */ k FROM log;
CREATE TABLE p (k INT) PARTITIONED BY (k);
CREATE VIEW e AS SELECT k FROM log GROUP BY ROLLUP (k);
CREATE VIEW f AS SELECT * FROM log, LATERAL TABLE(f(v)) AS x;
CREATE MATERIALIZED TABLE m AS SELECT 1;
CREATE FUNCTION g AS 'x' LANGUAGE JAVA;
CREATE TABLE q AS SELECT 1;
SET 'table.local-time-zone' = 'Europe/Berlin';
CREATE VIEW h AS SELECT ARRAY[1, 2], ROW(1, 2), v || CAST(JSON_VALUE(v, '$.x') AS STRING), LISTAGG(v), REGEXP_EXTRACT(v, 'x', 1) FROM log;
CREATE VIEW i AS SELECT PROCTIME(), (SELECT 1), EXISTS (SELECT 1) FROM log;

-- errors
-- 4:8 MR-SQL-003 INSERT OVERWRITE is not run yet.
--      Write INSERT INTO.
-- 5:15 MR-SQL-003 PARTITION (…) is not run yet.
--      Remove it: partitions are chosen by the table’s key.
-- 6:33 MR-SQL-003 ON CONFLICT is not run yet.
--      Make the query’s key equal to the table’s PRIMARY KEY.
-- 7:13 MR-SQL-013 The rows of the query are told apart by no columns of the table, those of table t by its PRIMARY KEY (k).
--      Make them the same: declare PRIMARY KEY (…), or group the query by (k). ON CONFLICT is not run yet.
-- 8:40 MR-SQL-003 EXCEPT is not run yet.
--      Write a join or a filter instead.
-- 9:36 MR-SQL-003 NATURAL JOIN is not run yet.
--      Write JOIN … ON a.x = b.x.
-- 10:50 MR-SQL-003 JOIN … USING is not run yet.
--      Write ON with the columns that must be equal.
-- 11:40 MR-SQL-003 OVER with a named window is not run yet.
--      Write the window here: OVER (PARTITION BY … ORDER BY …).
-- 12:25 MR-SQL-003 The hint /*+ STATE_TTL('log' = '1d') */ is not run yet.
--      Remove the hint.
-- 13:24 MR-SQL-003 PARTITIONED BY is not run yet.
--      Topics have DISTRIBUTED BY HASH(column) INTO n BUCKETS.
-- 14:45 MR-SQL-003 ROLLUP is not run yet.
--      Write it another way; docs/guide/sql.md lists what is run.
-- 15:37 MR-SQL-003 LATERAL is not run yet.
--      Join a table or a sub-query instead.
-- 16:1 MR-SQL-003 CREATE MATERIALIZED TABLE is not run yet.
--      Write CREATE TABLE and INSERT INTO … SELECT.
-- 17:1 MR-SQL-003 CREATE FUNCTION is not run yet.
--      Remove the statement.
-- 18:1 MR-SQL-003 CREATE TABLE … AS SELECT is not run yet.
--      Write CREATE TABLE with its columns, and INSERT INTO … SELECT.
-- 19:1 MR-SQL-003 SET … is not run yet.
--      Options of a run belong into the environment’s file; remove the statement.
-- 20:25 MR-SQL-003 ARRAY[…] is not run yet.
--      Write it another way; docs/guide/sql.md lists what is run.
-- 20:38 MR-SQL-003 ROW(…) is not run yet.
--      Write it another way; docs/guide/sql.md lists what is run.
-- 20:59 MR-SQL-003 The function JSON_VALUE is not run yet.
--      Write it another way; docs/guide/sql.md lists what is run.
-- 20:92 MR-SQL-003 The aggregate LISTAGG is not run yet.
--      COUNT, SUM, MIN, MAX and AVG are run.
-- 20:104 MR-SQL-003 The function REGEXP_EXTRACT is not run yet.
--      Write it another way; docs/guide/sql.md lists what is run.
-- 21:25 MR-SQL-003 The function PROCTIME is not run yet.
--      Write it another way; docs/guide/sql.md lists what is run.
-- 21:37 MR-SQL-003 A sub-query as a value is not run yet.
--      Write it another way; docs/guide/sql.md lists what is run.
-- 21:49 MR-SQL-003 EXISTS (sub-query) is not run yet.
--      Write it another way; docs/guide/sql.md lists what is run.
