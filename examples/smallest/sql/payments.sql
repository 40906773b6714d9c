-- A topic that services write, as JSON. Leave millrace.format out for Avro with its schema in the registry.
CREATE TABLE payments (
  payment_id STRING NOT NULL,
  amount DECIMAL(12, 2) NOT NULL,
  status STRING NOT NULL
) WITH ('millrace.format' = 'json');

-- A topic that a pipeline writes.
CREATE TABLE paid (
  payment_id STRING NOT NULL,
  amount DECIMAL(12, 2) NOT NULL
) WITH ('millrace.format' = 'json');

INSERT INTO paid
SELECT payment_id, amount FROM payments WHERE status = 'paid';
