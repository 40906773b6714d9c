// The face of registry: schemas with ids, kept in _schemas, spoken over Confluent's REST API.
export { openRegistry } from './log-registry.ts'
export type { SchemasLog } from './log-registry.ts'
export { createRegistry, schemasTopic } from './registry.ts'
export type { RegisterOptions, Registry, RegistryOptions, Submitted } from './registry.ts'
export { registryDoors, registryRoutes, registryUnknown } from './routes.ts'
export type { RegistryIdentity } from './routes.ts'
export type { Door } from './door.ts'
export type { KeyRegistry, Rewrapped } from './keys/key-registry.ts'
export { schemaFields } from './keys/encrypted-fields.ts'
export type { TaggedField } from './keys/encrypted-fields.ts'
export type { FieldKeysOptions } from './keys/field-keys.ts'
export { registeredRulesInAnswer, registeredRulesInLog, sealingRulesInLog } from './registered-rules.ts'
export type { SealingRule } from './registered-rules.ts'
export type { RegisteredRules, RuleNotRun } from './registered-rules.ts'
export type { TopicHealth } from './tail.ts'
export { schemaIdsFromLog } from './schema-ids.ts'
export type { SchemasRecord } from './records.ts'
export { registryLimits } from './limits.ts'
export type { RegistryLimits } from './limits.ts'
export { compareSchemas, parseSchema } from './check.ts'
export type { ParsedSchema } from './check.ts'
export { explainChange } from './change/explain.ts'
export type {
  ChangeExplanation,
  ChangeInput,
  ColumnChange,
  ReaderAnswer,
  RowsAnswer,
  SampleRecord,
  SchemaReader,
} from './change/explain.ts'
export { sampleTopic } from './change/sample.ts'
export type { SampleOptions, TopicSample } from './change/sample.ts'
export { inferSchema } from './infer/infer.ts'
export type { Inference, InferredField, InferValue } from './infer/infer.ts'
export { knownTypes, readForInference } from './infer/read.ts'
export type { LakeStep } from './change/lake.ts'
export { compareAvro } from './avro/compatibility.ts'
export { compareJson } from './json/compatibility.ts'
export { createRecordValidator } from './json/record-validator.ts'
export type { RecordValidator, RecordVerdict } from './json/record-validator.ts'
export type { Violation } from './json/validate.ts'
export { compareProto } from './protobuf/compatibility.ts'
export { describePlace } from './difference.ts'
export type { Difference, SchemaPlace } from './difference.ts'
export { RegistryRefusal } from './registry-types.ts'
export type {
  CompatibilityLevel,
  Config,
  ConfigChange,
  JsonObject,
  Metadata,
  Mode,
  RuleSet,
  SchemaContent,
  SchemaReference,
  SubjectVersion,
} from './registry-types.ts'
export type { RegistryState } from './state.ts'
