// The face of model: what flows between rooms, and the small interfaces that wires join.
export { createAuthorizer, makeAuthorize, sealedTopic } from './authorize.ts'
export type {
  AccessRule,
  Action,
  Authorize,
  Authorizer,
  AuthorizeRequest,
  AuthorizerOptions,
  Decision,
  Principal,
  ResourceType,
} from './authorize.ts'
export {
  batchBytes,
  batchBytesMax,
  batchRowsMax,
  changeKind,
  changeKindNames,
  changeSign,
  checkBatch,
  isNull,
  kindAt,
  rowAt,
  valueAt,
} from './batch.ts'
export type { Batch, ChangeKind, Column, Lanes, Value } from './batch.ts'
export { allocateBytes, allocateLanes, BatchBuilder, batchFromRows, ColumnBuilder } from './batch-builder.ts'
export { decodeBatch, encodeBatch } from './batch-codec.ts'
export type {
  CommitGroup,
  CommitOutcome,
  EpochCommit,
  InputRange,
  LastCommit,
  StateFile,
  TopicPartition,
  TopicReader,
} from './commit.ts'
export { compressRecords, decompressRecords } from './compression.ts'
export { fromPlainValue, plainValueAt, toPlainValue } from './plain-value.ts'
export type { PlainValue } from './plain-value.ts'
export {
  attributeBits,
  checkRecordBatchCrc,
  compressionCodes,
  decodeRecords,
  decompressBuiltIn,
  decompressedBytesMax,
  deleteHorizonMs,
  encodeRecordBatch,
  placeRecordBatch,
  readRecordBatchHeader,
  recordBatchAt,
  recordBatchOverhead,
  RecordBatchWriter,
  recordHeaders,
  recordKey,
  recordValue,
} from './record-batch.ts'
export type {
  Compression,
  Decompress,
  RecordBatchHeader,
  RecordColumns,
  RecordHeader,
  RecordInput,
} from './record-batch.ts'
export {
  childFields,
  columnIndex,
  describeType,
  layoutOf,
  maxLength,
  sameType,
  ticksPerSecond,
  types,
  withNullable,
} from './types.ts'
export type { Field, Layout, LogicalType, Schema, TypeKind } from './types.ts'
export type {
  Change,
  Labels,
  Meter,
  Position,
  EncryptedField,
  EncryptionRule,
  FieldKey,
  ErasedKey,
  FieldKeys,
  KeyRecord,
  RegisteredSchema,
  RuleFailure,
  RowRule,
  SchemaIds,
  SchemaType,
  Sink,
  Source,
  WatermarkMs,
} from './wires.ts'
export { defaultsOf, defaultsPrefix, inheritedConfigs } from './topic-defaults.ts'
export type { DefaultsLayer } from './topic-defaults.ts'

export { isKeptTopic, keysTopicName, schemasTopicName } from './kept-topics.ts'
