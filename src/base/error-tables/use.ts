// Errors of what people use: checks, catalog, queries, console, deployment, demo, command line. See ../error-table.ts.
import type { ErrorEntry } from '../errors.ts'

export const useErrors = {
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
  'MR-CONSOLE-006': {
    text: 'Topic {topic} has no quarantine.',
    help: 'Name the topic that the records came from; millrace quarantine list FOLDER names those that have one.',
  },
  'MR-CONSOLE-007': {
    text: 'Another replay of the quarantine of {topic} is running.',
    help: 'Wait until it has ended, then ask again: what it has written back is not written twice.',
    retriable: true,
  },
  'MR-CONSOLE-008': {
    text: 'The replay into {topic} stopped: {reason}.',
    help: 'What was written back is remembered; mend the cause and ask again.',
    retriable: true,
  },
  'MR-CONSOLE-009': {
    text: 'The records of {topic} that have gone back lie in more than {max} stretches.',
    help: 'Replay without a choice: neighbours that have all gone back are one stretch.',
  },
  'MR-CONSOLE-010': {
    text: 'The body must be JSON: { "rule"?: "NAME", "places"?: ["PARTITION:OFFSET", …] }.',
    help: 'Leave both out to replay all that have not gone back.',
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
  'MR-DEPLOY-016': {
    text: 'Cannot read {what} from {path}: {reason}.',
    help: 'Put the file there and let this user read it, or name another path in the environment; paths begin at the project folder.',
  },
  'MR-DEPLOY-017': {
    text: 'User {user} has no password: {from} is empty or not set.',
    help: 'Set it where the node starts. Passwords never stand in the folder itself.',
  },
  'MR-DEPLOY-018': {
    text: 'Listener {listener}: {rule} is no principal rule.',
    help: 'Write DEFAULT, or RULE:pattern/replacement/ with L or U at the end for lower or upper case.',
  },
  'MR-DEPLOY-019': {
    text: 'Cannot {what} {place}: {reason}.',
    help: 'Bucket, region and credentials come from where AWS programs take them (AWS_REGION, AWS_ACCESS_KEY_ID, a profile, a role); AWS_ENDPOINT_URL_S3 names another server.',
  },
  'MR-DEPLOY-020': {
    text: '{place} was written by another backup meanwhile.',
    help: 'One backup at a time goes to one place: end the other, or choose another prefix. Nothing of the other is lost.',
  },
  'MR-DEPLOY-022': {
    text: '{place} holds a backup of {project}, and this is {ours}.',
    help: 'Back up to an empty place. A backup of other data is never written over; remove it yourself if it is of no use.',
  },
  'MR-DEPLOY-032': {
    text: 'This data does not go on from the backup in {place}: {reason}.',
    help: 'Back up to an empty place. What is in that backup is not in this data: keep it, or remove it yourself when nobody needs it; then this folder may be backed up there.',
  },
  'MR-DEPLOY-023': {
    text: '{place} is a backup of project {project}, and this folder is project {ours}.',
    help: 'Restore it into the folder that it was taken of, or name another backup.',
  },
  'MR-DEPLOY-009': {
    text: '{path} {problem}.',
    help: 'A backup goes into an empty folder, or on into one that millrace backup made; it never lies in the data folder.',
  },
  'MR-DEPLOY-031': {
    text: 'In {subject} number {number} is column {before}, and would become column {name}.',
    help: 'Move the new column to the end of CREATE TABLE: columns of a Protobuf topic keep their places, since the places are their numbers.',
  },
  'MR-DEPLOY-030': {
    text: 'Topic {topic} is written with the schema that {subject} has, which its table cannot read: {reason}.',
    help: 'Change the columns of CREATE TABLE to what its producers write, or leave out those that they do not.',
  },
  'MR-DEPLOY-033': {
    text: 'The secret of this node does not open key {subject}, version {version}, of KEK {kek}, nor any other key of that KEK.',
    help: 'Set LOCAL_SECRET, or the file of LOCAL_SECRET_FILE, to the secret that made them, or name that one in LOCAL_OLD_SECRETS beside a new one. If it is lost, so is what they sealed: name another KEK in the option millrace.encrypt.kek to begin anew.',
  },
  'MR-DEPLOY-034': {
    text: 'What this platform last applied cannot be read: {reason}',
    help: 'Stop the node if it runs. millrace log repair DATA --dry-run says what would be lost there, without --dry-run it sets the damage aside; or bring the named file back from a copy. The next start compares the folder with what is left, and applies again what is missing.',
  },
  'MR-DEPLOY-021': {
    text: 'Columns of {topics} are encrypted, and there is no secret to make their keys with.',
    help: 'Set LOCAL_SECRET, or LOCAL_SECRET_FILE to a file that holds it, where the node starts: the same at each start, since what it sealed is lost without it.',
  },
  'MR-DEPLOY-010': {
    text: 'The log was written faster than it could be copied: {passes} passes, and none caught up.',
    help: 'What was copied is kept, so the same command goes on from there; a quicker disk or a quieter hour helps.',
  },
  'MR-DEPLOY-011': {
    text: '{path} is no whole backup: {reason}.',
    help: 'Name the folder that millrace backup wrote to; it is whole once that command said so.',
  },
  'MR-DEPLOY-012': {
    text: 'There is data in {path} already.',
    help: 'Restore into an empty place with --data FOLDER, or move what is there away first.',
  },
  'MR-DEPLOY-013': {
    text: 'A restore into {path} did not come to its end.',
    help: 'Run it again: millrace restore --from {from}. Or remove that folder and its lake, and start with nothing.',
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
  'MR-CLI-005': { text: 'The command line cannot be followed: {reason}.', help: 'Try: {help}' },
  'MR-CLI-006': { text: 'There is no group {group}.', help: '{instead}There are: {known}.' },
  'MR-CLI-007': {
    text: 'Millrace has a fault: {reason}.',
    help: 'Report it with what was asked; the stack is on standard error.',
  },
} as const satisfies Record<string, ErrorEntry>
