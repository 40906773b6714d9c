// The one table of errors. A code is API: tools and documents refer to it, so it is never reused; wording may change.
// Text says what happened, help says what to do; both may name details as {name}. docs/guide/errors.md is made from this.

export interface ErrorEntry {
  readonly text: string
  readonly help: string
  /** True where the same call may succeed later without anybody changing anything. */
  readonly retriable?: boolean
}

/** A place in a file that a person wrote; line and column count from 1. */
export interface Place {
  readonly file: string
  readonly line: number
  readonly column: number
}

const table = {
  // base
  'MR-BASE-001': {
    text: 'Port {port} on {host} is in use ({what}).',
    help: 'Stop the other program, or choose a port with {option}; 0 takes a free one.',
  },
  'MR-BASE-002': {
    text: 'No room left on the disk while writing {path}.',
    help: 'Free some space; writes go on by themselves, nothing acknowledged is lost.',
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
    text: 'The data folder {path} has a format ({found}) that this Millrace no longer reads.',
    help: 'Open it once with the release named in docs/guide/upgrading.md, then with this one.',
  },
  // project (folder, check, plan)
  'MR-PROJECT-001': { text: 'This is not YAML: {reason}.', help: 'Mend the line; indentation is by spaces, and text with ": " or "#" needs quotes.' },
  'MR-PROJECT-002': { text: 'A YAML document here needs apiVersion and kind.', help: 'Begin it with apiVersion and kind; known kinds: {known}.' },
  'MR-PROJECT-003': { text: 'There is no kind {kind}.', help: 'Known kinds: {known}.' },
  'MR-PROJECT-004': { text: '{kind} has apiVersion {found}, which is not read here.', help: 'Write an apiVersion that begins with {wanted}.' },
  'MR-PROJECT-005': { text: '{kind}: {where}: {reason}.', help: 'docs/guide/project.md lists the fields of every kind.' },
  'MR-PROJECT-006': { text: 'The folder has no Project.', help: 'Write millrace.yaml: apiVersion: millrace/v1, kind: Project, metadata: { name: …, owner: … }.' },
  'MR-PROJECT-007': { text: 'The folder has two Projects.', help: 'Keep one; a second project belongs into a folder of its own.' },
  'MR-PROJECT-008': { text: 'There is no owner {owner}.', help: 'Add a file with kind: Owner and that name, or use one of: {known}.' },
  'MR-PROJECT-009': { text: '{what} is declared twice; the first is at {file}:{line}.', help: 'Rename or remove one of them.' },
  'MR-PROJECT-010': { text: 'There is no table {table}.', help: 'Declare it by CREATE TABLE in a .sql file, or use one of: {known}.' },
  'MR-PROJECT-011': { text: 'Table {table} has no column {column}.', help: 'Its columns: {known}.' },
  'MR-PROJECT-012': { text: 'Captured table {table} has no primary key.', help: 'Declare PRIMARY KEY (…) NOT ENFORCED, the same columns as in the database.' },
  'MR-PROJECT-013': { text: 'There is no source {source}.', help: 'Sources of this folder: {known}.' },
  'MR-PROJECT-014': { text: 'topics: kafka needs to know the cluster.', help: 'Add kafka: { bootstrap: host:port } to the environment.' },
  'MR-PROJECT-015': { text: 'A rule of engine millrace needs implementation: an SQL expression.', help: 'For example implementation: "amount > 0".' },
  'MR-PROJECT-016': { text: 'Rule {rule} cannot be understood: {reason}', help: 'A rule is a boolean SQL expression over the columns of its table.' },
  'MR-PROJECT-017': { text: 'The folder {path} has no millrace.yaml.', help: 'Name a project folder, or make one with: millrace init {path}' },
  'MR-PROJECT-018': { text: 'There is no environment {name}.', help: 'Environments of this folder: {known}.' },
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
  // registry and format
  // sql
  // engine
  // capture
  // tables
  // validate, catalog, explore
  // ops
  // console-api
  'MR-CONSOLE-001': { text: 'The node failed to answer.', help: 'This is a fault of the node; its log has the stack.' },
  'MR-CONSOLE-002': { text: 'Not allowed: {reason}.', help: 'Ask the owner of the resource for an access rule in the environment file.' },
  'MR-CONSOLE-003': { text: 'limit must be a whole number from 1 to {max}.', help: 'Ask for pages of at most that many messages.' },
  'MR-CONSOLE-004': { text: 'The body must be JSON: { "sql": "SELECT …" }.', help: 'Send the query as a JSON string in the field sql.' },
  // deploy
  // cli
  'MR-CLI-001': { text: 'No node of this folder is running ({folder}).', help: 'Start it in another terminal: millrace dev {folder}' },
  'MR-CLI-002': { text: 'The folder {folder} is not empty.', help: 'Name a new folder: millrace init NAME' },
  'MR-CLI-003': { text: 'The node does not answer at {url}: {reason}.', help: 'If it has just been stopped, start it again: millrace dev {folder}' },
  'MR-CLI-004': { text: '{count} of the changes need an approval.', help: 'Read them above; then say --accept {names}, or undo them in the files.' },
} as const satisfies Record<string, ErrorEntry>

export type ErrorCode = keyof typeof table

/** The whole table, for documents and tests. */
export const errorTable: Readonly<Record<string, ErrorEntry>> = table

export interface ErrorOptions {
  readonly details?: Readonly<Record<string, string | number | bigint>>
  readonly cause?: unknown
  readonly place?: Place
}

/** The world's fault: something outside this program is not as it must be. Our own faults are `assert`. */
export class MillraceError extends Error {
  readonly code: ErrorCode
  readonly help: string
  readonly retriable: boolean
  readonly place: Place | undefined
  readonly details: Readonly<Record<string, string | number | bigint>>

  constructor(code: ErrorCode, options: ErrorOptions = {}) {
    const entry: ErrorEntry = table[code]
    const details = options.details ?? {}
    super(fill(entry.text, details), { cause: options.cause })
    this.name = 'MillraceError'
    this.code = code
    this.help = fill(entry.help, details)
    this.retriable = entry.retriable ?? false
    this.place = options.place
    this.details = details
  }
}

/** One error as a person reads it: place, what happened, what to do, code. Two lines, no trailing newline. */
export function formatError(error: MillraceError): string {
  const place = error.place ? `${error.place.file}:${error.place.line}:${error.place.column}: ` : ''
  return `${place}${error.message} [${error.code}]\n  ${error.help}`
}

function fill(text: string, details: Readonly<Record<string, string | number | bigint>>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => (name in details ? String(details[name]) : whole))
}
