-- Views may be declared in any order, but not in a circle.
CREATE VIEW a AS SELECT x FROM b;
CREATE VIEW b AS SELECT x FROM c;
CREATE VIEW c AS SELECT x FROM a;
CREATE VIEW d AS SELECT x FROM a;

-- errors
-- 4:32 MR-SQL-010 The view a reads itself: a → b → c → a.
--      Break the circle, for example by a table with INSERT INTO.
