// Errors of what every room may meet, and mistakes in the folder. See ../error-table.ts.
import type { ErrorEntry } from '../errors.ts'

export const foundationErrors = {
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
  'MR-BASE-008': {
    text: '{path} cannot be used for TLS: {reason}.',
    help: 'Give a file in PEM form: the certificate first, then those that signed it; the key in a file of its own, unencrypted and readable by this user alone.',
  },
  'MR-BASE-009': {
    text: 'The certificate {subject} in {path} {state}.',
    help: 'Renew it and put the new one in its place; a running node takes it up by itself.',
  },
  'MR-BASE-010': {
    text: 'The key in {key} is not that of the first certificate in {certificate}.',
    help: 'Put the server’s own certificate first in its file, and take the key with which it was requested.',
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
  'MR-PROJECT-003': { text: 'There is no kind {kind}.', help: '{instead}Known kinds: {known}.' },
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
    help: '{instead}Add a file with kind: Owner and that name, or use one of: {known}.',
  },
  'MR-PROJECT-009': {
    text: '{what} is declared twice; the first is at {file}:{line}.',
    help: 'Rename or remove one of them.',
  },
  'MR-PROJECT-010': {
    text: 'There is no table {table}.',
    help: '{instead}Declare it by CREATE TABLE in a .sql file, or use one of: {known}.',
  },
  'MR-PROJECT-011': { text: 'Table {table} has no column {column}.', help: '{instead}Its columns: {known}.' },
  'MR-PROJECT-012': {
    text: 'Captured table {table} has no primary key.',
    help: 'Declare PRIMARY KEY (…) NOT ENFORCED, the same columns as in the database.',
  },
  'MR-PROJECT-013': { text: 'There is no source {source}.', help: '{instead}Sources of this folder: {known}.' },
  'MR-PROJECT-014': {
    text: 'topics: kafka needs to know the cluster.',
    help: 'Add kafka: { bootstrap: host:port } to the environment.',
  },
  'MR-PROJECT-015': {
    text: 'A rule of engine millrace needs implementation: an SQL expression.',
    help: 'For example implementation: "amount > 0".',
  },
  'MR-PROJECT-024': {
    text: 'A rule’s severity is error or warning, not {severity}.',
    help: 'error keeps records that break it in quarantine; warning (or info) only counts them.',
  },
  'MR-PROJECT-017': {
    text: 'The folder {path} has no millrace.yaml.',
    help: 'Name a project folder, or make one with: millrace init {path}',
  },
  'MR-PROJECT-018': {
    text: 'There is no environment {name}.',
    help: '{instead}Environments of this folder: {known}. Without --environment it is local.',
  },
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
  'MR-PROJECT-032': {
    text: 'Table {table}: {option} cannot be used: {reason}.',
    help: 'Give an Avro record whose fields are the columns, of a topic that services write; or leave the option out.',
  },
  'MR-PROJECT-030': {
    text: 'The contract says {wanted} of {table}.{column}, which is {found}.',
    help: 'Correct logicalType in the contract, or the column’s type.',
  },
  'MR-PROJECT-031': {
    text: 'The contract says that {table}.{column} is of the primary key, and it is not.',
    help: 'Declare PRIMARY KEY (…) NOT ENFORCED in CREATE TABLE, or correct the contract.',
  },
  'MR-PROJECT-033': {
    text: 'Pipeline {pipeline} keeps {column} in its state ({operator}), and nothing there says whose it is.',
    help: "When a person’s key is deleted, the state must forget that person: carry {missing} along to there unchanged (or group by it as well), or leave the column out. If erasure need not reach state, write 'millrace.encrypt.state' = 'clear' in CREATE TABLE {table}.",
  },
  'MR-PROJECT-019': { text: 'Table {table}: {option} is {value}, which is not known.', help: 'Known values: {known}.' },
} as const satisfies Record<string, ErrorEntry>
