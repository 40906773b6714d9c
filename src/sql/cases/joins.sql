-- Inner join by comma and WHERE, a filter that goes down to its side, keys of different types, a residual condition.
CREATE TABLE a (id INT NOT NULL, v STRING, PRIMARY KEY (id) NOT ENFORCED);
CREATE TABLE b (id BIGINT NOT NULL, a_id BIGINT, w INT, PRIMARY KEY (id) NOT ENFORCED);
CREATE TABLE pairs (id BIGINT NOT NULL, v STRING, w INT, PRIMARY KEY (id) NOT ENFORCED);
INSERT INTO pairs
SELECT b.id, a.v, b.w FROM a, b WHERE a.id = b.a_id AND b.w > 3 AND CHAR_LENGTH(a.v) < b.w;

-- plan
-- pairs
-- Sink(table=[pairs], mode=[upsert], primaryKey=[id], fields=[id, v, w])
-- +- Calc(select=[id, v, w], changelogMode=[I,UB,UA,D])
--    +- Join(joinType=[inner], where=[$k0 = a_id], condition=[CHAR_LENGTH(v) < w], upsertKeys=[($k0), (id)], changelogMode=[I,UB,UA,D])
--       +- Exchange(distribution=[hash[$k0]], changelogMode=[I,UB,UA,D])
--          +- Calc(select=[v, CAST(id AS BIGINT) AS $k0], changelogMode=[I,UB,UA,D])
--             +- TableSourceScan(table=[a], fields=[id, v], changelogMode=[I,UB,UA,D])
--       +- Exchange(distribution=[hash[a_id]], changelogMode=[I,UB,UA,D])
--          +- Calc(select=[id, a_id, w], where=[w > 3], changelogMode=[I,UB,UA,D])
--             +- TableSourceScan(table=[b], fields=[id, a_id, w], changelogMode=[I,UB,UA,D])
