-- Values are widened on their way into a table; a missing nullable column is NULL; NOT NULL is checked for every row.
CREATE TABLE orders (
  order_id BIGINT NOT NULL,
  customer STRING NOT NULL,
  amount DECIMAL(10, 2),
  placed_at TIMESTAMP(3) NOT NULL,
  WATERMARK FOR placed_at AS placed_at - INTERVAL '5' SECOND
);
CREATE TABLE wide (id BIGINT NOT NULL, amount DOUBLE, name VARCHAR(3), note STRING, price DECIMAL(10, 2) NOT NULL);
INSERT INTO wide (price, id, amount, name) SELECT amount, CAST(order_id AS INT), amount, customer FROM orders;

-- plan
-- wide
-- Sink(table=[wide], mode=[append], fields=[id, amount, name, note, price])
-- +- Calc(select=[CAST(CAST(order_id AS INT) AS BIGINT) AS id, CAST(amount AS DOUBLE) AS amount, CAST(customer AS VARCHAR(3)) AS name, NULL AS note, ENFORCE_NOT_NULL(amount, 'wide.price') AS price], changelogMode=[I])
--    +- TableSourceScan(table=[orders], fields=[order_id, customer, amount], changelogMode=[I])
