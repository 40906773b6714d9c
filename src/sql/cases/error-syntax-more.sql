-- Reserved words, double quotes, forgotten commas and keywords.
CREATE TABLE t (a INT b STRING);
CREATE TABLE user (a INT);
CREATE TABLE s (a INT PRIMARY KEY);
CREATE VIEW v AS SELECT "a" FROM s;
CREATE VIEW w AS SELECT a, FROM s;
CREATE VIEW x AS SELECT a FROM s WHERE a = ;
CREATE VIEW y AS SELECT a FROM s JOIN s AS z;
DROP TABLE t;
HELLO;

-- errors
-- 2:23 MR-SQL-001 Syntax error: "b" stands where ) belongs.
--      Separate columns with , and close them with ).
-- 3:14 MR-SQL-020 "user" is a word of the language and cannot be a table name here.
--      Write it in backticks: `user`.
-- 4:34 MR-SQL-001 Syntax error: ")" stands where NOT ENFORCED belongs.
--      Write PRIMARY KEY … NOT ENFORCED: the key is the writer’s promise.
-- 5:25 MR-SQL-002 Unreadable text: the character " has no meaning here.
--      Write text in 'single quotes' and names in `backticks`.
-- 6:28 MR-SQL-001 Syntax error: "FROM" stands where an expression belongs.
--      Write an expression before FROM.
-- 7:44 MR-SQL-001 Syntax error: ";" stands where an expression belongs.
--      Write a column, a literal or a function call.
-- 8:45 MR-SQL-001 Syntax error: ";" stands where ON belongs.
--      Write ON with the columns that must be equal.
-- 9:1 MR-SQL-003 DROP … is not run yet.
--      Remove the CREATE statement itself: the files say what exists.
-- 10:1 MR-SQL-001 Syntax error: "HELLO" stands where a statement belongs.
--      Begin with CREATE TABLE, CREATE VIEW or INSERT INTO.
