// Errors of captured databases and lake tables. See ../error-table.ts.
import type { ErrorEntry } from '../errors.ts'

export const captureAndTablesErrors = {
  // capture
  'MR-CAPTURE-001': {
    text: 'Source {source} cannot be read at {host}: {reason}.',
    help: 'Check that the server runs and that its user may log in with SELECT, REPLICATION SLAVE and REPLICATION CLIENT.',
    retriable: true,
  },
  'MR-CAPTURE-002': {
    text: 'The URL of source {source} is not one of MySQL.',
    help: 'Write mysql://user:password@host:3306/.',
  },
  'MR-CAPTURE-003': {
    text: 'Source {source}: {setting} is {found}, capture needs {wanted}.',
    help: 'Change it at the server, for example SET PERSIST {setting} = {wanted}; capture tries again by itself.',
    retriable: true,
  },
  'MR-CAPTURE-004': {
    text: 'Source {source} has no table {table}, or its user may not see it.',
    help: 'Create the table, grant SELECT on it, or take it out of the source.',
    retriable: true,
  },
  'MR-CAPTURE-005': {
    text: 'Captured table {table}: column {column} ({found} in the database) cannot be read as {declared}: {reason}.',
    help: 'Make CREATE TABLE and the database agree.',
    retriable: true,
  },
  'MR-CAPTURE-006': {
    text: 'Captured table {table}: the primary key is ({found}) in the database and ({declared}) in CREATE TABLE.',
    help: 'Declare the same columns; a table without a primary key cannot be captured.',
    retriable: true,
  },
  'MR-CAPTURE-007': {
    text: 'Source {source} no longer has the log of transactions {missing}, which were not read yet.',
    help: 'Nothing was skipped. Capture the tables anew under other topics, and keep binary logs longer (binlog_expire_logs_seconds).',
    retriable: true,
  },
  'MR-CAPTURE-008': {
    text: 'Source {source} lacks transactions {ahead}, which were captured: it was reset, restored or failed over with loss.',
    help: 'Point the source at the server that has them, or capture the tables anew under other topics.',
    retriable: true,
  },
  'MR-CAPTURE-009': {
    text: 'Captured table {table}: foreign key {constraint} changes its rows without writing them to the log.',
    help: 'MySQL 9.6 and newer log such changes unless innodb_native_foreign_keys is ON; or make the key RESTRICT.',
    retriable: true,
  },
  'MR-CAPTURE-010': {
    text: 'The position of source {source} cannot be read: {reason}.',
    help: 'Use the newer program that wrote it, or a fresh data folder.',
  },
  'MR-CAPTURE-011': {
    text: 'Changes of source {source} cannot be committed: {reason}.',
    help: 'See that only one node runs on this data folder, and that its disk is sound; then start again.',
  },
  'MR-CAPTURE-012': {
    text: 'The log of source {source} cannot be read at {place}: {reason}.',
    help: 'Nothing was skipped. If it recurs, report the message with the version of the server.',
    retriable: true,
  },
  'MR-CAPTURE-020': {
    text: 'Capture of {table} stopped at transaction {gtid}: {verb} changed it without row events.',
    help: "To capture it anew, give it another topic (WITH ('millrace.topic' = …)), after CREATE TABLE says what the database has.",
  },
  'MR-CAPTURE-021': {
    text: 'Capture of {table} stopped at transaction {gtid}: its rows no longer fit CREATE TABLE ({reason}).',
    help: "To capture it anew, give it another topic (WITH ('millrace.topic' = …)), after CREATE TABLE says what the database has.",
  },
  'MR-CAPTURE-022': {
    text: 'Capture of {table} stopped at transaction {gtid}: a value does not fit the declared type ({reason}).',
    help: "Mend the row or declare a type that holds it, such as STRING. To capture it anew, give it another topic (WITH ('millrace.topic' = …)), after CREATE TABLE says what the database has.",
  },
  'MR-CAPTURE-023': {
    text: 'Capture of {table} stopped at transaction {gtid}: the log holds {what}, which may hide changes of it.',
    help: "To capture it anew, give it another topic (WITH ('millrace.topic' = …)), after CREATE TABLE says what the database has.",
  },
  'MR-CAPTURE-024': {
    text: 'Capture of {table} stopped at transaction {gtid}: a two-phase (XA) transaction changed it, whose verdict comes later.',
    help: "XA transactions are not captured yet. To capture it anew, give it another topic (WITH ('millrace.topic' = …)), after CREATE TABLE says what the database has.",
  },
  'MR-CAPTURE-025': {
    text: 'The snapshot of {table} stopped: it has more than {rowsMax} rows and its primary key cannot be walked in order.',
    help: 'Tables of any size can be captured when their primary key consists of integers.',
  },
  // tables
  'MR-TABLES-001': {
    text: 'Table {table} cannot be kept: {reason}.',
    help: "Correct the table's declaration ('millrace.lake', PRIMARY KEY, connector format) and apply again.",
  },
  'MR-TABLES-002': {
    text: 'Column {column} of table {table} has type {type}, which Iceberg V2 cannot hold.',
    help: 'CAST it to a type that has a place there: TIMESTAMP up to precision 6, a number, or STRING.',
  },
  'MR-TABLES-003': {
    text: 'The lake table {table} cannot take the new schema: {reason}.',
    help: 'Only nullable columns may be added. For any other change give the table a new name; the topic is read into it from the start.',
  },
  'MR-TABLES-004': {
    text: 'The metadata of table {table} is damaged: {file} ({reason}).',
    help: 'Restore the file, or remove the table with its folder; it is built again from its topic as far back as the topic reaches.',
  },
  'MR-TABLES-005': {
    text: 'A data file of table {table} is damaged: {file} ({reason}).',
    help: 'Restore the file, or remove the table with its folder; it is built again from its topic as far back as the topic reaches.',
  },
  'MR-TABLES-006': {
    text: 'Table {table} stands at offset {offset} of {topic}-{partition}, but the topic begins at {start}: rows in between are lost.',
    help: "Raise the topic's retention; to go on with the gap, remove the table so that it is built from what the topic still has.",
  },
  'MR-TABLES-007': {
    text: 'The lake was written at {found} and is now at {wanted}.',
    help: 'Iceberg metadata holds absolute paths: move the folder back, or remove the lake folder; tables are built again from their topics.',
  },
  'MR-TABLES-008': {
    text: 'Another writer changed table {table}, which Millrace feeds from topic {topic}.',
    help: 'Stop that writer: one committer per table. Start again; the table goes on from the newest snapshot.',
  },
  'MR-TABLES-009': {
    text: 'Table {table} has more than {limit} keys, the most that its index holds in memory.',
    help: 'Keep it as an append table, or divide it.',
  },
  'MR-TABLES-010': {
    text: "The lake's catalog {path} cannot be used: {reason}.",
    help: 'Check that the file may be read and written; it goes on by itself when another process held it.',
    retriable: true,
  },
  'MR-TABLES-011': {
    text: 'Topic {topic} has partition {partition} with a record at offset {offset} that an append table cannot hold: {reason}.',
    help: "Declare the table with a PRIMARY KEY and 'millrace.lake' = 'upsert'.",
  },
  'MR-TABLES-012': {
    text: 'Table {table} stands at offset {offset} of {topic}-{partition}, but the topic ends at {end}: it was made anew or has lost records.',
    help: 'Remove the table so that it is built again from the topic as it is now.',
  },
  'MR-TABLES-013': {
    text: 'Table {table} was filled from another topic named {topic}, which was deleted and made anew.',
    help: 'Remove the table so that it is built from the topic as it is now, or give it a new name and keep the old one.',
  },
} as const satisfies Record<string, ErrorEntry>
