// Errors of SQL and the pipelines that it becomes. See ../error-table.ts.
import type { ErrorEntry } from '../errors.ts'

export const sqlAndEngineErrors = {
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
  'MR-ENGINE-011': {
    text: 'State file {path} of pipeline {pipeline} is sealed: {reason}.',
    help: 'It holds values of encrypted columns. Set LOCAL_SECRET to the secret that sealed it, or add that one to LOCAL_OLD_SECRETS until the node says that it is no longer needed.',
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
} as const satisfies Record<string, ErrorEntry>
