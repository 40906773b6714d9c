// Errors of log, Kafka protocol, registry and formats. See ../error-table.ts.
import type { ErrorEntry } from '../errors.ts'

export const logAndFormatsErrors = {
  // log
  'MR-LOG-001': {
    text: '{topic}-{partition} is damaged from offset {offset} on, at {file}:{position}: {reason}.',
    help: 'It is readable up to there; all others go on. See millrace log verify and log repair, or bring the file back from a copy.',
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
  'MR-LOG-006': {
    text: 'The copy of the log is not whole: {path} is missing or too short.',
    help: 'Look at the disk it lies on. A backup goes on from its last whole cut; for a restore take another backup.',
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
  'MR-FORMAT-012': {
    text: 'What is encrypted cannot be read: {reason}.',
    help: 'Start the node with LOCAL_SECRET, restore the key, or say onFailure NONE in a field’s rule; a key that was deleted for good makes its data unreadable for ever.',
  },
  'MR-FORMAT-013': {
    text: 'Field {field} of topic {topic} cannot be encrypted: {reason}.',
    help: 'Start the node with LOCAL_SECRET, the one that made the keys, or mend the rule set of the subject; nothing was written. A key whose secret is lost is taken out of use by deleting it (docs/guide/encryption.md).',
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
    text: 'Record {offset} of {topic} cannot be read: {reason}.',
    help: 'Restore the topic from its backup; ids would change otherwise. Until then every request to the registry is refused.',
  },
  'MR-REGISTRY-004': {
    text: 'Principal {principal} may not {action} subject {subject}: {reason}.',
    help: 'Add an access rule that allows it.',
  },
} as const satisfies Record<string, ErrorEntry>
