-- Tables of the shop's database, captured row by row (see sources/shop.yaml). One partition each, so that one table's
-- changes keep their order. users and merchants carry the time of their last change: a checkout is joined with the user
-- and the merchant as they were when it happened.
CREATE TABLE users (
  user_id BIGINT NOT NULL,
  country STRING NOT NULL,
  risk_band STRING NOT NULL,
  updated_at TIMESTAMP(3) NOT NULL,
  WATERMARK FOR updated_at AS updated_at,
  PRIMARY KEY (user_id) NOT ENFORCED
);

CREATE TABLE merchants (
  merchant_id BIGINT NOT NULL,
  name STRING NOT NULL,
  category STRING NOT NULL,
  updated_at TIMESTAMP(3) NOT NULL,
  WATERMARK FOR updated_at AS updated_at,
  PRIMARY KEY (merchant_id) NOT ENFORCED
);

CREATE TABLE orders (
  loan_id BIGINT NOT NULL,
  user_id BIGINT NOT NULL,
  principal DECIMAL(12, 2) NOT NULL,
  PRIMARY KEY (loan_id) NOT ENFORCED
);

CREATE TABLE payments (
  payment_id BIGINT NOT NULL,
  loan_id BIGINT NOT NULL,
  amount DECIMAL(12, 2) NOT NULL,
  state STRING NOT NULL,
  PRIMARY KEY (payment_id) NOT ENFORCED
);
