// The one table of errors. A code is API: tools and documents refer to it, so it is never reused; wording may change.
// Text says what happened, help says what to do; both may name details as {name}. docs/guide/errors.md is made from this.
import type { ErrorEntry } from './errors.ts'

export const table = {
  // base
  'MR-BASE-001': {
    text: 'Port {port} on {host} is in use ({what}).',
    help: 'Stop the other program, or choose a port with {option}; 0 takes a free one.',
  },
  'MR-BASE-002': {
    text: 'No room left on the disk while writing {path}.',
    help: 'Free some space: a running node then goes on by itself, and nothing acknowledged is lost.',
    retriable: true,
  },
  'MR-BASE-003': {
    text: 'Cannot {action} {path}: {reason}.',
    help: 'Check that the path exists and that this user may read and write it.',
  },
  'MR-BASE-004': {
    text: 'A worker ({name}) stopped: {reason}.',
    help: 'Start the node again; it goes on from the last committed epoch. If it recurs, report the message with its stack.',
  },
  'MR-BASE-005': {
    text: 'The data folder {path} is in use by process {pid}.',
    help: 'Stop that process, or choose another folder with --data.',
  },
  'MR-BASE-006': {
    text: 'The data folder {path} was written by a newer Millrace ({found}; this one reads up to {known}).',
    help: 'Use that newer version, or start with an empty folder.',
  },
  'MR-BASE-007': {
    text: 'The data folder {path} has a format ({found}) that this Millrace does not read.',
    help: 'docs/guide/upgrading.md names the release that opens it first; if it is no data folder of Millrace, choose another with --data.',
  },
  // project (folder, check, plan)
  'MR-PROJECT-001': {
    text: 'This is not YAML: {reason}.',
    help: 'Mend the line; indentation is by spaces, and text with ": " or "#" needs quotes.',
  },
  'MR-PROJECT-002': {
    text: 'A YAML document here needs apiVersion and kind.',
    help: 'Begin it with apiVersion and kind; known kinds: {known}.',
  },
  'MR-PROJECT-003': { text: 'There is no kind {kind}.', help: 'Known kinds: {known}.' },
  'MR-PROJECT-004': {
    text: '{kind} has apiVersion {found}, which is not read here.',
    help: 'Write an apiVersion that begins with {wanted}.',
  },
  'MR-PROJECT-005': {
    text: '{kind}: {where}: {reason}.',
    help: 'docs/guide/kinds.md names the JSON Schema with the fields of every kind.',
  },
  'MR-PROJECT-006': {
    text: 'The folder has no Project.',
    help: 'Write millrace.yaml: apiVersion: millrace/v1, kind: Project, metadata: { name: …, owner: … }.',
  },
  'MR-PROJECT-007': {
    text: 'The folder has two Projects.',
    help: 'Keep one; a second project belongs into a folder of its own.',
  },
  'MR-PROJECT-008': {
    text: 'There is no owner {owner}.',
    help: 'Add a file with kind: Owner and that name, or use one of: {known}.',
  },
  'MR-PROJECT-009': {
    text: '{what} is declared twice; the first is at {file}:{line}.',
    help: 'Rename or remove one of them.',
  },
  'MR-PROJECT-010': {
    text: 'There is no table {table}.',
    help: 'Declare it by CREATE TABLE in a .sql file, or use one of: {known}.',
  },
  'MR-PROJECT-011': { text: 'Table {table} has no column {column}.', help: 'Its columns: {known}.' },
  'MR-PROJECT-012': {
    text: 'Captured table {table} has no primary key.',
    help: 'Declare PRIMARY KEY (…) NOT ENFORCED, the same columns as in the database.',
  },
  'MR-PROJECT-013': { text: 'There is no source {source}.', help: 'Sources of this folder: {known}.' },
  'MR-PROJECT-014': {
    text: 'topics: kafka needs to know the cluster.',
    help: 'Add kafka: { bootstrap: host:port } to the environment.',
  },
  'MR-PROJECT-015': {
    text: 'A rule of engine millrace needs implementation: an SQL expression.',
    help: 'For example implementation: "amount > 0".',
  },
  'MR-PROJECT-017': {
    text: 'The folder {path} has no millrace.yaml.',
    help: 'Name a project folder, or make one with: millrace init {path}',
  },
  'MR-PROJECT-018': { text: 'There is no environment {name}.', help: 'Environments of this folder: {known}.' },
  'MR-PROJECT-022': {
    text: 'A topic cannot be called {topic}: it {reason}.',
    help: "Rename the table, or give its topic a name: WITH ('millrace.topic' = '…').",
  },
  'MR-PROJECT-023': {
    text: 'Topic {topic} belongs to table {table} already.',
    help: "One topic, one table: give this one another name or another 'millrace.topic'.",
  },
  'MR-PROJECT-021': {
    text: '{kind} names no owner.',
    help: 'Everything has one: write it at {path}, and make a file with kind: Owner and that name.',
  },
  'MR-PROJECT-020': {
    text: 'Test {test}: {column}: {reason}.',
    help: 'Write the value as its column has it; 64-bit numbers, decimals and times in quotes.',
  },
  'MR-PROJECT-019': { text: 'Table {table}: {option} is {value}, which is not known.', help: 'Known values: {known}.' },
  // log
  'MR-LOG-001': {
    text: '{topic}-{partition} is damaged from offset {offset} on, at {file}:{position}: {reason}.',
    help: 'The partition takes no writes and is readable up to there; all others go on. Delete the topic, or bring the file back from a copy.',
  },
  'MR-LOG-002': {
    text: 'Offset {offset} of {topic}-{partition} is outside of the log ({start} to {end}).',
    help: 'Begin at the start or at the end; older records are gone by retention.',
  },
  'MR-LOG-003': {
    text: 'The log in {path} cannot be opened: {reason}.',
    help: 'Bring the named file back from a copy of the data folder; nothing was changed by this start.',
  },
  'MR-LOG-004': {
    text: 'There is no partition {partition} of topic {topic}.',
    help: 'Create the topic first, or check the name; millrace topics lists them.',
  },
  'MR-LOG-005': {
    text: 'The log takes no writes: {reason}.',
    help: 'Free some space if the disk is full. After a failed sync look at the disk, then start the node again; nothing acknowledged is lost.',
  },
  // kafka
  'MR-KAFKA-001': {
    text: 'The Kafka cluster at {bootstrap} does not answer: {reason}.',
    help: 'Check the address and that the brokers run; the addresses that they advertise must be reachable from here, too.',
    retriable: true,
  },
  'MR-KAFKA-002': {
    text: 'The Kafka cluster at {bootstrap} refused to {action}: {reason}.',
    help: 'The reason is the cluster’s own. Change what was asked for, or the rights of this user on the cluster.',
  },
  // registry and format
  'MR-FORMAT-001': {
    text: 'The schema cannot be read: {reason}.',
    help: 'Mend it at the place named; docs/guide/registry.md lists what is understood.',
  },
  'MR-FORMAT-002': {
    text: 'Column {column} ({type}) cannot be kept as {format}: {reason}.',
    help: 'Change the column’s type, or the topic’s format.',
  },
  'MR-FORMAT-003': {
    text: 'A record does not begin with a schema id: {reason}.',
    help: 'Write it with a serializer of the schema registry, or declare the topic’s format as it is.',
  },
  'MR-FORMAT-004': {
    text: 'No schema has the id {id}.',
    help: 'The record was written against another registry, or the schema was removed for good.',
  },
  'MR-FORMAT-005': {
    text: 'A record’s schema cannot be read as the table’s columns: {reason}.',
    help: 'Change the column’s type or make it nullable, or mend the writer.',
  },
  'MR-FORMAT-006': {
    text: 'A record is damaged: {reason}.',
    help: 'Look at its bytes with millrace topics show; the topic’s policy says where it goes.',
  },
  'MR-FORMAT-007': {
    text: 'Topic {topic} ({format}) cannot hold a {kind} change.',
    help: 'Give the table a primary key, or a Debezium format.',
  },
  'MR-FORMAT-008': {
    text: 'A value of column {column} cannot be written as {format}: {reason}.',
    help: 'Change the column’s type, or the expression that makes the value.',
  },
  'MR-FORMAT-009': {
    text: 'A record’s value does not fit its column: {reason}.',
    help: 'Widen the column’s type or make it nullable, or mend the writer.',
  },
  'MR-FORMAT-010': {
    text: 'A record has no value, and topic {topic} has no primary key.',
    help: 'Give the table a primary key if a record without a value deletes a row.',
  },
  'MR-FORMAT-011': {
    text: 'The format of topic {topic} contradicts itself: {reason}.',
    help: 'See docs/guide/formats.md for what goes together.',
  },
  'MR-REGISTRY-001': {
    text: 'The schema for {subject} is not compatible: {reason}.',
    help: 'Mend it as said, or change the subject’s compatibility level.',
  },
  'MR-REGISTRY-002': {
    text: 'The registry refused {action}: {reason} (error code {number}).',
    help: 'See docs/guide/registry.md for what each code means.',
  },
  'MR-REGISTRY-003': {
    text: 'Record {offset} of _schemas cannot be read: {reason}.',
    help: 'Restore the topic from its backup, or move the record out of the way; ids would change otherwise.',
  },
  'MR-REGISTRY-004': {
    text: 'Principal {principal} may not {action} subject {subject}: {reason}.',
    help: 'Add an access rule that allows it.',
  },
  // sql
  'MR-SQL-001': { text: 'Syntax error: {found} stands where {expected} belongs.', help: '{instead}' },
  'MR-SQL-002': { text: 'Unreadable text: {reason}.', help: '{instead}' },
  'MR-SQL-003': { text: '{feature} is not run yet.', help: '{instead}' },
  'MR-SQL-004': { text: 'There is no table or view {name}.', help: '{instead}' },
  'MR-SQL-005': { text: 'There is no column {name}{where}.', help: '{instead}' },
  'MR-SQL-006': {
    text: 'The column {name} is in several tables here: {tables}.',
    help: 'Write which one, for example {example}.',
  },
  'MR-SQL-007': { text: 'There is no function {name}.', help: '{instead}' },
  'MR-SQL-008': { text: '{what} cannot be applied to {types}.', help: '{instead}' },
  'MR-SQL-009': {
    text: '{what} {name} is declared twice; the first is at {first}.',
    help: 'Rename or remove one of them.',
  },
  'MR-SQL-010': {
    text: 'The view {name} reads itself: {cycle}.',
    help: 'Break the circle, for example by a table with INSERT INTO.',
  },
  'MR-SQL-011': { text: 'The query does not fit table {table}: {reason}.', help: '{instead}' },
  'MR-SQL-012': {
    text: 'Table {table} takes only new rows, but the query changes rows it has given before ({operator}).',
    help: 'Declare PRIMARY KEY ({key}) NOT ENFORCED on {table}, or write a query without updates (a window aggregate, a temporal join).',
  },
  'MR-SQL-013': {
    text: 'The rows of the query are told apart by {found}, those of table {table} by its PRIMARY KEY ({wanted}).',
    help: 'Make them the same: declare PRIMARY KEY ({suggestion}), or group the query by ({wanted}). ON CONFLICT is not run yet.',
  },
  'MR-SQL-014': { text: 'Window: {reason}.', help: '{instead}' },
  'MR-SQL-015': { text: 'Temporal join: {reason}.', help: '{instead}' },
  'MR-SQL-016': {
    text: '{what} is neither grouped nor aggregated.',
    help: 'Add it to GROUP BY, or put it into an aggregate such as MAX({what}).',
  },
  'MR-SQL-017': { text: '{literal} is not a valid {type}.', help: 'Write it like {example}.' },
  'MR-SQL-018': { text: 'Table declaration: {reason}.', help: '{instead}' },
  'MR-SQL-019': {
    text: 'Column {column} of {table} is NOT NULL, but the query gives it no value.',
    help: 'Give it a value, or declare it without NOT NULL.',
  },
  'MR-SQL-020': {
    text: '"{word}" is a word of the language and cannot be {what} here.',
    help: 'Write it in backticks: `{word}`.',
  },
  'MR-SQL-021': { text: '{name} is a view: nothing can be inserted into it.', help: 'Insert into a table.' },
  'MR-SQL-022': { text: '{what} must be BOOLEAN, but is {type}.', help: 'Write a comparison, for example {example}.' },
  'MR-SQL-023': { text: 'The aggregate {name} cannot stand {where}.', help: '{instead}' },
  'MR-SQL-024': {
    text: 'A query alone has no place to go to.',
    help: 'Write INSERT INTO a table before it, or CREATE VIEW … AS.',
  },
  'MR-SQL-025': { text: 'Deduplication: {reason}.', help: '{instead}' },
  'MR-SQL-030': {
    text: 'This is not the lock of a pipeline: {reason}.',
    help: 'Run millrace plan, which writes plan.lock anew.',
  },
  'MR-SQL-040': {
    text: 'Division by zero in {expression}.',
    help: 'Guard the division: CASE WHEN divisor <> 0 THEN … END, or NULLIF(divisor, 0).',
  },
  'MR-SQL-041': {
    text: 'The value {value} cannot be cast to {type}.',
    help: 'Use TRY_CAST, which gives NULL, or filter such rows out before.',
  },
  'MR-SQL-042': {
    text: 'Column {column} is NOT NULL, but the query gave NULL.',
    help: 'Use COALESCE, filter such rows out, or declare the column without NOT NULL.',
  },
  'MR-SQL-043': { text: '{function} was given {value}, which it cannot take.', help: '{instead}' },
  // engine
  'MR-ENGINE-001': {
    text: 'Pipeline {pipeline} stopped: another writer has committed its epoch {epoch} ({message}).',
    help: 'Two nodes run the same folder. Stop one of them, then start this one again.',
  },
  'MR-ENGINE-002': {
    text: 'Pipeline {pipeline} stopped: epoch {epoch} could not be committed ({message}).',
    help: 'Look at the error of the log; start the node again when it is mended. Nothing of this epoch was written.',
  },
  'MR-ENGINE-003': {
    text: 'State of pipeline {pipeline} in {path} is damaged: {reason}.',
    help: 'Bring the file back from a backup of the data folder. Without it the pipeline has to start anew from its inputs.',
  },
  'MR-ENGINE-004': {
    text: 'State of pipeline {pipeline}, slot {slot} in {path}, does not fit: {reason}.',
    help: 'The pipeline was changed. Run the plan that wrote the state, or let the changed pipeline start anew under another name.',
  },
  'MR-ENGINE-005': {
    text: 'Pipeline {pipeline} is not the one that wrote its positions (plan {found}, now {wanted}).',
    help: 'Run millrace plan to see the change. The old statement goes on where it was; a changed one needs a new sink or an empty data folder.',
  },
  'MR-ENGINE-006': {
    text: 'Pipeline {pipeline} has not read {topic}-{partition} up to {start}, and the records from {position} on are deleted.',
    help: 'Give the topic a longer retention. The rows are lost to this pipeline; start it anew to go on without them.',
  },
  'MR-ENGINE-007': {
    text: 'The time column {column} is NULL in pipeline {pipeline} ({place}).',
    help: 'Event time must have a value. Declare the column NOT NULL, or filter such rows before it is used as time.',
  },
  'MR-ENGINE-008': { text: 'Pipeline {pipeline}: {what} is not run here yet.', help: '{instead}' },
  'MR-ENGINE-009': {
    text: 'The position of pipeline {pipeline} cannot be read: {reason}.',
    help: 'The log was written by another program or is damaged. Report it with the message.',
  },
  'MR-ENGINE-010': {
    text: 'Records of {topic}-{partition} from offset {offset} on cannot be read: {reason}.',
    help: 'The producer wrote a batch that is not valid, or its compression is not known here. Remove the records, or set the topic to another compression.',
  },
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
  // validate, catalog, explore
  'MR-EXPLORE-001': {
    text: 'Only one SELECT can be explored, not {found}.',
    help: 'Write a single SELECT or WITH … SELECT; data is changed by pipelines.',
  },
  'MR-EXPLORE-002': { text: 'There is no topic or table {name}.', help: 'Known are: {known}.' },
  'MR-EXPLORE-003': {
    text: 'The query failed: {reason}.',
    help: "The query runs in DuckDB's dialect; correct it there.",
  },
  'MR-EXPLORE-004': {
    text: 'The query was stopped after {seconds} s.',
    help: 'Read less: add a WHERE or a LIMIT, or query the lake table instead of the topic.',
  },
  'MR-EXPLORE-005': {
    text: 'Topic {topic} has more than {limit} records to read.',
    help: "Keep it as a lake table ('millrace.lake'), which is read without that limit.",
  },
  'MR-EXPLORE-006': {
    text: 'Table {table} has delete files, which are not read here.',
    help: 'Compact the table in the engine that writes it, or read it there.',
  },
  'MR-EXPLORE-007': {
    text: 'DuckDB cannot be loaded: {reason}.',
    help: 'Install the dependency @duckdb/node-api for this platform (npm install), then try again.',
  },
  'MR-EXPLORE-008': {
    text: 'There are {limit} queries running already.',
    help: 'Wait for one of them to end.',
    retriable: true,
  },
  'MR-EXPLORE-009': { text: '{name} may not be read: {reason}.', help: 'Add an access rule that allows it.' },
  // ops
  // console-api
  'MR-CONSOLE-001': { text: 'The node failed to answer.', help: 'This is a fault of the node; its log has the stack.' },
  'MR-CONSOLE-002': {
    text: 'Not allowed: {reason}.',
    help: 'Ask the owner of the resource for an access rule in the environment file.',
  },
  'MR-CONSOLE-003': {
    text: 'limit must be a whole number from 1 to {max}.',
    help: 'Ask for pages of at most that many messages.',
  },
  'MR-CONSOLE-005': { text: 'There is no topic {topic}.', help: 'Check the name; millrace topics lists them.' },
  'MR-CONSOLE-004': {
    text: 'The body must be JSON: { "sql": "SELECT …" }.',
    help: 'Send the query as a JSON string in the field sql.',
  },
  // deploy
  'MR-DEPLOY-001': {
    text: '{count} of the changes need an approval: {changes}.',
    help: 'If that is meant, start again with --accept {names}; else undo the change in the files.',
  },
  'MR-DEPLOY-002': {
    text: 'Could not {what}: {reason}.',
    help: 'What was done before it is recorded; mend the cause and start again.',
  },
  'MR-DEPLOY-008': {
    text: 'The data in {data} is a run of {hadEvents} events with seed {hadSeed}, not of {events} with seed {seed}.',
    help: 'Go on with --events {hadEvents} --seed {hadSeed}, begin anew with --fresh, or choose another folder with --data.',
  },
  'MR-DEPLOY-003': {
    text: 'Source {source} has no database: its variable is not set, and the environment {environment} gives no generator.',
    help: 'Set the variable that url names, or add sources: { {source}: { generator: {} } } to the environment.',
  },
  'MR-DEPLOY-004': {
    text: '{feature} cannot go to Flink.',
    help: 'Write it in SQL that Flink has, or run the pipelines that use it in an environment with pipelines: embedded.',
  },
  'MR-DEPLOY-007': {
    text: '{count} of the changes cannot be carried out: {changes}.',
    help: 'Undo them in the files; no approval helps.',
  },
  'MR-DEPLOY-006': {
    text: '{name} is {value}, which is no port number.',
    help: 'Give a number from 0 to 65535; 0 takes a free port.',
  },
  'MR-DEPLOY-005': {
    text: 'Topic {topic} has {found} partitions, the folder says {wanted}: partitions cannot be taken away.',
    help: 'Write INTO {found} BUCKETS again, or name a new topic for the table with the option millrace.topic.',
  },
  // demo
  'MR-DEMO-001': {
    text: 'The generator cannot fill table {table}: it has ({found}), the generator writes ({wanted}).',
    help: 'Give the table those columns again, or take the generator out of the environment.',
  },
  'MR-DEMO-002': {
    text: 'The position of generator {source} cannot be read: {reason}.',
    help: 'Use the newer program that wrote it, or a fresh data folder.',
  },
  'MR-DEMO-003': {
    text: 'Events of generator {source} cannot be committed: {reason}.',
    help: 'See that only one node runs on this data folder, and that its disk is sound; then start again.',
  },
  'MR-DEMO-004': {
    text: 'The database of MILLRACE_MYSQL_URL cannot be used: {reason}.',
    help: 'Check that it runs and that its user may create the shop there.',
    retriable: true,
  },
  'MR-DEMO-005': {
    text: 'Database {name} holds a generated shop that this data folder knows nothing of.',
    help: 'Drop the database {name}, or use the data folder that made it.',
  },
  // cli
  'MR-CLI-001': {
    text: 'No node of this folder is running ({folder}).',
    help: 'Start it in another terminal: millrace dev {folder}. One that keeps its data elsewhere is found with --data.',
  },
  'MR-CLI-002': { text: 'The folder {folder} is not empty.', help: 'Name a new folder: millrace init NAME' },
  'MR-CLI-003': {
    text: 'The node does not answer at {url}: {reason}.',
    help: 'If it has just been stopped, start it again: millrace dev {folder}',
  },
  'MR-CLI-004': {
    text: '{count} of the changes need an approval.',
    help: 'Read them above; then say --accept {names}, or undo them in the files.',
  },
} as const satisfies Record<string, ErrorEntry>
