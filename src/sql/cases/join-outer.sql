-- LEFT JOIN with an aggregate: the left key stays the key; FULL JOIN has both keys together.
CREATE TABLE loans (loan_id BIGINT NOT NULL, amount INT, PRIMARY KEY (loan_id) NOT ENFORCED);
CREATE TABLE payments (payment_id BIGINT NOT NULL, loan_id BIGINT NOT NULL, paid INT, PRIMARY KEY (payment_id) NOT ENFORCED);
CREATE TABLE open_loans (loan_id BIGINT NOT NULL, rest INT, PRIMARY KEY (loan_id) NOT ENFORCED);
CREATE TABLE both_sides (loan_id BIGINT NOT NULL, payment_id BIGINT NOT NULL, paid INT, PRIMARY KEY (loan_id, payment_id) NOT ENFORCED);
INSERT INTO open_loans
SELECT l.loan_id, l.amount - COALESCE(p.paid, 0) FROM loans AS l
LEFT JOIN (SELECT loan_id, SUM(paid) AS paid FROM payments GROUP BY loan_id) AS p ON l.loan_id = p.loan_id AND p.paid > 0;
INSERT INTO both_sides
SELECT l.loan_id, p.payment_id, p.paid FROM loans AS l FULL OUTER JOIN payments AS p ON p.loan_id = l.loan_id;

-- plan
-- open_loans
-- Sink(table=[open_loans], mode=[upsert], primaryKey=[loan_id], fields=[loan_id, rest])
-- +- Calc(select=[loan_id, amount - COALESCE(paid, 0) AS rest], changelogMode=[I,UA,D])
--    +- Join(joinType=[left], where=[loan_id = loan_id], upsertKeys=[(loan_id), (loan_id)], changelogMode=[I,UA,D])
--       +- Exchange(distribution=[hash[loan_id]], changelogMode=[I,UB,UA,D])
--          +- TableSourceScan(table=[loans], fields=[loan_id, amount], changelogMode=[I,UB,UA,D])
--       +- Exchange(distribution=[hash[loan_id]], changelogMode=[I,UB,UA,D])
--          +- Calc(select=[loan_id, sum$0], where=[sum$0 > 0], changelogMode=[I,UB,UA,D])
--             +- GroupAggregate(groupBy=[loan_id], select=[SUM(paid) AS sum$0], changelogMode=[I,UB,UA,D])
--                +- Exchange(distribution=[hash[loan_id]], changelogMode=[I,UB,UA,D])
--                   +- TableSourceScan(table=[payments], fields=[loan_id, paid], changelogMode=[I,UB,UA,D])
--
-- both_sides
-- Sink(table=[both_sides], mode=[upsert], primaryKey=[loan_id, payment_id], fields=[loan_id, payment_id, paid])
-- +- Calc(select=[ENFORCE_NOT_NULL(loan_id, 'both_sides.loan_id') AS loan_id, ENFORCE_NOT_NULL(payment_id, 'both_sides.payment_id') AS payment_id, paid], changelogMode=[I,UB,UA,D])
--    +- Join(joinType=[full], where=[loan_id = loan_id], upsertKeys=[(loan_id), (payment_id)], changelogMode=[I,UB,UA,D])
--       +- Exchange(distribution=[hash[loan_id]], changelogMode=[I,UB,UA,D])
--          +- TableSourceScan(table=[loans], fields=[loan_id], changelogMode=[I,UB,UA,D])
--       +- Exchange(distribution=[hash[loan_id]], changelogMode=[I,UB,UA,D])
--          +- TableSourceScan(table=[payments], fields=[payment_id, loan_id, paid], changelogMode=[I,UB,UA,D])
