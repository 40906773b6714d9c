-- A broken statement does not hide the mistakes of the next.
CREATE TABLE t (a INT, b STRING NOT NUL);
SELECT FROM t;
CREATE TABLE u (value INT);
INSERT INTO t VALUES (1, 'x);

-- errors
-- 2:33 MR-SQL-001 Syntax error: "NOT" stands where ) belongs.
--      Separate columns with , and close them with ).
-- 3:8 MR-SQL-001 Syntax error: "FROM" stands where an expression belongs.
--      Write an expression before FROM.
-- 4:17 MR-SQL-020 "value" is a word of the language and cannot be a column name here.
--      Write it in backticks: `value`.
-- 5:26 MR-SQL-002 Unreadable text: this text literal does not end.
--      Close it with '; a ' inside is written twice.
-- 5:30 MR-SQL-001 Syntax error: the end of the text stands where ) belongs.
--      Write ) here.
